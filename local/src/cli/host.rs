//! A local cloud with Flowgate's runner beside it, and Flowgate's packaged template on it.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::net::TcpListener;
use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio::task::JoinSet;

use super::call::{CallError, Called as _};
use super::functions::{self, Binaries};
use super::setup::{BUCKET, TEMPLATE};
use super::shared::Shared;
use crate::actions::Context;
use crate::actions::jobs::Jobs;
use crate::api;
use crate::clock::Clock;
use crate::cloud::authority::Iam;
use crate::cloud::home::{Home, HomeError};
use crate::cloud::stacks::{self, PackageError};
use crate::cloud::{self, Cloud, Keep, StartError, StopError, client};
use crate::polling::Poller;
use crate::report::{Clocked, Cost};
use crate::runner::store::{Store, StoreError};
use crate::runner::{News, Runner};
use crate::supervise::Supervisor;

/// Why there is no host.
#[derive(Debug, thiserror::Error)]
pub(super) enum HostError {
    #[error(transparent)]
    Home(#[from] HomeError),
    #[error(transparent)]
    Cloud(#[from] StartError),
    #[error("cannot ask the local cloud what it remembers of its pipelines: {0}")]
    Orphans(#[source] reqwest::Error),
    #[error("cannot start processes or listen on 127.0.0.1: {0}")]
    Machine(#[from] std::io::Error),
    #[error(transparent)]
    Functions(#[from] functions::Error),
    #[error(transparent)]
    Package(#[from] PackageError),
    #[error("cannot keep Flowgate's packaged template in the local cloud: {0}")]
    Keep(#[from] CallError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("cannot read Flowgate's packaged template {}: {source}", path.display())]
    Template { path: PathBuf, source: std::io::Error },
}

/// Why a host ended that should have gone on.
#[derive(Debug, thiserror::Error)]
pub(super) enum Ended {
    #[error("the local cloud ended before it should: {0}")]
    Cloud(String),
    #[error(transparent)]
    Runner(StoreError),
}

/// What runs until it is dropped or stopped.
pub(super) struct Host {
    pub(super) cloud: Cloud,
    pub(super) runner: Runner,
    pub(super) news: UnboundedReceiver<News>,
    /// What went before the pipeline.
    pub(super) preparation: Vec<Clocked>,
    api: JoinSet<()>,
    // Last: nobody else may have it before the cloud is gone.
    home: Option<Home>,
}

/// How a host is started.
pub(super) struct Options {
    /// The local cloud's port; none is any free one.
    pub(super) port: Option<u16>,
    /// The state directory.
    pub(super) state: PathBuf,
    /// Where projects are built.
    pub(super) builds: PathBuf,
    /// Whether requests need permission.
    pub(super) iam: Iam,
    /// The cloud that goes on; none is one that nothing remains of.
    pub(super) home: Option<Home>,
}

impl Host {
    /// Builds the functions and starts the local cloud, both at once; then packages Flowgate's template onto it.
    pub(super) async fn open(options: Options, reporter: &Shared) -> Result<Self, HostError> {
        let begin = Instant::now();
        reporter.preparing("building Flowgate's functions, starting the local cloud");
        let supervisor = Supervisor::current()?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let progress = reporter.clone();
        let cloud_options = cloud::Options {
            state: Some(options.state),
            port: options.port,
            runner_url: Some(format!("http://{}", listener.local_addr()?)),
            supervisor: supervisor.clone(),
            progress: Arc::new(move |line: &str| progress.preparing(line)),
            without_patches: Vec::new(),
            lambda_minute: None,
            iam: options.iam,
            keep: options.home.as_ref().map(|home| Keep { directory: home.emulator(), port: home.last_port() }),
        };
        let cloud = async { Cloud::start(&cloud_options).await.map_err(HostError::from) };
        let binaries = async { functions::build(&supervisor).await.map_err(HostError::from) };
        let (cloud, binaries) = tokio::try_join!(cloud, binaries)?;
        let (sender, news) = mpsc::unbounded_channel();
        let kept = options.home.as_ref().map(Home::kept);
        let store = kept.as_ref().map_or_else(Store::in_memory, |kept| Store::open(&kept.join("pipelines.redb")))?;
        let state = kept.unwrap_or_else(|| cloud.run_dir().to_owned());
        let context = context(&cloud, state, options.builds, supervisor);
        agree(&cloud, &store, reporter).await?;
        let runner = Runner::open(context, sender, Clock::System, store)?;
        let api = serve(listener, runner.clone());
        let mut host = Self { cloud, runner, news, preparation: Vec::new(), api, home: options.home };
        host.move_in(reporter)?;
        host.clock("build and start", begin, Duration::ZERO).await;
        host.package(&binaries, reporter).await?;
        Ok(host)
    }

    /// Tells what goes on until that ends, and why it did.
    pub(super) async fn tell(&mut self, reporter: &Shared) -> Ended {
        let Self { cloud, runner, news, .. } = self;
        let tell = async {
            while let Some(news) = news.recv().await {
                reporter.news(&news);
            }
            std::future::pending::<Ended>().await
        };
        tokio::select! { why = ended(cloud, runner) => why, never = tell => never }
    }

    /// Ends what runs, and saves what the cloud holds if it is to go on.
    pub(super) async fn close(self) -> Result<(), StopError> {
        let Self { cloud, runner, mut api, home, .. } = self;
        // The runner writes what it holds at once: from here on it is not ahead of what the cloud saves.
        api.shutdown().await;
        drop(runner);
        let stopped = cloud.stop().await;
        drop(home);
        stopped
    }

    /// Tells others where the cloud is, and its user if that is not where it was.
    fn move_in(&mut self, reporter: &Shared) -> Result<(), HomeError> {
        let (Some(home), Some(port)) = (&mut self.home, self.cloud.port()) else { return Ok(()) };
        if let Some(before) = home.last_port().filter(|before| *before != port) {
            reporter.note(&format!(
                "the local cloud answers at port {port} and no longer at {before}: addresses in outputs, queues and functions \
                 name the new one, and what was copied from there does not"
            ));
        }
        home.serves(port)
    }

    /// Notes what a piece of preparation took.
    pub(super) async fn clock(&mut self, name: &'static str, begin: Instant, before: Duration) {
        let emulator = self.cloud.meter().read().await.saturating_sub(before);
        self.preparation.push(Clocked { name, cost: Cost { wall: begin.elapsed(), emulator } });
    }

    /// Packages Flowgate's template as a user does, and keeps it for every service that is set up.
    async fn package(&mut self, binaries: &Binaries, reporter: &Shared) -> Result<(), HostError> {
        let (begin, before) = (Instant::now(), self.cloud.meter().read().await);
        reporter.preparing("packaging Flowgate's template");
        let config = aws_sdk_s3::config::Builder::from(&self.cloud.sdk_config()).force_path_style(true).build();
        let s3 = aws_sdk_s3::Client::from_conf(config);
        s3.create_bucket().bucket(BUCKET).send().await.called("CreateBucket", BUCKET)?;
        let template = functions::stage(binaries, &self.cloud.run_dir().join("flowgate"))?;
        let packaged = template.with_file_name("packaged.yaml");
        stacks::package(&self.cloud, &template, BUCKET, &packaged).await?;
        let put = s3.put_object().bucket(BUCKET).key(TEMPLATE).body(read(&packaged)?.into());
        put.send().await.called("PutObject", TEMPLATE)?;
        self.clock("package flowgate", begin, before).await;
        Ok(())
    }
}

fn read(path: &Path) -> Result<Vec<u8>, HostError> {
    std::fs::read(path).map_err(|source| HostError::Template { path: path.to_owned(), source })
}

/// Returns when nothing goes on any more, and says why.
pub(super) async fn ended(cloud: &mut Cloud, runner: &Runner) -> Ended {
    tokio::select! {
        how = cloud.ended() => Ended::Cloud(how),
        why = runner.broken() => Ended::Runner(why),
    }
}

/// After a kill the runner's store knows more than the cloud, which saves some moments later: a pipeline whose stack is not
/// there could neither be deleted nor made again. Before the runner has it, which would let it go on.
async fn agree(cloud: &Cloud, store: &Store, reporter: &Shared) -> Result<(), HostError> {
    for pipeline in cloud.orphans().await.map_err(HostError::Orphans)? {
        reporter
            .note(&format!("pipeline {pipeline} is gone: when flowgate was killed its stack had not been saved yet"));
        store.remove(&pipeline)?;
    }
    Ok(())
}

fn serve(listener: TcpListener, runner: Runner) -> JoinSet<()> {
    let mut api = JoinSet::new();
    let poller = Poller::new(runner.clone());
    api.spawn(async move { match poller.run().await {} });
    api.spawn(async move {
        if let Err(error) = api::serve(listener, runner).await {
            eprintln!("error: the local CodePipeline API stopped: {error}");
        }
    });
    api
}

/// `state` has the repositories of this cloud: what another one was pushed is not in this one's records.
fn context(cloud: &Cloud, state: PathBuf, builds: PathBuf, supervisor: Supervisor) -> Context {
    Context {
        state,
        builds,
        sdk: cloud.sdk_config(),
        account: client::ACCOUNT.to_owned(),
        child_env: cloud.child_env(),
        supervisor,
        jobs: Jobs::default(),
        authority: cloud.authority(),
    }
}
