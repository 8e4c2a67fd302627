//! The command line.

mod account;
mod answer;
mod approvals;
mod args;
mod ask;
mod call;
mod change;
mod check;
mod choose;
mod client;
mod decisions;
mod dev;
mod exports;
mod function;
mod functions;
mod gate;
mod history;
mod host;
mod lease;
mod logs;
mod observe;
mod parameter;
mod people;
mod place;
mod pr;
mod preview;
mod push;
mod run;
mod service;
mod setup;
mod shared;
mod signals;
mod source;
mod status;
mod sweep;
mod up;
mod watch;

use std::cell::OnceCell;
use std::process::ExitCode;

use clap::Parser as _;
use futures_util::FutureExt as _;

use crate::report::reporter;
use args::{Args, Subcommand};
use client::ClientError;
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
    /// 3: the local cloud did not start, or nobody answers.
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
    let interrupted = signals::interrupted().shared();
    let ended = OnceCell::new();
    let command = args.command.unwrap_or_else(|| Subcommand::Run(args::Run::default()));
    let reporter = Shared::new(match &command {
        Subcommand::Run(options) => reporter(options.json),
        _ => Box::new(up::Stderr),
    });
    // Dropping the work stops what it started; but `up` has something to save first.
    let end = tokio::select! {
        end = perform(&command, &reporter, &ended, interrupted.clone()) => end,
        () = interrupted, if !matches!(command, Subcommand::Up(_)) => ended.get().copied().unwrap_or(End::Interrupted),
    };
    if end == End::Interrupted {
        reporter.broke_off("Interrupted", "the run was interrupted");
        eprintln!("interrupted");
    }
    end
}

async fn perform(
    command: &Subcommand,
    reporter: &Shared,
    ended: &OnceCell<End>,
    interrupted: impl Future<Output = ()>,
) -> End {
    let result = match command {
        Subcommand::Run(options) => return run::run(options, reporter, ended).await,
        Subcommand::Up(options) => return up::run(options, reporter, interrupted).await,
        Subcommand::Push(options) => push::run(options).await,
        Subcommand::Status(options) => status::run(options).await,
        Subcommand::Approve(options) => answer::run(options, true).await,
        Subcommand::Reject(options) => answer::run(options, false).await,
        Subcommand::Retry(options) => change::retry(options).await,
        Subcommand::Stop(options) => change::stop(options).await,
        Subcommand::Rollback(options) => change::roll_back(options).await,
        Subcommand::Override(options) => change::set_aside(options).await,
        Subcommand::History(options) => history::run(options).await,
        Subcommand::Logs(options) => logs::run(options).await,
        Subcommand::Lease(options) => lease::run(options).await,
        Subcommand::Check(options) => return check::run(options),
        Subcommand::Pr(options) => return pr::run(options).await.unwrap_or_else(|error| failed(&error)),
        Subcommand::Dev(options) => return dev::run(options).await.unwrap_or_else(|error| failed(&error)),
        Subcommand::Sweep(options) => return sweep::run(options).await.unwrap_or_else(|error| failed(&error)),
    };
    result.map_or_else(|error: ClientError| failed(&error), |()| End::Succeeded)
}

fn failed(error: &ClientError) -> End {
    eprintln!("error: {error}");
    error.end()
}
