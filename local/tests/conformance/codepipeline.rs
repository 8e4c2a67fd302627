use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use flowgate::cloud::{Cloud, Options};
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::world::{cloud_without, deploy_template, options};

/// The runner's API, as far as a stack needs it: it keeps what it was asked, and refuses pipelines named `refused`.
#[derive(Clone, Default)]
pub(crate) struct Runner {
    calls: Arc<Mutex<Vec<Call>>>,
    called: Arc<Notify>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Call {
    pub(crate) operation: String,
    pub(crate) request: Value,
    pub(crate) access_key: String,
    pub(crate) trigger: Option<String>,
}

impl Runner {
    /// Serves until the test ends, and gives its URL.
    pub(crate) async fn serve(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let app = Router::new().fallback(answer).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        url
    }

    pub(crate) async fn cloud(&self) -> Cloud {
        Cloud::start(&Options { runner_url: Some(self.serve().await), ..options() }).await.unwrap()
    }

    pub(crate) async fn cloud_without(&self, patch: &str) -> Cloud {
        let without_patches = vec![patch.to_owned()];
        Cloud::start(&Options { runner_url: Some(self.serve().await), without_patches, ..options() }).await.unwrap()
    }

    pub(crate) fn take_calls(&self) -> Vec<Call> {
        std::mem::take(&mut self.calls.lock().unwrap())
    }

