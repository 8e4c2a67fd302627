//! Actions against a real local cloud.

#![expect(clippy::unwrap_used, reason = "a test that cannot prepare its world has failed")]

mod approval;
mod enforced;
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
use flowgate::pipeline::action::Request;
use serde_json::{Value, json};

use world::{BUCKET, World, artifact, request};

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
    assert!(failure.message.contains("phase build failed: command `test"), "{}", failure.message);

    let secret = r#"[{"name": "TOKEN", "value": "/t", "type": "PARAMETER_STORE"}]"#;
    build.configuration.insert("EnvironmentVariables".into(), secret.into());
    assert!(world.refusal(&build).await.contains("variable TOKEN is of type PARAMETER_STORE"));
    build.configuration.insert("ProjectName".into(), "absent".into());
    assert!(world.refusal(&build).await.contains("codebuild project absent does not exist"));
    world.cloud.stop().await.unwrap();
}

/// A stack with a topic that has a name, and an output.
fn template(resources: &Value) -> String {
    json!({
        "Parameters": {"Stage": {"Type": "String"}, "Other": {"Type": "String", "Default": "d"}},
        "Resources": resources,
        "Outputs": {"Stage": {"Value": {"Ref": "Stage"}}, "Other": {"Value": {"Ref": "Other"}}},
    })
    .to_string()
}

fn deploy(stack: &str, more: &[(&str, &str)]) -> Request {
    let configuration = [
        &[
            ("ActionMode", "CREATE_UPDATE"),
            ("StackName", stack),
            ("TemplatePath", "Built::t.json"),
            ("TemplateConfiguration", "Config::c.json"),
        ],
        more,
    ];
    request("Deploy", "CloudFormation", &configuration.concat(), &["Built", "Config"], &["Outputs"])
}

#[tokio::test]
async fn a_stack_is_created_updated_and_left_alone() {
    let world = World::new().await;
    let topic = json!({"T": {"Type": "AWS::SNS::Topic"}});
    world.store("Built", "t.json", &template(&topic)).await;
    let settings = r#"{"Parameters": {"Stage": "from-file", "Other": "from-file"}, "Tags": {"team": "a"}}"#;
    world.store("Config", "c.json", settings).await;
    let overridden = |value: &str| json!({"Other": value}).to_string();
    let first = overridden("one");
    let create = deploy("s", &[("ParameterOverrides", &first), ("OutputFileName", "out.json")]);
    let success = world.run(&create).await.unwrap();
    assert_eq!(success.summary.as_deref(), Some("Stack s was created."));
    assert!(success.external_execution_id.unwrap().starts_with("arn:aws:cloudformation:"));
    assert_eq!((&*success.variables["Stage"], &*success.variables["Other"]), ("from-file", "one"));
    let outputs: Value = serde_json::from_str(&world.file("Outputs", "out.json").await).unwrap();
    assert_eq!(outputs, json!({"Stage": "from-file", "Other": "one"}));
    let client = aws_sdk_cloudformation::Client::new(&world.context.sdk);
    let stacks = client.describe_stacks().stack_name("s").send().await.unwrap();
    assert_eq!(stacks.stacks()[0].tags()[0].key(), Some("team"));

    let again = world.run(&deploy("s", &[("ParameterOverrides", &first)])).await.unwrap();
    assert_eq!(again.summary.as_deref(), Some("Stack s is up to date."));
    assert_eq!(again.variables["Other"], "one");
    let location = json!({"Other": {"Fn::GetArtifactAtt": ["Built", "ObjectKey"]}}).to_string();
    let updated = world.run(&deploy("s", &[("ParameterOverrides", &location)])).await.unwrap();
    assert_eq!(updated.summary.as_deref(), Some("Stack s was updated."));
    assert_eq!(updated.variables["Other"], "p/Built");
    let key = json!({"Other": {"Fn::GetParam": ["Built", "t.json", "Note"]}}).to_string();
    assert!(
        world.refusal(&deploy("s", &[("ParameterOverrides", &key)])).await.contains("no text under the key \"Note\"")
    );

    let many: serde_json::Map<String, Value> = (0..400)
        .map(|at| (format!("T{at}"), json!({"Type": "AWS::SNS::Topic", "Metadata": {"note": "x".repeat(150)}})))
        .collect();
    let big = template(&Value::Object(many));
    assert!(big.len() > 51_200);
    world.store("Built", "t.json", &big).await;
    world.run(&deploy("big", &[])).await.unwrap();
    world.cloud.stop().await.unwrap();
}

