use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use flowgate::actions::Context;
use flowgate::actions::jobs::Jobs;
use flowgate::api;
use flowgate::clock::Clock;
use flowgate::cloud::{Cloud, Options, client};
use flowgate::runner::Runner;
use flowgate::runner::store::Store;
use flowgate::supervise::Supervisor;
use serde_json::json;
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::world::{Kept, Running};
use crate::world::{deploy_template, invoke, options};

/// As `flowgate up` has it: a cloud that is kept, and the runner beside it.
struct Up {
    running: Running,
    _kept: Kept,
    _sources: TempDir,
    _api: JoinSet<()>,
}

impl Up {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let runner_url = Some(format!("http://{}", listener.local_addr().unwrap()));
        let (kept, sources) = (Kept::new(), tempfile::tempdir().unwrap());
        let running = kept.start_with(Options { runner_url, ..options() }).await.unwrap();
        let context = context(&running.cloud, sources.path().to_owned());
        let mut api = JoinSet::new();
        let runner = Runner::open(context, mpsc::unbounded_channel().0, Clock::System, Store::in_memory().unwrap()).unwrap();
        api.spawn(async move { api::serve(listener, runner).await.unwrap() });
        Self { running, _kept: kept, _sources: sources, _api: api }
    }

    fn cloud(&self) -> &Cloud {
        &self.running.cloud
    }

    /// A bucket, a repository, a pipeline and a function of this name, each used once.
    async fn fill(&self, name: &str) {
        let template = json!({ "Resources": {
            "Bucket": { "Type": "AWS::S3::Bucket", "Properties": { "BucketName": name } },
            "Function": { "Type": "AWS::Lambda::Function", "Properties": {
                "FunctionName": name, "Runtime": "python3.12", "Handler": "index.handler",
                "Role": "arn:aws:iam::000000000000:role/r",
                "Code": { "ZipFile": "def handler(event, context):\n    return event\n" },
            } },
            "Pipeline": { "Type": "AWS::CodePipeline::Pipeline", "Properties": pipeline(name) },
        } });
        let sdk = self.cloud().sdk_config();
        aws_sdk_codecommit::Client::new(&sdk).create_repository().repository_name(name).send().await.unwrap();
        deploy_template(self.cloud(), name, &template).await.unwrap();
        invoke(self.cloud(), name, &json!({})).await.unwrap();
    }

    /// The names of all buckets, repositories, pipelines and functions.
    async fn names(&self) -> Vec<String> {
        let sdk = self.cloud().sdk_config();
        let buckets = aws_sdk_s3::Client::new(&sdk).list_buckets().send().await.unwrap().buckets.unwrap();
        let repositories = aws_sdk_codecommit::Client::new(&sdk).list_repositories().send().await.unwrap();
        let pipelines = aws_sdk_codepipeline::Client::new(&sdk).list_pipelines().send().await.unwrap();
        let functions = aws_sdk_lambda::Client::new(&sdk).list_functions().send().await.unwrap();
        let buckets = buckets.into_iter().map(|bucket| bucket.name);
        let repositories = repositories.repositories.unwrap().into_iter().map(|repository| repository.repository_name);
        let pipelines = pipelines.pipelines.unwrap().into_iter().map(|pipeline| pipeline.name);
        let functions = functions.functions.unwrap().into_iter().map(|function| function.function_name);
        buckets.chain(repositories).chain(pipelines).chain(functions).map(Option::unwrap).collect()
    }
}

fn pipeline(name: &str) -> serde_json::Value {
    let action = |name: &str, category: &str, provider: &str, configuration: serde_json::Value| {
        json!({ "Name": name, "Configuration": configuration,
            "ActionTypeId": { "Category": category, "Owner": "AWS", "Provider": provider, "Version": "1" } })
    };
    let mut source = action("Source", "Source", "CodeCommit", json!({ "RepositoryName": name, "BranchName": "main" }));
    source["OutputArtifacts"] = json!([{ "Name": "source" }]);
    let approval = action("Approve", "Approval", "Manual", json!({}));
    json!({
        "Name": name, "RoleArn": "arn:aws:iam::000000000000:role/r", "PipelineType": "V2",
        "ArtifactStore": { "Type": "S3", "Location": name },
        "Stages": [{ "Name": "Source", "Actions": [source] }, { "Name": "Approve", "Actions": [approval] }],
    })
}

fn context(cloud: &Cloud, state: PathBuf) -> Context {
    Context {
        builds: state.join("builds"),
        state,
        sdk: cloud.sdk_config(),
        account: client::ACCOUNT.to_owned(),
        child_env: cloud.child_env(),
        supervisor: Supervisor::new(env!("CARGO_BIN_EXE_flowgate")),
        jobs: Jobs::default(),
        authority: cloud.authority(),
    }
}

#[tokio::test]
async fn two_clouds_hold_nothing_of_one_another() {
    let (one, two) = tokio::join!(Up::start(), Up::start());
    tokio::join!(one.fill("first"), two.fill("second"));
    assert_eq!(one.names().await, ["first"; 4]);
    assert_eq!(two.names().await, ["second"; 4]);
    if cfg!(target_os = "linux") {
        assert_nothing_is_heard_elsewhere();
    }
}

/// Of this process and all that it has started.
fn assert_nothing_is_heard_elsewhere() {
    let sockets: BTreeSet<String> = descendants().iter().flat_map(|process| sockets(process)).collect();
    let listening = listening();
    let ours: Vec<_> = listening.iter().filter(|(_, socket)| sockets.contains(socket)).collect();
    assert!(ours.len() >= 4, "two clouds and two runners listen: {ours:?}");
    // 127.0.0.1, as the kernel writes it.
    assert!(ours.iter().all(|(address, _)| address.starts_with("0100007F:")), "{ours:?}");
}

/// This process and its descendants, each by its directory below /proc.
fn descendants() -> Vec<PathBuf> {
    let parent = |process: &Path| {
        let stat = fs::read_to_string(process.join("stat")).ok()?;
        stat.rsplit_once(')')?.1.split_whitespace().nth(1).map(|parent| Path::new("/proc").join(parent))
    };
    let processes = fs::read_dir("/proc").unwrap().map(|entry| entry.unwrap().path());
    let all: Vec<_> = processes.filter_map(|process| Some((parent(&process)?, process))).collect();
    let mut found = vec![Path::new("/proc").join(std::process::id().to_string())];
    let mut next = 0;
    while next < found.len() {
        let children: Vec<_> =
            all.iter().filter(|(parent, _)| *parent == found[next]).map(|(_, child)| child.clone()).collect();
        found.extend(children);
        next += 1;
    }
    found
}

/// The ids of a process's sockets; none of one that has ended.
fn sockets(process: &Path) -> Vec<String> {
    let open = fs::read_dir(process.join("fd")).into_iter().flatten().flatten();
    let links = open.filter_map(|file| fs::read_link(file.path()).ok());
    let id = |link: PathBuf| Some(link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned());
    links.filter_map(id).collect()
}

/// Every TCP socket of this machine that listens: its address and its id.
fn listening() -> Vec<(String, String)> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(|table| fs::read_to_string(table).unwrap_or_default());
    let rows =
        tables.iter().flat_map(|table| table.lines().skip(1)).map(|row| row.split_whitespace().collect::<Vec<_>>());
    rows.filter(|row| row[3] == "0A").map(|row| (row[1].to_owned(), row[9].to_owned())).collect()
}
