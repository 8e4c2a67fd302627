//! A local cloud with the runner's listener behind it, and pipelines whose sources are a connection's repositories.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use aws_sdk_codepipeline::types::{PipelineExecutionSummary, TriggerType};
use flowgate::actions::Context;
use flowgate::actions::jobs::Jobs;
use flowgate::api;
use flowgate::clock::Clock;
use flowgate::cloud::authority::Iam;
use flowgate::cloud::client::ACCOUNT;
use flowgate::cloud::{Cloud, Options};
use flowgate::connections::Detail;
use flowgate::pipeline::definition::Pipeline;
use flowgate::pipeline::engine::{ActionStatus, Subject};
use flowgate::runner::store::Store;
use flowgate::runner::{News, Runner};
use flowgate::supervise::Supervisor;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinSet;

use crate::git::Work;

pub(crate) const ARN: &str = "arn:aws:codeconnections:us-east-1:000000000000:connection/c";

pub(crate) struct World {
    pub(crate) cloud: Cloud,
    pub(crate) runner: Runner,
    news: UnboundedReceiver<News>,
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
        let options = Options {
            state: Some(state()),
            port: None,
            runner_url: Some(format!("http://{}", listener.local_addr().unwrap())),
            supervisor: supervisor(),
            progress: Arc::new(|line| eprintln!("{line}")),
            without_patches: Vec::new(),
            lambda_minute: None,
            iam,
            keep: None,
        };
        let cloud = Cloud::start(&options).await.unwrap();
        let directory = tempfile::tempdir().unwrap();
        let config = aws_sdk_s3::config::Builder::from(&cloud.sdk_config()).force_path_style(true).build();
        aws_sdk_s3::Client::from_conf(config).create_bucket().bucket("artifacts").send().await.unwrap();
        let (sender, news) = unbounded_channel();
        let context = context(&cloud, directory.path().join("state"));
        let runner = Runner::open(context, sender, Clock::System, Store::in_memory().unwrap()).unwrap();
        let mut served = JoinSet::new();
        let serving = runner.clone();
        served.spawn(async move { api::serve(listener, serving).await.unwrap() });
        Self { cloud, runner, news, directory, _served: served }
    }

    /// Where git finds a repository.
    pub(crate) fn url(&self, repository: &str) -> String {
        format!("{}/v1/connections/{repository}", self.cloud.endpoint())
    }

    /// A new repository of the user's own, in a directory of that name.
    pub(crate) async fn work(&self, name: &str) -> Work {
        Work::init(self.directory.path().join(name)).await
    }

    /// Makes a pipeline whose source is `main` of `ada/shop`, with one trigger of this git configuration, if any.
    pub(crate) fn pipeline(&self, name: &str, trigger: &Value) {
        let declaration = declaration(name, trigger);
        self.runner.create(Pipeline::from_declaration(&declaration).unwrap(), BTreeMap::new()).unwrap();
    }

    /// What started a pipeline, the oldest first.
    pub(crate) async fn started(&self, pipeline: &str) -> Vec<Detail> {
        let client = aws_sdk_codepipeline::Client::new(&self.cloud.sdk_config());
        let listed = client.list_pipeline_executions().pipeline_name(pipeline).send().await.unwrap();
        let is_filtered = !self.runner.pipeline(pipeline).unwrap().triggers.is_empty();
        let expected = if is_filtered { TriggerType::WebhookV2 } else { TriggerType::Webhook };
        let executions = listed.pipeline_execution_summaries().iter();
        let mut details: Vec<Detail> = executions.map(|execution| detail(execution, &expected)).collect();
        details.reverse();
        details
    }

    /// What started it, in short: `PUSH main 1234567`.
    pub(crate) async fn told(&self, pipeline: &str) -> Vec<String> {
        let short = |detail: Detail| {
            let name = detail.branch_name.or(detail.tag_name).unwrap();
            format!("{} {name} {}", json!(detail.event_type).as_str().unwrap(), &detail.commit_id[..7])
        };
        self.started(pipeline).await.into_iter().map(short).collect()
    }

    /// What the source action of a pipeline's only execution says in the end.
    pub(crate) async fn variables(&mut self) -> BTreeMap<String, String> {
        loop {
            let Some(News::Changed(change)) = self.news.recv().await else { panic!("nothing more is heard") };
            match change.subject {
                Subject::Action(action) if action.action == "Source" && action.status == ActionStatus::Succeeded => {
                    let client = aws_sdk_codepipeline::Client::new(&self.cloud.sdk_config());
                    let listed = client.list_action_executions().pipeline_name(&change.pipeline).send().await.unwrap();
                    let mut all = listed.action_execution_details.unwrap_or_default().into_iter();
                    let source = all.find(|one| one.action_name() == Some("Source")).unwrap();
                    return source.output.unwrap().output_variables.unwrap().into_iter().collect();
                }
                Subject::Action(action) => assert_ne!(action.status, ActionStatus::Failed, "{action:?}"),
                _ => {}
            }
        }
    }
}

fn detail(execution: &PipelineExecutionSummary, expected: &TriggerType) -> Detail {
    let trigger = execution.trigger().unwrap();
    assert_eq!(trigger.trigger_type(), Some(expected));
    let detail: Detail = serde_json::from_str(trigger.trigger_detail().unwrap()).unwrap();
    assert_eq!((detail.connection_arn.as_str(), detail.full_repository_name.as_str()), (ARN, "ada/shop"));
    detail
}

fn declaration(name: &str, trigger: &Value) -> Value {
    let source = json!({
        "name": "Source",
        "actionTypeId": {"category": "Source", "owner": "AWS", "provider": "CodeStarSourceConnection", "version": "1"},
        "configuration": {"ConnectionArn": ARN, "FullRepositoryId": "ada/shop", "BranchName": "main"},
        "outputArtifacts": [{"name": "Source"}],
        "namespace": "Change",
    });
    let approve = json!({
        "name": "Approve",
        "actionTypeId": {"category": "Approval", "owner": "AWS", "provider": "Manual", "version": "1"},
        "configuration": {"CustomData": "#{Change.CommitId}"},
    });
    let mut declaration = json!({
        "name": name,
        "roleArn": format!("arn:aws:iam::{ACCOUNT}:role/pipeline"),
        "artifactStore": {"type": "S3", "location": "artifacts"},
        "pipelineType": "V2",
        "executionMode": "PARALLEL",
        "stages": [{"name": "Source", "actions": [source]}, {"name": "Approve", "actions": [approve]}],
    });
    if !trigger.is_null() {
        let mut configuration = trigger.clone();
        configuration["sourceActionName"] = json!("Source");
        declaration["triggers"] =
            json!([{"providerType": "CodeStarSourceConnection", "gitConfiguration": configuration}]);
    }
    declaration
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
