//! Sources that nobody tells of are looked at as the pipeline's role.

use std::collections::BTreeMap;

use flowgate::clock::Clock;
use flowgate::pipeline::definition::Pipeline;
use flowgate::pipeline::engine::TriggerType;
use flowgate::polling::Poller;
use flowgate::runner::Runner;
use flowgate::runner::store::Store;
use serde_json::{Value, json};
use tokio::sync::mpsc::unbounded_channel;

use crate::enforced;
use crate::world::{BUCKET, World};

fn declaration(name: &str, provider: &str, configuration: &Value) -> Value {
    let kind = |category: &str, provider: &str| json!({ "category": category, "owner": "AWS", "provider": provider, "version": "1" });
    json!({
        "name": name, "pipelineType": "V2", "executionMode": "SUPERSEDED",
        "roleArn": "arn:aws:iam::000000000000:role/pipeline", "artifactStore": { "type": "S3", "location": BUCKET },
        "stages": [
            { "name": "Source", "actions": [{
                "name": "Fetch", "actionTypeId": kind("Source", provider), "outputArtifacts": [{ "name": "Code" }],
                "configuration": configuration,
            }] },
            { "name": "Approve", "actions": [{ "name": "Review", "actionTypeId": kind("Approval", "Manual") }] },
        ],
    })
}

fn started(runner: &Runner, name: &str) -> Vec<TriggerType> {
    let history = runner.history(name).unwrap();
    history.newest_first(None).map(|execution| execution.unwrap().trigger.trigger_type).collect()
}

async fn upload(world: &World) {
    let config = aws_sdk_s3::config::Builder::from(&world.context.sdk).force_path_style(true).build();
    let s3 = aws_sdk_s3::Client::from_conf(config);
    s3.create_bucket().bucket("sources").send().await.unwrap();
    let enabled = aws_sdk_s3::types::BucketVersioningStatus::Enabled;
    let versions = aws_sdk_s3::types::VersioningConfiguration::builder().status(enabled).build();
    s3.put_bucket_versioning().bucket("sources").versioning_configuration(versions).send().await.unwrap();
    s3.put_object().bucket("sources").key("app.zip").send().await.unwrap();
}

#[tokio::test]
async fn a_change_starts_a_pipeline_whose_role_may_see_it() {
    let world = enforced::world().await;
    enforced::role(&world, "pipeline", enforced::service("codepipeline")).await;
    upload(&world).await;
    world.push(&[("a.txt", "one")]).await;
    let runner =
        Runner::open(world.context.clone(), unbounded_channel().0, Clock::System, Store::in_memory().unwrap()).unwrap();
    let object = json!({"S3Bucket": "sources", "S3ObjectKey": "app.zip"});
    let branch = json!({"RepositoryName": "service", "BranchName": "main"});
    for (name, provider, configuration) in [("s3", "S3", object), ("git", "CodeCommit", branch)] {
        let pipeline = Pipeline::from_declaration(&declaration(name, provider, &configuration)).unwrap();
        runner.create(pipeline, BTreeMap::new()).unwrap();
    }
    let mut poller = Poller::new(runner.clone());
    poller.look().await;
    assert_eq!((started(&runner, "s3").len(), started(&runner, "git").len()), (0, 0));
    let s3 = ("s3:GetObject", "arn:aws:s3:::sources/app.zip".to_owned());
    enforced::allow(&world, "pipeline", [s3.clone()].iter()).await;
    poller.look().await;
    assert_eq!((started(&runner, "s3"), started(&runner, "git").len()), (vec![TriggerType::PollForSourceChanges], 0));
    let git = ("codecommit:GetBranch", "arn:aws:codecommit:us-east-1:000000000000:service".to_owned());
    enforced::allow(&world, "pipeline", [s3, git].iter()).await;
    poller.look().await;
    poller.look().await;
    assert_eq!((started(&runner, "s3").len(), started(&runner, "git").len()), (1, 1));
    world.cloud.stop().await.unwrap();
}
