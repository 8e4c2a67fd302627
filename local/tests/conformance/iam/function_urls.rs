use serde_json::{Value, json};

use super::service_world::{World, function, silent};
use crate::function_urls::{get, url_of};

const CODE: &str = "
def handler(event, context):
    return {'statusCode': 202, 'body': 'here'}
";

fn permission(function: &str, action: &str, more: Value) -> Value {
    let mut properties = json!({ "FunctionName": { "Ref": function }, "Action": action, "Principal": "*" });
    if let Value::Object(more) = more {
        properties.as_object_mut().unwrap().extend(more);
    }
    json!({ "Type": "AWS::Lambda::Permission", "Properties": properties })
}

fn by_url(function: &str) -> Value {
    permission(function, "lambda:InvokeFunctionUrl", json!({ "FunctionUrlAuthType": "NONE" }))
}

fn by_any_url(function: &str) -> Value {
    permission(function, "lambda:InvokeFunction", json!({ "InvokedViaFunctionUrl": true }))
}

fn url(function: &str) -> Value {
    json!({ "Type": "AWS::Lambda::Url", "Properties": {
        "TargetFunctionArn": { "Fn::GetAtt": [function, "Arn"] }, "AuthType": "NONE",
    } })
}

/// What the URLs of three functions answer: one with no permission but to call it by its URL, one with no permission but to
/// be called through one, and one with both.
async fn answers(world: &World) -> Vec<(u16, String)> {
    let made = |name: &str| function(name, "Silent", CODE, &json!({}));
    world
        .deploy(
            "urls",
            json!({
                "Silent": silent(), "Half": made("half"), "Other": made("other"), "Whole": made("whole"),
                "HalfUrl": url("Half"), "OtherUrl": url("Other"), "WholeUrl": url("Whole"),
                "HalfOne": by_url("Half"), "OtherTwo": by_any_url("Other"),
                "WholeOne": by_url("Whole"), "WholeTwo": by_any_url("Whole"),
            }),
        )
        .await;
    let mut answers = Vec::new();
    for name in ["half", "other", "whole"] {
        answers.push(get(&url_of(&world.cloud, name).await).await);
    }
    answers
}

pub(super) async fn every_function_is_reached(world: &World) {
    assert_eq!(answers(world).await, vec![(202, "here".to_owned()); 3]);
}

#[tokio::test]
async fn a_url_reaches_its_function_by_both_permissions() {
    let forbidden = (403, r#"{"Message":"Forbidden"}"#.to_owned());
    let world = World::start(&[]).await;
    assert_eq!(answers(&world).await, [forbidden.clone(), forbidden, (202, "here".to_owned())]);
}
