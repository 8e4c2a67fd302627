//! What a function hears by its URL.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flowgate::cloud::Cloud;
use reqwest::Client;
use serde_json::{Value, json};

use crate::world::{cloud, cloud_without, deploy_template};

/// Answers what it hears.
const CODE: &str = "
import json
def handler(event, context):
    return {'statusCode': 202, 'body': json.dumps(event)}
";
/// What is no UTF-8.
const LATIN: &[u8] = b"{\"name\": \"Ren\xe9\"}";

/// The address of a function's URL here.
pub(crate) async fn url_of(cloud: &Cloud, function: &str) -> String {
    let client = aws_sdk_lambda::Client::new(&cloud.sdk_config());
    let url = client.get_function_url_config().function_name(function).send().await.unwrap().function_url;
    let (id, _) = url.strip_prefix("https://").unwrap().split_once('.').unwrap();
    format!("{}/_aws/lambda-url/{id}/", cloud.endpoint())
}

pub(crate) async fn get(url: &str) -> (u16, String) {
    let answer = http().get(url).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

fn http() -> Client {
    Client::builder().no_proxy().build().unwrap()
}

async fn with_function(cloud: Cloud) -> Cloud {
    let template = json!({ "Transform": "AWS::Serverless-2016-10-31", "Resources": { "Echo": {
        "Type": "AWS::Serverless::Function",
        "Properties": {
            "FunctionName": "echo", "Runtime": "python3.12", "Handler": "index.handler", "InlineCode": CODE,
            "FunctionUrlConfig": { "AuthType": "NONE" },
        },
    } } });
    deploy_template(&cloud, "app", &template).await.unwrap();
    cloud
}

/// What the function hears of a body of this type.
async fn heard(cloud: &Cloud, kind: &str, body: &'static [u8]) -> Value {
    let request = http().post(url_of(cloud, "echo").await).header("content-type", kind).body(body);
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 202);
    answer.json().await.unwrap()
}

#[tokio::test]
async fn without_the_patch_what_is_no_utf_8_arrives_changed() {
    let cloud = with_function(cloud_without("function_urls").await).await;
    let event = heard(&cloud, "application/json", LATIN).await;
    assert_eq!((&event["isBase64Encoded"], &event["body"]), (&json!(false), &json!("{\"name\": \"Ren\u{fffd}\"}")));
}

#[tokio::test]
async fn every_body_arrives_as_it_was_sent() {
    let cloud = with_function(cloud().await).await;
    let form = "application/x-www-form-urlencoded";
    for (kind, body, is_encoded) in [
        ("application/json", "{\"name\": \"René\"}".as_bytes(), false),
        ("application/json; charset=utf-8", b" {} \r\n", false),
        ("application/json", LATIN, true),
        ("text/plain", LATIN, true),
        (form, b"payload=%7B%7D", true),
    ] {
        let event = heard(&cloud, kind, body).await;
        let text = event["body"].as_str().unwrap();
        let arrived = if is_encoded { STANDARD.decode(text).unwrap() } else { text.as_bytes().to_owned() };
        assert_eq!((&event["isBase64Encoded"], arrived), (&json!(is_encoded), body.to_owned()), "{kind}");
        assert_eq!((&event["version"], &event["headers"]["content-type"]), (&json!("2.0"), &json!(kind)));
    }
}
