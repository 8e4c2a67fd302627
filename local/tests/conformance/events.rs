use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use flowgate::cloud::Cloud;
use serde_json::{Value, json};

use crate::codepipeline::{Call, Runner};
use crate::world::{cloud_without, deploy_template};

const RULE: &str = "arn:aws:events:us-east-1:000000000000:rule/pushes";
/// What AWS documents for a rule that pins the commit.
const TEMPLATE: &str =
    r#"{"sourceRevisions": [{"actionName": "Source", "revisionType": "COMMIT_ID", "revisionValue": <id>}]}"#;

/// A rule for the events of a source, with these targets.
fn stack(source: &str, targets: &Value) -> Value {
    json!({ "Resources": { "Rule": { "Type": "AWS::Events::Rule", "Properties": {
        "Name": "pushes", "EventPattern": { "source": [source] }, "Targets": targets,
    } } } })
}

fn pipeline(more: Value) -> Value {
    let mut target = json!({
        "Id": "pipeline", "Arn": "arn:aws:codepipeline:us-east-1:000000000000:release",
        "RoleArn": "arn:aws:iam::000000000000:role/r",
    });
    if let Value::Object(more) = more {
        target.as_object_mut().unwrap().extend(more);
    }
    target
}

fn pinned() -> Value {
    pipeline(
        json!({ "InputTransformer": { "InputPathsMap": { "id": "$.detail.commitId" }, "InputTemplate": TEMPLATE } }),
    )
}

/// Puts one event for each commit; the answer's error codes.
async fn put(cloud: &Cloud, source: &str, commits: &[&str]) -> Vec<String> {
    let entry = |commit: &&str| {
        let entry = PutEventsRequestEntry::builder().source(source).detail_type("CodeCommit Repository State Change");
        entry.detail(json!({ "commitId": commit }).to_string()).build()
    };
    let client = aws_sdk_eventbridge::Client::new(&cloud.sdk_config());
    let entries = commits.iter().map(entry).collect();
    let answer = client.put_events().set_entries(Some(entries)).send().await.unwrap();
    answer.entries().iter().filter_map(|entry| entry.error_code().map(str::to_owned)).collect()
}

fn start(request: Value) -> Call {
    Call {
        operation: "StartPipelineExecution".into(),
        request,
        access_key: "000000000000".into(),
        trigger: Some(RULE.into()),
    }
}

#[tokio::test]
async fn without_the_patch_the_bus_refuses_the_events_of_our_services() {
    let cloud = cloud_without("events").await;
    for source in ["aws.codepipeline", "aws.codecommit"] {
        assert_eq!(put(&cloud, source, &["1"]).await, ["NotAuthorizedForSourceException"], "{source}");
    }
}

#[tokio::test]
async fn without_the_patch_a_rule_does_nothing_for_a_pipeline() {
    let runner = Runner::default();
    let cloud = runner.cloud_without("events").await;
    // The targets of a rule are served in their order, so what reaches the function has passed the pipeline.
    let targets = json!([pinned(), { "Id": "function", "Arn": { "Fn::GetAtt": ["Function", "Arn"] } }]);
    let mut template = stack("a.service", &targets);
    template["Resources"]["Function"] = function(&runner.serve().await);
    deploy_template(&cloud, "app", &template).await.unwrap();
    assert!(put(&cloud, "a.service", &["1"]).await.is_empty());
    let calls = runner.calls(1).await;
    assert_eq!(calls.iter().map(|call| call.operation.as_str()).collect::<Vec<_>>(), ["Heard"]);
}

#[tokio::test]
async fn a_rule_starts_a_pipeline_with_the_transformed_input_in_the_order_of_the_events() {
    let runner = Runner::default();
    let cloud = runner.cloud().await;
    deploy_template(&cloud, "app", &stack("aws.codecommit", &json!([pinned()]))).await.unwrap();
    let commits = ["1", "2", "3"];
    assert!(put(&cloud, "aws.codecommit", &commits).await.is_empty());
    let expected = commits.map(|commit| {
        let revision = json!({ "actionName": "Source", "revisionType": "COMMIT_ID", "revisionValue": commit });
        start(json!({ "name": "release", "sourceRevisions": [revision] }))
    });
    assert_eq!(runner.calls(3).await, expected);
}

