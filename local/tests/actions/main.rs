//! Actions against a real local cloud.

#![expect(clippy::unwrap_used, reason = "a test that cannot prepare its world has failed")]

mod approval;
mod build;
mod cloudformation;
mod enforced;
mod objects;
mod polling;
mod queue;
mod rules;
mod runner;
mod world;

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_codebuild::types as codebuild;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{FunctionCode, Runtime};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::post;
use axum::{Json, Router};
use flowgate::actions::archive::pack_one;
use flowgate::actions::jobs::{ExecutionDetails, JobId, Jobs};
use flowgate::cloud::client::ACCOUNT;
use serde_json::{Value, json};

use world::{World, artifact, request};

fn names(variables: &BTreeMap<String, String>) -> Vec<&str> {
    variables.keys().map(String::as_str).collect()
}

#[tokio::test]
async fn a_push_becomes_an_artifact_with_its_revision_and_variables() {
    let world = World::new().await;
    let id = world.push(&[("a.txt", "one")]).await;
    let commit = [("RepositoryName", "service"), ("BranchName", "main")];
    let success = world.run(&request("Source", "CodeCommit", &commit, &[], &["Source"])).await.unwrap();
    assert_eq!(success.revision.as_deref(), Some(id.as_str()));
    assert_eq!(world.file("Source", "a.txt").await, "one");
    let expected = ["AuthorDate", "BranchName", "CommitId", "CommitMessage", "CommitterDate", "RepositoryName"];
    assert_eq!(names(&success.variables), expected);

    world.push(&[("a.txt", "two")]).await;
    let mut pinned = request("Source", "CodeCommit", &commit, &[], &["Source"]);
    pinned.outputs[0].revision = Some(id.clone());
    assert_eq!(world.run(&pinned).await.unwrap().revision, Some(id));
    assert_eq!(world.file("Source", "a.txt").await, "one");
    for wrong in ["main", "--help", &"0".repeat(40)] {
        pinned.outputs[0].revision = Some(wrong.to_owned());
        let refusal = world.refusal(&pinned).await;
        assert!(refusal.starts_with("RevisionUnavailable: repository service has no commit"), "{refusal}");
    }

    let github = [("FullRepositoryId", "service"), ("BranchName", "main"), ("ConnectionArn", "arn:c")];
    let success = world.run(&request("Source", "CodeStarSourceConnection", &github, &[], &["Source"])).await.unwrap();
    let expected = [
        "AuthorDate",
        "AuthorDisplayName",
        "AuthorEmail",
        "BranchName",
        "CommitId",
        "CommitMessage",
        "ConnectionArn",
        "FullRepositoryName",
    ];
    assert_eq!(names(&success.variables), expected);

    for (configuration, says) in [
        (
            [("RepositoryName", "absent"), ("BranchName", "main")],
            "ConfigurationError: repository absent does not exist",
        ),
        (
            [("RepositoryName", "service"), ("BranchName", "dev")],
            "ConfigurationError: repository service has no branch dev: push to it first",
        ),
        ([("RepositoryName", "service"), ("BranchName", "")], "ConfigurationError: action act needs BranchName"),
    ] {
        let refusal = world.refusal(&request("Source", "CodeCommit", &configuration, &[], &["Source"])).await;
        assert!(refusal.starts_with(says), "{refusal}");
    }
    world.cloud.stop().await.unwrap();
}

async fn create_project(world: &World) {
    let plain = codebuild::EnvironmentVariable::builder().name("FROM_PROJECT").value("project").build().unwrap();
    let environment = codebuild::ProjectEnvironment::builder()
        .r#type(codebuild::EnvironmentType::LinuxContainer)
        .image("aws/codebuild/standard:7.0")
        .compute_type(codebuild::ComputeType::BuildGeneral1Small)
        .environment_variables(plain);
    let source = codebuild::ProjectSource::builder().r#type(codebuild::SourceType::Codepipeline);
    let artifacts = codebuild::ProjectArtifacts::builder().r#type(codebuild::ArtifactsType::Codepipeline);
    let client = aws_sdk_codebuild::Client::new(&world.context.sdk);
    let project = client.create_project().name("builder").environment(environment.build().unwrap());
    let project = project.source(source.build().unwrap()).artifacts(artifacts.build().unwrap());
    project.service_role(format!("arn:aws:iam::{ACCOUNT}:role/build")).send().await.unwrap();
}

const BUILDSPEC: &str = "
version: 0.2
env: {exported-variables: [CODEBUILD_INITIATOR, FROM_PROJECT, FROM_ACTION, CODEBUILD_RESOLVED_SOURCE_VERSION]}
phases:
  build:
    commands:
      - cp a.txt out.txt
      - aws s3 cp a.txt s3://artifacts/from-the-build
      - test \"$FAIL\" != yes
artifacts: {files: [out.txt]}
";

