//! `flowgate up`: a local cloud that other commands use, until Ctrl-C.
//!
//! Standard output gets the `export` lines and nothing else, all at once and when everything answers, so that a script
//! may evaluate what it reads there; whatever people may want to know is on standard error.

use std::cell::OnceCell;
use std::io::Write as _;

use super::host::{self, Host, HostError};
use super::shared::Shared;
use super::{End, args, exports};
use crate::cloud::{StartError, run_dir};
use crate::identity::AUTHOR;
use crate::report::{Reporter, Summary, describe_of_many, view::Waiting};
use crate::runner::News;

/// Runs the command. `ended` is set once it serves: to be interrupted is how it should end then.
pub(super) async fn run(options: &args::Up, reporter: &Shared, ended: &OnceCell<End>) -> End {
    match serve(options, reporter, ended).await {
        Ok(how) => eprintln!("error: the local cloud ended before it should: {how}"),
        Err(error) => eprintln!("error: {error}"),
    }
    End::NoCloud
}

async fn serve(options: &args::Up, reporter: &Shared, ended: &OnceCell<End>) -> Result<String, HostError> {
    let state = run_dir::default_state().ok_or(StartError::NoStateDir)?;
    let builds = state.join("up/builds");
    let mut host =
        Host::open(host::Options { port: options.port.number, state, builds, iam: options.iam.how }, reporter).await?;
    let _ = ended.set(End::Succeeded);
    announce(&exports::lines(host.cloud.endpoint(), &AUTHOR));
    Ok(host.tell(reporter).await)
}

fn announce(exports: &str) {
    eprintln!("the local cloud serves until Ctrl-C; in another terminal, set these and then `flowgate push DIR`:");
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