    /// The next so many calls, as soon as they have come.
    pub(crate) async fn calls(&self, count: usize) -> Vec<Call> {
        let mut calls = self.take_calls();
        while calls.len() < count {
            self.called.notified().await;
            calls.extend(self.take_calls());
        }
        calls
    }
}

async fn answer(State(runner): State<Runner>, headers: HeaderMap, body: String) -> (StatusCode, String) {
    let header = |name: &str| headers[name].to_str().unwrap().to_owned();
    let call = Call {
        operation: header("x-amz-target").strip_prefix("CodePipeline_20150709.").unwrap().to_owned(),
        request: serde_json::from_str(&body).unwrap(),
        access_key: header("authorization").split(['=', '/']).nth(1).unwrap().to_owned(),
        trigger: headers.get("x-flowgate-trigger").map(|value| value.to_str().unwrap().to_owned()),
    };
    let pipeline = call.request["pipeline"].clone();
    runner.calls.lock().unwrap().push(call);
    runner.called.notify_one();
    if pipeline["name"] == "refused" {
        let refusal = json!({ "__type": "InvalidStructureException", "message": "stage Beta has no actions" });
        return (StatusCode::BAD_REQUEST, refusal.to_string());
    }
    (StatusCode::OK, json!({ "pipeline": { "name": pipeline["name"], "version": 7 } }).to_string())
}

fn stack(properties: &Value) -> Value {
    json!({
        "Resources": { "Pipeline": { "Type": "AWS::CodePipeline::Pipeline", "Properties": properties } },
        "Outputs": {
            "Name": { "Value": { "Ref": "Pipeline" } },
            "Version": { "Value": { "Fn::GetAtt": ["Pipeline", "Version"] } },
        }
    })
}

fn properties(name: &str) -> Value {
    json!({
        "Name": name, "RoleArn": "arn:aws:iam::000000000000:role/r", "PipelineType": "V2",
        "ArtifactStore": { "Type": "S3", "Location": "artifacts" },
        "Stages": [{
            "Name": "Source",
            "OnFailure": { "Result": "RETRY", "RetryConfiguration": { "RetryMode": "ALL_ACTIONS" } },
            "Actions": [{
                "Name": "Fetch", "RunOrder": "2",
                "ActionTypeId": { "Category": "Source", "Owner": "AWS", "Provider": "CodeCommit", "Version": 1 },
                "Configuration": { "RepositoryName": "app", "lowerCase": true },
                "OutputArtifacts": [{ "Name": "Code" }],
            }]
        }]
    })
}

fn declaration(name: &str) -> Value {
    json!({
        "name": name, "roleArn": "arn:aws:iam::000000000000:role/r", "pipelineType": "V2",
        "artifactStore": { "type": "S3", "location": "artifacts" },
        "stages": [{
            "name": "Source",
            "onFailure": { "result": "RETRY", "retryConfiguration": { "retryMode": "ALL_ACTIONS" } },
            "actions": [{
                "name": "Fetch", "runOrder": 2,
                "actionTypeId": { "category": "Source", "owner": "AWS", "provider": "CodeCommit", "version": "1" },
                "configuration": { "RepositoryName": "app", "lowerCase": "true" },
                "outputArtifacts": [{ "name": "Code" }],
            }]
        }]
    })
}

async fn list_pipelines(cloud: &Cloud) -> (u16, String) {
    let credential = "AWS4-HMAC-SHA256 Credential=approver/20260101/us-east-1/codepipeline/aws4_request, Signature=s";
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = client.post(cloud.endpoint()).header("x-amz-target", "CodePipeline_20150709.ListPipelines");
    let request = request.header("content-type", "application/x-amz-json-1.1").header("authorization", credential);
    let answer = request.body("{}").send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

#[tokio::test]
async fn without_the_patch_there_is_no_codepipeline() {
    let cloud = cloud_without("codepipeline").await;
    let error = deploy_template(&cloud, "app", &stack(&properties("p"))).await.unwrap_err().to_string();
    assert!(error.contains("AWS::CodePipeline::Pipeline"), "{error}");
    let (status, body) = list_pipelines(&cloud).await;
    assert!(status >= 400, "{status} {body}");
}

#[tokio::test]
async fn the_api_is_forwarded_with_the_callers_key() {
    let runner = Runner::default();
    let cloud = runner.cloud().await;
    assert_eq!(list_pipelines(&cloud).await.0, 200);
    let expected =
        Call { operation: "ListPipelines".into(), request: json!({}), access_key: "approver".into(), trigger: None };
    assert_eq!(runner.take_calls(), [expected]);
}

#[tokio::test]
async fn a_pipeline_in_a_stack_is_created_updated_and_deleted() {
    let runner = Runner::default();
    let cloud = runner.cloud().await;
    let created = deploy_template(&cloud, "app", &stack(&properties("p"))).await.unwrap();
    assert_eq!((created.outputs["Name"].as_str(), created.outputs["Version"].as_str()), ("p", "7"));
    assert_eq!(calls(&runner), [("CreatePipeline".into(), json!({ "pipeline": declaration("p") }))]);

    let mut changed = properties("p");
    changed["RestartExecutionOnUpdate"] = json!(true);
    changed["ExecutionMode"] = json!("QUEUED");
    deploy_template(&cloud, "app", &stack(&changed)).await.unwrap();
    let mut expected = declaration("p");
    expected["executionMode"] = json!("QUEUED");
    let update = ("UpdatePipeline".into(), json!({ "pipeline": expected }));
    assert_eq!(calls(&runner), [update, ("StartPipelineExecution".into(), json!({ "name": "p" }))]);

    delete_stack(&cloud, &created.id).await;
    assert_eq!(calls(&runner), [("DeletePipeline".into(), json!({ "name": "p" }))]);
}

#[tokio::test]
async fn a_new_name_replaces_the_pipeline() {
    let runner = Runner::default();
    let cloud = runner.cloud().await;
    deploy_template(&cloud, "app", &stack(&properties("old"))).await.unwrap();
    let stack = deploy_template(&cloud, "app", &stack(&properties("new"))).await.unwrap();
    assert_eq!(stack.outputs["Name"], "new");
    let operations: Vec<_> = calls(&runner).into_iter().map(|(operation, _)| operation).collect();
    assert_eq!(operations, ["CreatePipeline", "CreatePipeline", "DeletePipeline"]);
}

#[tokio::test]
async fn what_the_runner_refuses_fails_the_resource_with_its_message() {
    let cloud = Runner::default().cloud().await;
    let error = deploy_template(&cloud, "app", &stack(&properties("refused"))).await.unwrap_err().to_string();
    let expected = "Pipeline (AWS::CodePipeline::Pipeline) CREATE_FAILED: stage Beta has no actions";
    assert!(error.contains(expected), "{error}");
}

#[tokio::test]
async fn an_unknown_property_is_named() {
    let runner = Runner::default();
    let cloud = runner.cloud().await;
    let mut wrong = properties("p");
    wrong["Stages"][0]["Actions"][0]["RunOrdre"] = json!(1);
    let error = deploy_template(&cloud, "app", &stack(&wrong)).await.unwrap_err().to_string();
    assert!(error.contains("property RunOrdre in Pipeline.Stages[0].Actions[0]"), "{error}");
    assert_eq!(runner.take_calls(), []);
}

#[tokio::test]
async fn disabled_transitions_and_tags_reach_the_runner() {
    let runner = Runner::default();
    let cloud = runner.cloud().await;
    let mut properties = properties("p");
    properties["Tags"] = json!([{ "Key": "team", "Value": "time" }]);
    properties["DisableInboundStageTransitions"] = json!([{ "StageName": "Source", "Reason": "holiday" }]);
    deploy_template(&cloud, "app", &stack(&properties)).await.unwrap();
    let calls = calls(&runner);
    assert_eq!(calls[0].1["tags"], json!([{ "key": "team", "value": "time" }]));
    let disable = json!({
        "pipelineName": "p", "stageName": "Source", "transitionType": "Inbound", "reason": "holiday"
    });
    assert_eq!(calls[1], ("DisableStageTransition".into(), disable));
}

fn calls(runner: &Runner) -> Vec<(String, Value)> {
    runner.take_calls().into_iter().map(|call| (call.operation, call.request)).collect()
}

async fn delete_stack(cloud: &Cloud, id: &str) {
    let client = aws_sdk_cloudformation::Client::new(&cloud.sdk_config());
    client.delete_stack().stack_name(id).send().await.unwrap();
    let deleted = flowgate::cloud::stack_wait::settled(&client, id).await.unwrap().unwrap();
    assert_eq!(deleted.status, "DELETE_COMPLETE");
}
