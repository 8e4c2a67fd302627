use std::net::TcpListener;

use flowgate::cloud::stack_wait;
use serde_json::{Value, json};

use super::world::{Kept, Running, Stacks, waiting};
use crate::world::{deploy_template, invoke};

fn application() -> Value {
    let handler =
        "import os\ndef handler(event, context):\n    return {'statusCode': 200, 'body': os.environ['TABLE']}\n";
    json!({
        "Transform": "AWS::Serverless-2016-10-31",
        "Resources": {
            "Table": { "Type": "AWS::Serverless::SimpleTable" },
            "Api": { "Type": "AWS::Serverless::Api", "Properties": { "StageName": "Prod" } },
            "Function": { "Type": "AWS::Serverless::Function", "Properties": {
                "FunctionName": "function", "Runtime": "python3.12", "Handler": "index.handler", "InlineCode": handler,
                "AutoPublishAlias": "live", "FunctionUrlConfig": { "AuthType": "NONE" },
                "Environment": { "Variables": { "TABLE": { "Ref": "Table" } } },
                "Events": { "Get": { "Type": "Api", "Properties": {
                    "RestApiId": { "Ref": "Api" }, "Path": "/table", "Method": "get",
                } } },
            } },
        },
        "Outputs": {
            "Table": { "Value": { "Ref": "Table" }, "Export": { "Name": "table" } },
            "ApiUrl": { "Value": { "Fn::Sub": "https://${Api}.execute-api.${AWS::Region}.amazonaws.com/Prod/table" } },
            "FunctionUrl": { "Value": { "Fn::GetAtt": ["FunctionUrl", "FunctionUrl"] } },
        },
    })
}

async fn get(url: &str) -> String {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    http.get(url).send().await.unwrap().error_for_status().unwrap().text().await.unwrap()
}

async fn answers(running: &Running) {
    let stack = describe(running, "app").await;
    let table = &stack.outputs["Table"];
    assert_eq!(invoke(&running.cloud, "function", &json!({})).await.unwrap()["body"], **table);
    assert_eq!(invoke(&running.cloud, "function:live", &json!({})).await.unwrap()["body"], **table);
    for url in ["ApiUrl", "FunctionUrl"] {
        assert!(stack.outputs[url].starts_with(running.cloud.endpoint()), "{stack:?}");
        assert_eq!(get(&stack.outputs[url]).await, **table);
    }
}

async fn describe(running: &Running, name: &str) -> stack_wait::Stack {
    let client = aws_sdk_cloudformation::Client::new(&running.cloud.sdk_config());
    stack_wait::find(&client, name).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_stack_is_the_same_and_its_functions_and_addresses_answer() {
    let kept = Kept::new();
    let first = kept.start().await;
    deploy_template(&first.cloud, "app", &application()).await.unwrap();
    answers(&first).await;
    let before = describe(&first, "app").await;
    first.stop().await;
    let second = kept.start().await;
    assert_eq!(describe(&second, "app").await, before);
    answers(&second).await;
}

#[tokio::test]
async fn at_another_port_addresses_name_that() {
    let kept = Kept::new();
    let first = kept.start().await;
    deploy_template(&first.cloud, "app", &application()).await.unwrap();
    let port = first.cloud.port().unwrap();
    first.stop().await;
    let taken = TcpListener::bind(("127.0.0.1", port)).unwrap();
    let second = kept.start().await;
    assert_ne!(second.cloud.port(), Some(port));
    answers(&second).await;
    drop(taken);
}

fn small(value: &str) -> Value {
    json!({ "Resources": { "Parameter": {
        "Type": "AWS::SSM::Parameter", "Properties": { "Type": "String", "Value": value },
    } } })
}

#[tokio::test]
async fn a_stack_goes_on_where_it_was() {
    let kept = Kept::new();
    let first = kept.start().await;
    let stacks = Stacks::of(&first.cloud);
    let gone = stacks.begin("one", &small("1")).await;
    assert_eq!(stacks.settled(&gone).await, "CREATE_COMPLETE");
    assert_eq!(stacks.delete(&gone).await, "DELETE_COMPLETE");
    let id = stacks.begin("one", &small("2")).await;
    assert_eq!(stacks.settled(&id).await, "CREATE_COMPLETE");
    let events = stacks.events(&id).await;
    first.stop().await;
    let second = kept.start().await;
    let stacks = Stacks::of(&second.cloud);
    assert_eq!(stacks.settled(&gone).await, "DELETE_COMPLETE", "a deleted stack is still known by its id");
    assert_eq!(describe(&second, "one").await.id, id);
    assert_eq!(stacks.events(&id).await, events);
    deploy_template(&second.cloud, "one", &small("3")).await.unwrap();
    assert_eq!(stacks.settled(&id).await, "UPDATE_COMPLETE");
    assert_eq!(stacks.delete(&id).await, "DELETE_COMPLETE");
}

#[tokio::test]
async fn what_was_being_made_has_failed_and_can_be_deleted() {
    let kept = Kept::new();
    let first = kept.start().await;
    let stacks = Stacks::of(&first.cloud);
    let id = stacks.begin("slow", &waiting()).await;
    stacks.until_it_waits(&id).await;
    first.stop().await;
    let second = kept.start().await;
    let stacks = Stacks::of(&second.cloud);
    assert_eq!(stacks.settled(&id).await, "CREATE_FAILED");
    let latest = stacks.events(&id).await.remove(0);
    assert_eq!(latest.resource_status_reason(), Some("the local cloud was stopped meanwhile"));
    assert_eq!(stacks.delete(&id).await, "DELETE_COMPLETE");
}
