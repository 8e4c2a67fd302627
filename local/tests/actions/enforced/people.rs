//! Who answers an approval: whoever IAM says that it is, if they may.

use std::collections::BTreeMap;

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_codepipeline::Client;
use aws_sdk_codepipeline::error::ProvideErrorMetadata as _;
use aws_sdk_codepipeline::types::{ApprovalResult, ApprovalStatus};
use flowgate::actions::jobs::Jobs;
use flowgate::api;
use flowgate::clock::Clock;
use flowgate::cloud::authority::{Iam, Role};
use flowgate::cloud::client::{ACCOUNT, REGION};
use flowgate::pipeline::definition::Pipeline;
use flowgate::pipeline::engine::{Trigger, TriggerType};
use flowgate::runner::Runner;
use flowgate::runner::store::Store;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::mpsc::unbounded_channel;
use tokio::task::JoinSet;

use super::{allow, objects, role, service};
use crate::world::{BUCKET, World};

fn pipeline() -> Pipeline {
    let kind = |category: &str, provider: &str| json!({ "category": category, "owner": "AWS", "provider": provider, "version": "1" });
    let declaration = json!({
        "name": "release", "pipelineType": "V2", "roleArn": format!("arn:aws:iam::{ACCOUNT}:role/pipeline"),
        "artifactStore": { "type": "S3", "location": BUCKET },
        "stages": [
            { "name": "Source", "actions": [{
                "name": "Fetch", "actionTypeId": kind("Source", "CodeCommit"), "outputArtifacts": [{ "name": "Code" }],
                "configuration": { "RepositoryName": "service", "BranchName": "main" },
            }] },
            { "name": "Approve", "actions": [{ "name": "Review", "actionTypeId": kind("Approval", "Manual") }] },
        ],
    });
    Pipeline::from_declaration(&declaration).unwrap()
}

/// A user who was just made, and nobody gave anything.
async fn guest(sdk: &SdkConfig) -> SdkConfig {
    let iam = aws_sdk_iam::Client::new(sdk);
    iam.create_user().user_name("guest").send().await.unwrap();
    let key = iam.create_access_key().user_name("guest").send().await.unwrap().access_key.unwrap();
    let credentials = Credentials::new(key.access_key_id, key.secret_access_key, None, None, "test");
    sdk.to_builder().credentials_provider(SharedCredentialsProvider::new(credentials)).build()
}

/// Approves, and claims in the header by which the local cloud tells the runner who asks to be root.
async fn approve(sdk: &SdkConfig, token: &str) -> Result<(), String> {
    let result = ApprovalResult::builder().summary("fine").status(ApprovalStatus::Approved).build().unwrap();
    let put = Client::new(sdk).put_approval_result().pipeline_name("release").stage_name("Approve");
    let put = put.action_name("Review").token(token).result(result).customize();
    let forged = format!("arn:aws:iam::{ACCOUNT}:root");
    let put = put.mutate_request(move |request| {
        request.headers_mut().insert("x-flowgate-caller", forged.clone());
    });
    let answer = put.send().await;
    answer.map(drop).map_err(|error| format!("{}: {}", error.code().unwrap(), error.message().unwrap()))
}

#[tokio::test]
async fn who_may_not_approve_is_refused_and_who_may_is_named() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let world = World::start(Some(url), Jobs::default(), Iam::Enforce).await;
    role(&world, "pipeline", service("codepipeline")).await;
    allow(&world, "pipeline", [("codecommit:*", "*".to_owned()), ("s3:PutObject", objects("*"))].iter()).await;
    world.push(&[("a.txt", "one")]).await;
    let (sender, mut news) = unbounded_channel();
    let runner = Runner::open(world.context.clone(), sender, Clock::System, Store::in_memory().unwrap()).unwrap();
    let mut served = JoinSet::new();
    let serving = runner.clone();
    served.spawn(async move { api::serve(listener, serving).await.unwrap() });
    runner.create(pipeline(), BTreeMap::new()).unwrap();
    let trigger = Trigger { trigger_type: TriggerType::CreatePipeline, trigger_detail: "arn:somebody".into() };
    let execution = runner.start("release", trigger, &BTreeMap::new(), Vec::new()).unwrap();
    let token = loop {
        let now = runner.execution("release", &execution).unwrap();
        if let Some(stage) = now.stages.get(1) {
            break stage.actions[0].approval.clone().unwrap().token;
        }
        news.recv().await.unwrap();
    };

    let guest = guest(&world.context.sdk).await;
    let refusal = approve(&guest, token.expose()).await.unwrap_err();
    assert!(refusal.starts_with("AccessDenied"), "{refusal}");
    assert!(refusal.contains("user/guest is not authorized to perform: codepipeline:PutApprovalResult"), "{refusal}");

    let arn = role(&world, "releaser", service("codepipeline")).await;
    let action = format!("arn:aws:codepipeline:{REGION}:{ACCOUNT}:release/Approve/Review");
    allow(&world, "releaser", [("codepipeline:PutApprovalResult", action)].iter()).await;
    let role =
        Role { arn: &arn, service: "codepipeline.amazonaws.com", source: "arn:any", session: "ada", policy: None };
    let ada = world.cloud.authority().assume(&role).await.unwrap();
    approve(&ada.sdk, token.expose()).await.unwrap();
    let state = Client::new(&world.context.sdk).get_pipeline_state().name("release").send().await.unwrap();
    let answered = state.stage_states()[1].action_states()[0].latest_execution().unwrap();
    assert_eq!(answered.last_updated_by(), Some(&*format!("arn:aws:sts::{ACCOUNT}:assumed-role/releaser/ada")));
    world.cloud.stop().await.unwrap();
}
