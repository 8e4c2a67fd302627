use flowgate::cloud::Cloud;
use flowgate::cloud::stack_wait::Stack;
use serde_json::{Value, json};

use crate::world::{cloud, cloud_without, deploy_template};

/// Echoes what the request named.
const HANDLER: &str = r#"
import json
def handler(event, context):
    return {"statusCode": 200, "body": json.dumps(event.get("pathParameters") or {"rawPath": event.get("rawPath")})}
"#;

fn application() -> Value {
    json!({
        "Transform": "AWS::Serverless-2016-10-31",
        "Resources": {
            "Api": { "Type": "AWS::Serverless::Api", "Properties": { "StageName": "Prod" } },
            "Function": {
                "Type": "AWS::Serverless::Function",
                "Properties": {
                    "Runtime": "python3.12", "Handler": "index.handler", "InlineCode": HANDLER,
                    "FunctionUrlConfig": { "AuthType": "NONE" },
                    "Events": { "Zone": { "Type": "Api", "Properties": {
                        "RestApiId": { "Ref": "Api" }, "Path": "/time/{zone+}", "Method": "get"
                    } } },
                }
            }
        },
        "Outputs": {
            "ApiUrl": {
                "Value": { "Fn::Sub": "https://${Api}.execute-api.${AWS::Region}.amazonaws.com/Prod" },
                "Export": { "Name": "api-url" },
            },
            "FunctionUrl": { "Value": { "Fn::GetAtt": ["FunctionUrl", "FunctionUrl"] } },
            "Text": { "Value": { "Fn::Sub": "see https://${Api}.execute-api.${AWS::Region}.amazonaws.com" } },
            "Other": { "Value": "https://execute-api.example.com/Prod" },
        }
    })
}

fn importer() -> Value {
    json!({
        "Resources": {
            "Parameter": {
                "Type": "AWS::SSM::Parameter",
                "Properties": { "Type": "String", "Value": { "Fn::ImportValue": "api-url" } }
            }
        },
        "Outputs": { "Imported": { "Value": { "Fn::GetAtt": ["Parameter", "Value"] } } }
    })
}

async fn application_on(cloud: &Cloud) -> Stack {
    deploy_template(cloud, "app", &application()).await.unwrap()
}

async fn get(url: String) -> (u16, Value) {
    let answer = reqwest::Client::builder().no_proxy().build().unwrap().get(url).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[tokio::test]
async fn without_the_patch_outputs_name_hosts_of_aws() {
    let stack = application_on(&cloud_without("hosts").await).await;
    assert!(stack.outputs["ApiUrl"].contains(".execute-api.us-east-1.amazonaws.com/Prod"), "{stack:?}");
    assert!(stack.outputs["FunctionUrl"].contains(".lambda-url.us-east-1."), "{stack:?}");
}

#[tokio::test]
async fn outputs_name_addresses_that_answer_here() {
    let cloud = cloud().await;
    let outputs = application_on(&cloud).await.outputs;
    let zone = get(format!("{}/time/Europe/Paris", outputs["ApiUrl"])).await;
    assert_eq!(zone, (200, json!({ "zone": "Europe/Paris" })));
    let url = outputs["FunctionUrl"].trim_end_matches('/');
    assert_eq!(get(format!("{url}/a/b")).await, (200, json!({ "rawPath": "/a/b" })));
    assert_eq!(outputs["Other"], "https://execute-api.example.com/Prod");
    let text = outputs["Text"].strip_prefix("see ").unwrap();
    assert!(text.starts_with(cloud.endpoint()), "an address inside other text is one too: {text}");
}

#[tokio::test]
async fn what_another_stack_imports_is_the_same_address() {
    let cloud = cloud().await;
    let exported = application_on(&cloud).await.outputs;
    let imported = deploy_template(&cloud, "importer", &importer()).await.unwrap().outputs;
    assert_eq!(imported["Imported"], exported["ApiUrl"]);
}