#[tokio::test]
async fn what_aws_would_refuse_is_refused_before_a_stack_is_touched() {
    let world = World::new().await;
    world.store("Config", "c.json", r#"{"Parameters": {"Stage": "x", "Typo": "y"}}"#).await;
    let role =
        json!({"R": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "r", "AssumeRolePolicyDocument": {}}}});
    world.store("Built", "t.json", &template(&role)).await;
    let refusal = world.refusal(&deploy("s", &[])).await;
    assert!(
        refusal
            .starts_with("ConfigurationError: parameters [Typo] do not exist in the template t.json in artifact Built")
    );
    world.store("Config", "c.json", "{}").await;
    assert!(world.refusal(&deploy("s", &[])).await.contains("parameters [Stage] of the template"));
    world.store("Config", "c.json", r#"{"Parameters": {"Stage": "x"}}"#).await;
    let refusal = world.refusal(&deploy("s", &[("Capabilities", "CAPABILITY_IAM")])).await;
    assert!(refusal.contains("requires capabilities: [CAPABILITY_NAMED_IAM]"), "{refusal}");
    for (key, value, says) in [
        ("ActionMode", "CHANGE_SET_EXECUTE", "ActionMode CHANGE_SET_EXECUTE of action act does not run here"),
        ("TemplatePath", "Built::absent.json", "artifact Built holds no file absent.json"),
        ("TemplatePath", "Absent::t.json", "action act has no input artifact Absent"),
        (
            "TemplatePath",
            "t.json",
            "TemplatePath of action act cannot be read: \"t.json\" is not of the form Artifact::file",
        ),
        ("TemplateConfiguration", "Built::t.json", "t.json in artifact Built cannot be read: unknown field `Outputs`"),
        ("ParameterOverrides", "{", "ParameterOverrides of action act cannot be read"),
    ] {
        let mut request = deploy("s", &[]);
        request.configuration.insert(key.into(), value.into());
        let refusal = world.refusal(&request).await;
        assert!(refusal.contains(says), "{key}: {refusal}");
    }
    world.store("Built", "t.json", "Resources:\n  a: [\n").await;
    assert!(world.refusal(&deploy("s", &[])).await.contains("t.json in artifact Built cannot be read: "));
    let client = aws_sdk_cloudformation::Client::new(&world.context.sdk);
    assert!(client.describe_stacks().stack_name("s").send().await.is_err(), "a stack was made");
    world.cloud.stop().await.unwrap();
}

#[tokio::test]
async fn a_stack_that_fails_names_the_resource_and_why() {
    let world = World::new().await;
    world.store("Config", "c.json", r#"{"Parameters": {"Stage": "x"}}"#).await;
    let code = json!({"S3Bucket": BUCKET, "S3Key": "absent.zip"});
    let properties =
        json!({"Code": code, "Runtime": "python3.12", "Handler": "a.b", "Role": "arn:aws:iam::000000000000:role/r"});
    let broken = json!({"Broken": {"Type": "AWS::Lambda::Function", "Properties": properties}});
    world.store("Built", "t.json", &template(&broken)).await;
    let failure = world.run(&deploy("s", &[])).await.unwrap_err();
    assert_eq!(failure.code, "JobFailed");
    assert!(failure.external_execution_id.unwrap().starts_with("arn:aws:cloudformation:"));
    assert!(
        failure
            .message
            .starts_with("stack s ended in ROLLBACK_COMPLETE: Broken (AWS::Lambda::Function) CREATE_FAILED: "),
        "{}",
        failure.message
    );
    let refusal = world.refusal(&deploy("s", &[])).await;
    assert_eq!(refusal, "JobFailed: stack s is in ROLLBACK_COMPLETE and cannot be updated: delete it first");
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

#[tokio::test]
async fn a_function_settles_its_job_through_the_api_after_a_continuation() {
    let jobs = Jobs::default();
    let world = World::with_runner(Some(api(&jobs).await), jobs).await;
    let code = FunctionCode::builder().zip_file(Blob::new(pack_one("index.py", FUNCTION.as_bytes()).unwrap()));
    let client = aws_sdk_lambda::Client::new(&world.context.sdk);
    let function =
        client.create_function().function_name("settler").runtime(Runtime::Python312).handler("index.handler");
    let function = function.code(code.build()).timeout(30).role(format!("arn:aws:iam::{ACCOUNT}:role/r"));
    function.send().await.unwrap();

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
