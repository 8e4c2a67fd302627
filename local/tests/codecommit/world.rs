//! A local cloud with the runner's listener behind it, and a queue that hears what CodeCommit says on the bus.

use std::path::PathBuf;
use std::sync::Arc;

use flowgate::actions::Context;
use flowgate::actions::jobs::Jobs;
use flowgate::api;
use flowgate::clock::Clock;
use flowgate::cloud::authority::Iam;
use flowgate::cloud::client::ACCOUNT;
use flowgate::cloud::{Cloud, Options};
use flowgate::runner::Runner;
use flowgate::runner::store::Store;
use flowgate::supervise::Supervisor;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::git::Work;

pub(crate) struct World {
    pub(crate) cloud: Cloud,
    pub(crate) context: Context,
    pub(crate) codecommit: aws_sdk_codecommit::Client,
    /// Where the runner itself listens.
    pub(crate) runner_url: String,
    directory: TempDir,
    _served: JoinSet<()>,
}

/// Where the programs are that all tests share.
pub(crate) fn state() -> PathBuf {
    let state = std::env::var_os("FLOWGATE_STATE");
    state.map_or_else(|| PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("state"), PathBuf::from)
}

pub(crate) fn supervisor() -> Supervisor {
    Supervisor::new(env!("CARGO_BIN_EXE_flowgate"))
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(Iam::Off).await
    }

    pub(crate) async fn with(iam: Iam) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let runner_url = format!("http://{}", listener.local_addr().unwrap());
        let options = Options {
            state: Some(state()),
            port: None,
            runner_url: Some(runner_url.clone()),
            supervisor: supervisor(),
            progress: Arc::new(|line| eprintln!("{line}")),
            without_patches: Vec::new(),
            lambda_minute: None,
            iam,
            keep: None,
        };
        let cloud = Cloud::start(&options).await.unwrap();
        let directory = tempfile::tempdir().unwrap();
        let context = context(&cloud, directory.path().join("state"));
        let runner =
            Runner::open(context.clone(), mpsc::unbounded_channel().0, Clock::System, Store::in_memory().unwrap())
                .unwrap();
        let mut served = JoinSet::new();
        served.spawn(async move { api::serve(listener, runner).await.unwrap() });
        let codecommit = aws_sdk_codecommit::Client::new(&cloud.sdk_config());
        Self { cloud, context, codecommit, runner_url, directory, _served: served }
    }

    /// Creates a repository, and gives the URL that it is cloned from.
    pub(crate) async fn create(&self, name: &str) -> String {
        let created = self.codecommit.create_repository().repository_name(name).send().await.unwrap();
        created.repository_metadata.unwrap().clone_url_http.unwrap()
    }

    /// A new repository of the user's own, in a directory of that name.
    pub(crate) async fn work(&self, name: &str) -> Work {
        Work::init(self.directory.path().join(name)).await
    }

    /// A directory of that name that does not exist.
    pub(crate) fn place(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// What the API says that a branch is at.
    pub(crate) async fn head(&self, repository: &str, branch: &str) -> Option<String> {
        let answer = self.codecommit.get_branch().repository_name(repository).branch_name(branch).send().await;
        answer.ok().map(|answer| answer.branch.unwrap().commit_id.unwrap())
    }
}

fn context(cloud: &Cloud, state: PathBuf) -> Context {
    Context {
        builds: state.join("builds"),
        state,
        sdk: cloud.sdk_config(),
        account: ACCOUNT.to_owned(),
        child_env: cloud.child_env(),
        supervisor: supervisor(),
        jobs: Jobs::default(),
        authority: cloud.authority(),
    }
}
