//! `flowgate up`: a local cloud that other commands use, until Ctrl-C.
//!
//! Standard output gets the `export` lines and nothing else, all at once and when everything answers, so that a script
//! may evaluate what it reads there; whatever people may want to know is on standard error.

use std::io::Write as _;
use std::pin::pin;

use super::host::{self, Ended, Host, HostError};
use super::shared::Shared;
use super::{End, args, exports, signals};
use crate::cloud::home::{Home, HomeError};
use crate::cloud::{StartError, run_dir};
use crate::identity::AUTHOR;
use crate::report::{Reporter, Summary, describe_of_many, view::Waiting};
use crate::runner::News;

/// Runs the command until `interrupted`, which is how it should end once it serves.
pub(super) async fn run(options: &args::Up, reporter: &Shared, interrupted: impl Future<Output = ()>) -> End {
    let mut interrupted = pin!(interrupted);
    let opened = tokio::select! {
        host = open(options, reporter) => host,
        () = &mut interrupted => return End::Interrupted,
    };
    let mut host = match opened {
        Ok(host) => host,
        Err(error) => {
            eprintln!("error: {error}");
            return if matches!(error, HostError::Home(HomeError::Name(_))) { End::BadInput } else { End::NoCloud };
        }
    };
    announce(&options.name, &exports::lines(host.cloud.endpoint(), &AUTHOR));
    tokio::select! {
        why = host.tell(reporter) => {
            eprintln!("error: {why}");
            if matches!(why, Ended::Runner(_)) {
                // What the cloud holds is worth saving all the same.
                close(host).await;
            }
            End::NoCloud
        }
        () = interrupted => close(host).await,
    }
}

async fn open(options: &args::Up, reporter: &Shared) -> Result<Host, HostError> {
    let state = run_dir::default_state().ok_or(StartError::NoStateDir)?;
    let home = Home::open(&state, &options.name).await?;
    if options.fresh {
        home.forget()?;
    }
    let (port, iam, builds) = (options.port.number, options.iam.how, home.builds());
    Host::open(host::Options { port, state, builds, iam, home: Some(home) }, reporter).await
}

async fn close(host: Host) -> End {
    // Whoever interrupts us again does not want to wait.
    let again = signals::interrupted();
    tokio::select! {
        closed = host.close() => closed.map_or_else(
            |error| {
                eprintln!("error: {error}");
                End::NoCloud
            },
            |()| End::Succeeded,
        ),
        () = again => {
            eprintln!("the local cloud goes on the next time from what was saved some moments ago");
            End::Interrupted
        }
    }
}

fn announce(name: &str, exports: &str) {
    eprintln!(
        "the local cloud {name} serves until Ctrl-C, and goes on from there the next time; in another terminal, set these \
         and then `flowgate push DIR`:"
    );
    let mut stdout = std::io::stdout().lock();
    // In one piece, so that whoever reads it has all or nothing. A reader that went away is no reason to stop.
    drop(stdout.write_all(exports.as_bytes()).and_then(|()| stdout.flush()));
}

/// Tells on standard error what goes on.
pub(super) struct Stderr;

impl Reporter for Stderr {
    fn preparing(&mut self, what: &str) {
        eprintln!("{what}");
    }

    fn note(&mut self, text: &str) {
        eprintln!("{text}");
    }

    /// Without the lines of logs, which `flowgate logs` has.
    fn news(&mut self, news: &News) {
        match news {
            News::Changed(change) => {
                if let Some(line) = describe_of_many(change) {
                    eprintln!("{line}");
                }
            }
            News::Deleted { pipeline } => eprintln!("{pipeline}: deleted"),
            News::Line { .. } => {}
        }
    }

    fn asked(&mut self, _waiting: &Waiting) {}

    fn broke_off(&mut self, _status: &str, _why: &str) {}

    fn end(&mut self, _summary: &Summary, _afterwards: &str) {}
}