#[tokio::test]
async fn what_is_no_input_for_a_pipeline_is_left_out() {
    let runner = Runner::default();
    let cloud = runner.cloud().await;
    let variables = json!([{ "name": "Branch", "value": "main" }]);
    let input = json!({ "variables": variables, "name": "another", "detail": {} }).to_string();
    for (input, expected) in [
        (json!({}), json!({ "name": "release" })),
        (json!({ "Input": "no JSON" }), json!({ "name": "release" })),
        (json!({ "Input": "[1]" }), json!({ "name": "release" })),
        (json!({ "Input": input }), json!({ "name": "release", "variables": variables })),
    ] {
        deploy_template(&cloud, "app", &stack("a.service", &json!([pipeline(input)]))).await.unwrap();
        assert!(put(&cloud, "a.service", &["1"]).await.is_empty());
        assert_eq!(runner.calls(1).await, [start(expected)]);
    }
}

#[tokio::test]
async fn a_function_hears_the_events_of_our_services() {
    let runner = Runner::default();
    let cloud = runner.cloud().await;
    for source in ["aws.codepipeline", "aws.codecommit"] {
        let targets = json!([{ "Id": "function", "Arn": { "Fn::GetAtt": ["Function", "Arn"] } }]);
        let mut template = stack(source, &targets);
        template["Resources"]["Function"] = function(&runner.serve().await);
        deploy_template(&cloud, "app", &template).await.unwrap();
        assert!(put(&cloud, source, &["1"]).await.is_empty());
        let heard = runner.calls(1).await.remove(0).request;
        assert_eq!((&heard["source"], &heard["detail"]), (&json!(source), &json!({ "commitId": "1" })));
    }
}

/// A bucket with versions that tells the bus of its objects, and a rule that starts a pipeline from them, as the user guide's
/// page `create-S3-source-events` has both.
async fn upload(cloud: &Cloud) -> String {
    let template = r#"{"sourceRevisions": [{"actionName": "Source", "revisionType": "S3_OBJECT_VERSION_ID", "revisionValue": <version>}]}"#;
    let transformed = json!({ "InputTransformer": {
        "InputPathsMap": { "version": "$.detail.object.version-id" }, "InputTemplate": template,
    } });
    let mut stack = stack("aws.s3", &json!([pipeline(transformed)]));
    stack["Resources"]["Rule"]["Properties"]["EventPattern"] = json!({
        "source": ["aws.s3"], "detail-type": ["Object Created"],
        "detail": { "bucket": { "name": ["sources"] }, "object": { "key": ["app.zip"] } },
    });
    stack["Resources"]["Bucket"] = json!({ "Type": "AWS::S3::Bucket", "Properties": {
        "BucketName": "sources",
        "VersioningConfiguration": { "Status": "Enabled" },
        "NotificationConfiguration": { "EventBridgeConfiguration": { "EventBridgeEnabled": true } },
    } });
    deploy_template(cloud, "app", &stack).await.unwrap();
    let config = aws_sdk_s3::config::Builder::from(&cloud.sdk_config()).force_path_style(true).build();
    let s3 = aws_sdk_s3::Client::from_conf(config);
    let put = async |key: &str| s3.put_object().bucket("sources").key(key).send().await.unwrap().version_id.unwrap();
    put("other.zip").await;
    put("app.zip").await
}

#[tokio::test]
async fn an_object_in_s3_starts_a_pipeline_with_its_version() {
    let runner = Runner::default();
    let cloud = runner.cloud().await;
    let version = upload(&cloud).await;
    let revision = json!({ "actionName": "Source", "revisionType": "S3_OBJECT_VERSION_ID", "revisionValue": version });
    assert_eq!(runner.calls(1).await, [start(json!({ "name": "release", "sourceRevisions": [revision] }))]);
}

#[tokio::test]
async fn other_sources_of_aws_stay_refused() {
    let cloud = crate::world::cloud().await;
    assert_eq!(put(&cloud, "aws.s3", &["1"]).await, ["NotAuthorizedForSourceException"]);
}

/// A function that passes on what it hears.
fn function(url: &str) -> Value {
    let code = "
import json, os, urllib.request
def handler(event, context):
    headers = {'x-amz-target': 'CodePipeline_20150709.Heard', 'authorization': 'Credential=function/'}
    request = urllib.request.Request(os.environ['LISTENER'], json.dumps(event).encode(), headers)
    urllib.request.urlopen(request).read()
";
    json!({ "Type": "AWS::Lambda::Function", "Properties": {
        "FunctionName": "listener", "Runtime": "python3.12", "Handler": "index.handler",
        "Role": "arn:aws:iam::000000000000:role/r", "Code": { "ZipFile": code },
        "Environment": { "Variables": { "LISTENER": url } },
    } })
}