#[tokio::test]
async fn a_project_is_built_with_its_variables_and_speaks_to_the_local_cloud() {
    let world = World::new().await;
    create_project(&world).await;
    let id = world.push(&[("a.txt", "one"), ("buildspec.yml", BUILDSPEC)]).await;
    let commit = [("RepositoryName", "service"), ("BranchName", "main")];
    world.run(&request("Source", "CodeCommit", &commit, &[], &["Source"])).await.unwrap();

    let variables = r#"[{"name": "FROM_ACTION", "value": "action", "type": "PLAINTEXT"}]"#;
    let configuration = [("ProjectName", "builder"), ("EnvironmentVariables", variables)];
    let mut build = request("Build", "CodeBuild", &configuration, &[], &["Built"]);
    build.inputs = vec![artifact("Source", Some(&id))];
    let success = world.run(&build).await.unwrap();
    assert!(success.external_execution_id.unwrap().starts_with("builder:"));
    assert_eq!(success.variables["CODEBUILD_INITIATOR"], "codepipeline/p");
    assert_eq!(success.variables["CODEBUILD_RESOLVED_SOURCE_VERSION"], id);
    assert_eq!((&*success.variables["FROM_PROJECT"], &*success.variables["FROM_ACTION"]), ("project", "action"));
    assert_eq!(world.file("Built", "out.txt").await, "one");
    assert_eq!(world.object("from-the-build").await, b"one");

    let fail = r#"[{"name": "FAIL", "value": "yes"}]"#;
    build.configuration.insert("EnvironmentVariables".into(), fail.into());
    let failure = world.run(&build).await.unwrap_err();
    assert!(failure.external_execution_id.unwrap().starts_with("builder:"));
    assert!(failure.message.contains("Error while executing command: test"), "{}", failure.message);

    let secret = r#"[{"name": "TOKEN", "value": "/t", "type": "PARAMETER_STORE"}]"#;
    build.configuration.insert("EnvironmentVariables".into(), secret.into());
    let refusal = world.refusal(&build).await;
    assert!(refusal.contains("Code: Decrypted Variables Error, Message: variable TOKEN, kept as /t: "), "{refusal}");
    build.configuration.insert("ProjectName".into(), "absent".into());
    assert!(world.refusal(&build).await.contains("codebuild project absent does not exist"));
    world.cloud.stop().await.unwrap();
}

const FUNCTION: &str = "
import boto3

def handler(event, context):
    job = event['CodePipeline.job']
    token = job['data'].get('continuationToken')
    parameters = job['data']['actionConfiguration']['configuration']['UserParameters']
    client = boto3.client('codepipeline')
    if token is None:
        client.put_job_success_result(jobId=job['id'], continuationToken='again')
    elif parameters == 'fail':
        client.put_job_failure_result(jobId=job['id'], failureDetails={'type': 'JobFailed', 'message': 'as asked'})
    else:
        client.put_job_success_result(jobId=job['id'], outputVariables={'Token': token, 'Account': job['accountId']})
";

/// The two calls of the CodePipeline API that functions make, answered from the table of jobs.
async fn api(jobs: &Jobs) -> String {
    async fn answer(State(jobs): State<Jobs>, headers: HeaderMap, body: String) -> Json<Value> {
        let body: Value = serde_json::from_str(&body).unwrap();
        let job = JobId::new(body["jobId"].as_str().unwrap());
        let target = headers["x-amz-target"].to_str().unwrap();
        if target.ends_with("PutJobFailureResult") {
            jobs.settle_failure(&job, serde_json::from_value(body["failureDetails"].clone()).unwrap()).unwrap();
        } else {
            let variables = serde_json::from_value(body.get("outputVariables").cloned().unwrap_or(json!({}))).unwrap();
            let token = body["continuationToken"].as_str().map(str::to_owned);
            jobs.settle_success(&job, ExecutionDetails::default(), token, variables).unwrap();
        }
        Json(json!({}))
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(post(answer)).with_state(jobs.clone());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    url
}

/// A local cloud with that function.
pub(crate) async fn with_function() -> World {
    let jobs = Jobs::default();
    let world = World::with_runner(Some(api(&jobs).await), jobs).await;
    let code = FunctionCode::builder().zip_file(Blob::new(pack_one("index.py", FUNCTION.as_bytes()).unwrap()));
    let client = aws_sdk_lambda::Client::new(&world.context.sdk);
    let function =
        client.create_function().function_name("settler").runtime(Runtime::Python312).handler("index.handler");
    let function = function.code(code.build()).timeout(30).role(format!("arn:aws:iam::{ACCOUNT}:role/r"));
    function.send().await.unwrap();
    world
}

#[tokio::test]
async fn a_function_settles_its_job_through_the_api_after_a_continuation() {
    let world = with_function().await;
    let invoke = |function: &str, parameters: &str| {
        request("Invoke", "Lambda", &[("FunctionName", function), ("UserParameters", parameters)], &[], &[])
    };
    let limit = Duration::from_mins(1);
    let success = tokio::time::timeout(limit, world.run(&invoke("settler", "pass"))).await.unwrap().unwrap();
    assert_eq!((&*success.variables["Token"], &*success.variables["Account"]), ("again", ACCOUNT));
    let failure = tokio::time::timeout(limit, world.run(&invoke("settler", "fail"))).await.unwrap().unwrap_err();
    assert_eq!((failure.code.as_str(), failure.message.as_str()), ("JobFailed", "as asked"));
    let refusal = world.refusal(&invoke("absent", "x")).await;
    assert!(refusal.starts_with("ConfigurationError: function absent does not exist"), "{refusal}");
    let refusal = world.refusal(&request("Deploy", "S3", &[], &[], &[])).await;
    assert!(refusal.contains("a Deploy of AWS by S3, which does not run here"), "{refusal}");
    world.cloud.stop().await.unwrap();
}
