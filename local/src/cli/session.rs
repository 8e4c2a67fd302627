//! A local cloud with Flowgate's runner beside it, and Flowgate's template on it.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_sdk_cloudformation::types::Capability;
use aws_sdk_s3::error::DisplayErrorContext;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio::task::JoinSet;

use super::functions::{self, Binaries};
use super::service::Service;
use super::shared::Shared;
use crate::actions::jobs::Jobs;
use crate::actions::{Context, Pushed};
use crate::api;
use crate::cloud::stacks::{self, DeployError, Deployment, PackageError};
use crate::cloud::{self, Cloud, StartError, client, run_dir};
use crate::report::{Clocked, Cost};
use crate::repository::{self, Store};
use crate::runner::{News, Runner};
use crate::supervise::Supervisor;

/// The branch that is released.
const BRANCH: &str = "main";
/// Where Flowgate's own packages go, since the service's buckets are made by the template itself.
const BUCKET: &str = "flowgate-packages";

/// Why there is no session.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("cannot take the service's source: {0}")]
    Source(#[from] repository::Error),
    #[error(transparent)]
    Cloud(#[from] StartError),
    #[error("cannot start processes or listen on 127.0.0.1: {0}")]
    Machine(#[from] std::io::Error),
    #[error(transparent)]
    Functions(#[from] functions::Error),
    #[error(transparent)]
    Package(#[from] PackageError),
    #[error("cannot make bucket {BUCKET} in the local cloud: {0}")]
    Bucket(String),
    #[error("cannot read Flowgate's packaged template: {0}")]
    Template(std::io::Error),
    #[error("cannot deploy Flowgate's template: {0}")]
    Deploy(#[from] DeployError),
}

/// What runs until it is dropped or stopped.
pub(super) struct Session {
    pub(super) cloud: Cloud,
    pub(super) runner: Runner,
    pub(super) news: UnboundedReceiver<News>,
    /// What went before the pipeline.
    pub(super) preparation: Vec<Clocked>,
    binaries: Binaries,
    _api: JoinSet<()>,
}

impl Session {
    /// Takes the service's source; then builds the functions and starts the local cloud, both at once.
    pub(super) async fn open(service: &Service, port: Option<u16>, reporter: &Shared) -> Result<Self, Error> {
        let begin = Instant::now();
        reporter.preparing("building Flowgate's functions, starting the local cloud");
        let state = run_dir::default_state().ok_or(StartError::NoStateDir)?;
        let own_state = service.state(&state);
        let supervisor = Supervisor::current()?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let progress = reporter.clone();
        let options = cloud::Options {
            state: Some(state),
            port,
            runner_url: Some(format!("http://{}", listener.local_addr()?)),
            supervisor: supervisor.clone(),
            progress: Arc::new(move |line: &str| progress.preparing(line)),
            without_patches: Vec::new(),
        };
        // First, because a source that cannot be used should cost no start.
        let source = service.folder.to_string_lossy();
        let commit = Store::new(&own_state).push(&source, &service.name, BRANCH).await?;
        let pushed = Pushed { repository: service.name.clone(), commit: commit.id };
        let cloud = async { Cloud::start(&options).await.map_err(Error::from) };
        let binaries = async { functions::build(&supervisor).await.map_err(Error::from) };
        let (cloud, binaries) = tokio::try_join!(cloud, binaries)?;
        let context = context(&cloud, own_state, supervisor, pushed);
        let (sender, news) = mpsc::unbounded_channel();
        let runner = Runner::new(context, sender);
        let mut api = JoinSet::new();
        let served = runner.clone();
        api.spawn(async move {
            if let Err(error) = api::serve(listener, served).await {
                eprintln!("error: the local CodePipeline API stopped: {error}");
            }
        });
        let mut session = Self { cloud, runner, news, preparation: Vec::new(), binaries, _api: api };
        session.clock("build and start", begin, Duration::ZERO).await;
        Ok(session)
    }

    /// Packages and deploys Flowgate's template for the service, as a user does. That starts the pipeline.
    pub(super) async fn deploy(&mut self, service: &Service, reporter: &Shared) -> Result<(), Error> {
        let (begin, before) = (Instant::now(), self.cloud.meter().read().await);
        reporter.preparing("deploying Flowgate's template");
        self.make_bucket().await?;
        let template = functions::stage(&self.binaries, &self.cloud.run_dir().join("flowgate"))?;
        let packaged = template.with_file_name("packaged.yaml");
        stacks::package(&self.cloud, &template, BUCKET, &packaged).await?;
        let template = std::fs::read_to_string(&packaged).map_err(Error::Template)?;
        let parameters = [("ServiceName", &*service.name), ("RepositoryName", &*service.name), ("BranchName", BRANCH)];
        let deployment = Deployment {
            stack: &format!("flowgate-{}", service.name),
            template: &template,
            parameters: parameters.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
            tags: BTreeMap::new(),
            capabilities: vec![Capability::CapabilityIam, Capability::CapabilityAutoExpand],
            role: None,
        };
        let client = aws_sdk_cloudformation::Client::new(&self.cloud.sdk_config());
        stacks::deploy(&client, &deployment).await?;
        self.clock("deploy flowgate", begin, before).await;
        Ok(())
    }

    async fn make_bucket(&self) -> Result<(), Error> {
        let config = aws_sdk_s3::config::Builder::from(&self.cloud.sdk_config()).force_path_style(true).build();
        let made = aws_sdk_s3::Client::from_conf(config).create_bucket().bucket(BUCKET).send().await;
        made.map(drop).map_err(|error| Error::Bucket(DisplayErrorContext(&error).to_string()))
    }

    /// Notes what a piece of preparation took.
    async fn clock(&mut self, name: &'static str, begin: Instant, before: Duration) {
        let emulator = self.cloud.meter().read().await.saturating_sub(before);
        self.preparation.push(Clocked { name, cost: Cost { wall: begin.elapsed(), emulator } });
    }
}

fn context(cloud: &Cloud, state: PathBuf, supervisor: Supervisor, pushed: Pushed) -> Context {
    Context {
        state,
        sdk: cloud.sdk_config(),
        account: client::ACCOUNT.to_owned(),
        child_env: cloud.child_env(),
        supervisor,
        pushed: Some(pushed),
        jobs: Jobs::default(),
    }
}
