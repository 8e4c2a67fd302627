//! `flowgate run`: everything, start to finish.

use std::cell::OnceCell;
use std::path::PathBuf;
use std::time::Instant;

use super::account::Account;
use super::ask::{self, Answers, NobodyToAsk};
use super::call::CallError;
use super::host::{self, Host, HostError};
use super::service::{NotAService, Service};
use super::setup::{Setup, SetupError};
use super::shared::Shared;
use super::source::{BRANCH, Remote, Source, SourceError};
use super::watch::{Seen, Watch, WatchError};
use super::{End, args, exports, functions, people};
use crate::cloud::{StartError, run_dir};
use crate::identity::AUTHOR;
use crate::pipeline::engine::ExecutionStatus;
use crate::report::{Summary, summarise};

/// Why a run ended before its pipeline did.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error(transparent)]
    Service(#[from] NotAService),
    #[error(transparent)]
    Nobody(#[from] NobodyToAsk),
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error(transparent)]
    Host(#[from] HostError),
    #[error(transparent)]
    Setup(#[from] SetupError),
    #[error(transparent)]
    Call(#[from] CallError),
    #[error(transparent)]
    Watch(#[from] WatchError),
    #[error(transparent)]
    Ended(#[from] host::Ended),
}

impl Error {
    fn end(&self) -> End {
        match self {
            Self::Service(_) | Self::Nobody(_) | Self::Source(SourceError::Take(_)) => End::BadInput,
            Self::Setup(error) => error.end(),
            Self::Call(error) | Self::Watch(WatchError::Approval(error)) => error.end(),
            Self::Watch(WatchError::Deleted) => End::Failed,
            _ => End::NoCloud,
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
    let approve = ask::decide(options.approve, reporter)?;
    // First, because a source that cannot be used should cost no start.
    let state = run_dir::default_state().ok_or(StartError::NoStateDir).map_err(HostError::from)?;
    let source = Source::new(&service, BRANCH, &state)?;
    source.take().await?;
    let mut host = open(&service, state, options, reporter).await?;
    let url = deploy(&mut host, &service, options, reporter).await?;
    source.push(&Remote { url, access: Account::of(host.cloud.endpoint(), &AUTHOR).kind }).await?;
    drop(source);
    let summary = follow(&mut host, &service, approve, reporter).await?;
    let end = if summary.status == ExecutionStatus::Succeeded { End::Succeeded } else { End::Failed };
    // The caller may interrupt us from now on, and still learn how it ended.
    let _ = ended.set(end);
    if options.keep {
        let exports = exports::lines(host.cloud.endpoint(), &AUTHOR);
        let remedy = summary.remedy().map(|remedy| format!("\n{remedy}.")).unwrap_or_default();
        reporter.end(&summary, &format!("The local cloud runs on until Ctrl-C:\n{}{remedy}", exports.trim_end()));
        return Err(host.tell(reporter).await.into());
    }
    let remedy = summary.remedy().map(|remedy| format!(", and {remedy}")).unwrap_or_default();
    reporter.end(&summary, &format!("The local cloud stops now, and what runs on it; with --keep it stays{remedy}."));
    // The summary is out; what is left over on the disk is for the next run to remove.
    drop(host.cloud.stop().await);
    Ok(end)
}

async fn open(service: &Service, state: PathBuf, options: &args::Run, reporter: &Shared) -> Result<Host, HostError> {
    let builds = service.state(&state).join("builds");
    let (port, iam) = (options.port.number, options.iam.how);
    Host::open(host::Options { port, state, builds, iam, home: None }, reporter).await
}

/// Makes the service's repository and pipeline, and says where git finds the repository.
async fn deploy(host: &mut Host, service: &Service, options: &args::Run, reporter: &Shared) -> Result<String, Error> {
    let (begin, before) = (Instant::now(), host.cloud.meter().read().await);
    reporter.preparing("deploying Flowgate's template");
    let sdk = host.cloud.sdk_config();
    let setup = Setup::new(&sdk, &service.name);
    let parameters = options.parameters.map();
    setup.check(&parameters).await?;
    let url = setup.make_repository().await?;
    people::introduce(&sdk, service).await?;
    setup.make_pipeline(&parameters).await?;
    setup.at_rest().await?;
    host.clock("deploy flowgate", begin, before).await;
    Ok(url)
}

async fn follow(
    host: &mut Host,
    service: &Service,
    approve: args::Approve,
    reporter: &Shared,
) -> Result<Summary, Error> {
    let answers = Answers::of_all(approve, host.cloud.endpoint());
    let watch = Watch::new(&service.name, &host.runner, host.cloud.meter(), reporter, answers);
    let seen = tokio::select! {
        seen = watch.follow(&mut host.news) => seen?,
        why = host::ended(&mut host.cloud, &host.runner) => return Err(why.into()),
    };
    let Seen { execution, emulator } = seen;
    let execution = host.runner.execution(&service.name, &execution).ok_or(WatchError::Deleted)?;
    Ok(summarise(&service.name, &execution, &emulator, host.preparation.clone()))
}
