//! `flowgate run`: everything, start to finish.

use std::cell::OnceCell;

use super::service::{NotAService, Service};
use super::session::{self, Session};
use super::shared::Shared;
use super::watch::{Seen, watch};
use super::{End, args, functions};
use crate::cloud::client;
use crate::pipeline::engine::ExecutionStatus;
use crate::report::{Summary, summarise};

/// Why a run ended before its pipeline did.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error(transparent)]
    Service(#[from] NotAService),
    #[error(transparent)]
    Session(#[from] session::Error),
    #[error("the local cloud ended before it should: {0}")]
    CloudEnded(String),
    #[error("the pipeline was deleted before it ended")]
    Deleted,
}

impl Error {
    fn end(&self) -> End {
        match self {
            Self::Service(_) | Self::Session(session::Error::Source(_)) => End::BadInput,
            Self::Session(_) | Self::CloudEnded(_) | Self::Deleted => End::NoCloud,
        }
    }
}

/// Runs the command. `ended` is set once the pipeline has ended, though its cloud may be kept.
pub(super) async fn run(options: &args::Run, reporter: &Shared, ended: &OnceCell<End>) -> End {
    let end = attempt(options, reporter, ended).await;
    end.unwrap_or_else(|error| {
        reporter.broke_off("Error", &error.to_string());
        eprintln!("error: {error}");
        error.end()
    })
}

async fn attempt(options: &args::Run, reporter: &Shared, ended: &OnceCell<End>) -> Result<End, Error> {
    let example = functions::root().join("examples/time_service");
    let service = Service::find(options.service.as_deref().unwrap_or(&example))?;
    let mut session = Session::open(&service, options.port, reporter).await?;
    session.deploy(&service, reporter).await?;
    let summary = follow(&mut session, &service, reporter).await?;
    let end = if summary.status == ExecutionStatus::Succeeded { End::Succeeded } else { End::Failed };
    // The caller may interrupt us from now on, and still learn how it ended.
    let _ = ended.set(end);
    if options.keep {
        reporter.end(&summary, &kept(&session));
        return Err(Error::CloudEnded(session.cloud.ended().await));
    }
    reporter.end(&summary, "The local cloud stops now, and what runs on it; with --keep it stays.");
    // The summary is out; what is left over on the disk is for the next run to remove.
    drop(session.cloud.stop().await);
    Ok(end)
}

async fn follow(session: &mut Session, service: &Service, reporter: &Shared) -> Result<Summary, Error> {
    let meter = session.cloud.meter();
    let seen = tokio::select! {
        seen = watch(&mut session.news, &service.name, &meter, reporter) => seen,
        how = session.cloud.ended() => return Err(Error::CloudEnded(how)),
    };
    let Seen { execution, emulator } = seen.ok_or(Error::Deleted)?;
    let execution = session.runner.execution(&service.name, &execution).ok_or(Error::Deleted)?;
    Ok(summarise(&service.name, &execution, &emulator, session.preparation.clone()))
}

/// What a program needs to know of a cloud that is kept.
const EXPORTED: [&str; 5] =
    ["AWS_ENDPOINT_URL", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];

fn kept(session: &Session) -> String {
    let variables = client::variables(session.cloud.endpoint()).into_iter();
    let exported = variables.filter(|(name, _)| EXPORTED.contains(name));
    let lines: String = exported.map(|(name, value)| format!("\nexport {name}={value}")).collect();
    format!("The local cloud runs on until Ctrl-C:{lines}")
}
