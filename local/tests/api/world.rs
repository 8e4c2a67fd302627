//! A local cloud with the runner's API, a repository and a bucket.

use std::path::PathBuf;
use std::sync::Arc;

use flowgate::actions::Context;
use flowgate::actions::jobs::{JobId, Jobs, Open};
use flowgate::api;
use flowgate::clock::Clock;
use flowgate::cloud::client::ACCOUNT;
use flowgate::cloud::install::{EMULATOR, Installer};
use flowgate::cloud::{self, Cloud};
use flowgate::repository::Store;
use flowgate::runner::{News, Runner, store};
use flowgate::supervise::Supervisor;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinSet;

pub(crate) struct World {
    cloud: Cloud,
    runner_url: String,
    /// Jobs that wait to be settled.
    jobs: Vec<(JobId, Open)>,
    _news: UnboundedReceiver<News>,
    _api: JoinSet<()>,
    _directory: TempDir,
}

impl World {
    pub(crate) async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let runner_url = format!("http://{}", listener.local_addr().unwrap());
        let options = cloud::Options {
            state: Some(state()),
            port: None,
            runner_url: Some(runner_url.clone()),
            supervisor: supervisor(),
            progress: Arc::new(|line| eprintln!("{line}")),
            without_patches: Vec::new(),
            lambda_minute: None,
            iam: cloud::authority::Iam::Off,
            keep: None,
        };
        let cloud = Cloud::start(&options).await.unwrap();
        let directory = tempfile::tempdir().unwrap();
        let context = context(&cloud, &directory);
        prepare(&context, &directory).await;
        let jobs = (0..2).map(|_| context.jobs.create()).collect();
        let (sender, news) = unbounded_channel();
        let runner = Runner::open(context, sender, Clock::System, store::Store::in_memory().unwrap()).unwrap();
        let mut served = JoinSet::new();
        served.spawn(async move { api::serve(listener, runner).await.unwrap() });
        Self { cloud, runner_url, jobs, _news: news, _api: served, _directory: directory }
    }

    /// The Python of the local cloud, to be told which script to run against it.
    pub(crate) async fn command(&self) -> Command {
        let mut command = self.cloud.command(python().await.to_str().unwrap());
        let ids: Vec<_> = self.jobs.iter().map(|(id, _)| id.as_str()).collect();
        command.env("JOB_IDS", ids.join(" "));
        command
    }

    /// The status of a request to the runner itself, with this header.
    pub(crate) async fn list_pipelines(&self, name: &str, value: &str) -> u16 {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let request = http.post(&self.runner_url).header("x-amz-target", "CodePipeline_20150709.ListPipelines");
        request.header(name, value).body("{}").send().await.unwrap().status().as_u16()
    }

    pub(crate) async fn stop(self) {
        self.cloud.stop().await.unwrap();
    }
}

/// The Python of the local cloud.
pub(crate) async fn python() -> PathBuf {
    let installer = Installer {
        state: state(),
        supervisor: supervisor(),
        progress: Arc::new(|line| eprintln!("{line}")),
        python: cloud::python::program(),
    };
    installer.install(EMULATOR).await.unwrap().join("python")
}

/// This directory.
pub(crate) fn tests() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/api")
}

/// Installed programs, which all tests share.
fn state() -> PathBuf {
    let state = std::env::var_os("FLOWGATE_STATE");
    state.map_or_else(|| PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("state"), PathBuf::from)
}

pub(crate) fn supervisor() -> Supervisor {
    Supervisor::new(env!("CARGO_BIN_EXE_flowgate"))
}

fn context(cloud: &Cloud, directory: &TempDir) -> Context {
    Context {
        state: directory.path().join("state"),
        builds: directory.path().join("builds"),
        sdk: cloud.sdk_config(),
        account: ACCOUNT.to_owned(),
        child_env: cloud.child_env(),
        supervisor: supervisor(),
        jobs: Jobs::default(),
        authority: cloud.authority(),
    }
}

/// A bucket for artifacts, and a commit in a repository.
async fn prepare(context: &Context, directory: &TempDir) {
    let config = aws_sdk_s3::config::Builder::from(&context.sdk).force_path_style(true).build();
    aws_sdk_s3::Client::from_conf(config).create_bucket().bucket("artifacts").send().await.unwrap();
    let source = directory.path().join("app");
    std::fs::create_dir(&source).unwrap();
    std::fs::write(source.join("file.txt"), "one").unwrap();
    Store::new(&context.state).push(source.to_str().unwrap(), "app", "main").await.unwrap();
}
