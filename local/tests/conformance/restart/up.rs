use std::path::PathBuf;

use flowgate::actions::Context;
use flowgate::actions::jobs::Jobs;
use flowgate::api;
use flowgate::clock::Clock;
use flowgate::cloud::{Cloud, Options, client};
use flowgate::runner::Runner;
use flowgate::runner::store::Store;
use flowgate::supervise::Supervisor;
use serde_json::json;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::world::{Kept, Running};
use crate::world::{deploy_template, invoke, options};

/// As `flowgate up` has it: a cloud that is kept, and the runner beside it.
pub(super) struct Up {
    running: Running,
    runner: Runner,
    kept: Kept,
    api: JoinSet<()>,
}

impl Up {
    pub(super) async fn start(kept: Kept) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let runner_url = Some(format!("http://{}", listener.local_addr().unwrap()));
        let running = kept.start_with(Options { runner_url, ..options() }).await.unwrap();
        let store = Store::open(&file(&running)).unwrap();
        let context = context(&running.cloud, running.kept());
        let runner = Runner::open(context, mpsc::unbounded_channel().0, Clock::System, store).unwrap();
        let (mut api, served) = (JoinSet::new(), runner.clone());
        api.spawn(async move { api::serve(listener, served).await.unwrap() });
        Self { running, runner, kept, api }
    }

    /// Gives what is to be started again.
    pub(super) async fn stop(self) -> Kept {
        let Self { running, runner, kept, mut api } = self;
        api.shutdown().await;
        drop(runner);
        let file = file(&running);
        running.stop().await;
        // A connection of the cloud's has the runner until it notices that the cloud is gone.
        while Store::open(&file).is_err() {
            tokio::task::yield_now().await;
        }
        kept
    }

    /// Where the repositories are.
    pub(super) fn state(&self) -> PathBuf {
        self.running.kept()
    }

    pub(super) fn cloud(&self) -> &Cloud {
        &self.running.cloud
    }

    /// A bucket, a repository, a pipeline and a function of this name, each used once.
    pub(super) async fn fill(&self, name: &str) {
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
    pub(super) async fn names(&self) -> Vec<String> {
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

fn file(running: &Running) -> PathBuf {
    running.kept().join("pipelines.redb")
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
