//! The command line.

mod args;
mod functions;
mod run;
mod service;
mod session;
mod shared;
mod signals;
mod watch;

use std::cell::OnceCell;
use std::process::ExitCode;

use clap::Parser as _;

use crate::report::reporter;
use args::{Args, Subcommand};
use shared::Shared;

/// How a command ended, as the documented exit codes have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// 0: it succeeded.
    Succeeded,
    /// 1: the pipeline failed or was rejected.
    Failed,
    /// 2: what it was given cannot be used.
    BadInput,
    /// 3: the local cloud did not start.
    NoCloud,
    /// 130: somebody interrupted it.
    Interrupted,
}

impl From<End> for ExitCode {
    fn from(end: End) -> Self {
        Self::from(match end {
            End::Succeeded => 0,
            End::Failed => 1,
            End::BadInput => 2,
            End::NoCloud => 3,
            End::Interrupted => 130,
        })
    }
}

/// Runs the command that the process was started with.
pub fn main() -> ExitCode {
    // clap answers bad arguments with 2 itself.
    let args = Args::parse();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: cannot start: {error}");
            return End::NoCloud.into();
        }
    };
    let end = runtime.block_on(command(args));
    // Actions that are still blocked in a system call must not delay the end.
    runtime.shutdown_background();
    end.into()
}

async fn command(args: Args) -> End {
    // Before the work says anything: whoever reads that may interrupt us at once.
    let interrupted = signals::interrupted();
    let options = match args.command {
        None => args::Run::default(),
        Some(Subcommand::Run(options)) => options,
    };
    let reporter = Shared::new(reporter(options.json));
    let ended = OnceCell::new();
    // Dropping the work stops what it started.
    let end = tokio::select! {
        end = run::run(&options, &reporter, &ended) => end,
        () = interrupted => ended.get().copied().unwrap_or(End::Interrupted),
    };
    if end == End::Interrupted {
        reporter.broke_off("Interrupted", "the run was interrupted");
        eprintln!("interrupted");
    }
    end
}
