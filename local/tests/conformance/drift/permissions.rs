use aws_sdk_cloudformation::types::StackDriftDetectionStatus;
use flowgate::cloud::authority::{Iam, Role};
use flowgate::cloud::{Cloud, Options};
use serde_json::{Value, json};

use super::world::{Detector, status};
use crate::world::{deploy_template, options};

const FUNCTION: &str = "arn:aws:lambda:us-east-1:000000000000:function:function";

/// A cloud that enforces permissions, with a stack and a role that may do what these statements say.
async fn start(without: &[&str], statements: &Value) -> (Cloud, Detector) {
    let without_patches = without.iter().map(|&patch| patch.to_owned()).collect();
    let cloud = Cloud::start(&Options { iam: Iam::Enforce, without_patches, ..options() }).await.unwrap();
    let trust = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Principal": { "Service": "lambda.amazonaws.com" }, "Action": "sts:AssumeRole" },
    ] });
    let policy = json!({ "Version": "2012-10-17", "Statement": statements });
    let template = json!({
        "Resources": {
            "Role": { "Type": "AWS::IAM::Role", "Properties": {
                "AssumeRolePolicyDocument": trust, "Policies": [{ "PolicyName": "only", "PolicyDocument": policy }],
            } },
            "Parameter": { "Type": "AWS::SSM::Parameter",
                "Properties": { "Name": "/parameter", "Type": "String", "Value": "1" } },
        },
        "Outputs": { "Role": { "Value": { "Fn::GetAtt": ["Role", "Arn"] } } },
    });
    let stack = deploy_template(&cloud, "app", &template).await.unwrap();
    let arn = &stack.outputs["Role"];
    let role = Role { arn, service: "lambda.amazonaws.com", source: FUNCTION, session: "gate", policy: None };
    let detector = Detector::of(&cloud.authority().assume(&role).await.unwrap().sdk);
    (cloud, detector)
}

fn allow(actions: &Value, resource: &str) -> Value {
    json!({ "Effect": "Allow", "Action": actions, "Resource": resource })
}

/// What CloudFormation itself takes, as it is documented.
fn to_detect() -> Vec<Value> {
    let stack = "arn:aws:cloudformation:us-east-1:000000000000:stack/app/*";
    let of_stack = ["DetectStackDrift", "DetectStackResourceDrift", "DescribeStackResourceDrifts"];
    let of_all = ["BatchDescribeTypeConfigurations", "DescribeStackDriftDetectionStatus"];
    let named =
        |actions: &[&str]| json!(actions.iter().map(|name| format!("cloudformation:{name}")).collect::<Vec<_>>());
    vec![allow(&named(&of_stack), stack), allow(&named(&of_all), "*")]
}

fn to_read_roles() -> Value {
    allow(
        &json!(["iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies"]),
        "arn:aws:iam::000000000000:role/app-*",
    )
}

#[tokio::test]
async fn without_the_patch_nobody_needs_to_read_what_is_looked_at() {
    let (_cloud, detector) = start(&["drift"], &json!(to_detect())).await;
    let found = detector.detect("app").await;
    assert_eq!(found.detection_status, Some(StackDriftDetectionStatus::DetectionComplete));
}

#[tokio::test]
async fn who_may_read_every_resource_may_look_at_the_stack() {
    let to_read = allow(&json!("ssm:GetParameters"), "arn:aws:ssm:us-east-1:000000000000:parameter/parameter");
    let statements = [to_detect(), vec![to_read_roles(), to_read]].concat();
    let (_cloud, detector) = start(&[], &json!(statements)).await;
    let found = detector.detect("app").await;
    assert_eq!(found.detection_status, Some(StackDriftDetectionStatus::DetectionComplete), "{found:?}");
}

#[tokio::test]
async fn what_may_not_be_read_fails_the_detection_and_the_rest_is_told() {
    let (_cloud, detector) = start(&[], &json!([to_detect(), vec![to_read_roles()]].concat())).await;
    let found = detector.detect("app").await;
    assert_eq!(found.detection_status, Some(StackDriftDetectionStatus::DetectionFailed));
    assert_eq!(found.drifted_stack_resource_count, None);
    let reason: Value = serde_json::from_str(found.detection_status_reason().unwrap()).unwrap();
    assert_eq!(reason["Summary"], "Failed to detect drift on resources [Parameter]");
    let why = reason["Failures"][0]["FailureReason"].as_str().unwrap();
    assert!(why.contains("ssm:GetParameters"), "{why}");
    let drifts = detector.drifts("app").await;
    let statuses: Vec<_> = drifts.iter().map(|drift| (drift.logical_resource_id().unwrap(), status(drift))).collect();
    assert_eq!(statuses, [("Parameter", "UNKNOWN"), ("Role", "IN_SYNC")]);
}

#[tokio::test]
async fn what_is_documented_for_the_stack_is_needed_too() {
    let [of_stack, of_all] = &to_detect()[..] else { panic!("two statements") };
    for (statements, missing) in [
        (json!([of_all]), "cloudformation:DetectStackDrift"),
        (json!([of_stack]), "cloudformation:BatchDescribeTypeConfigurations"),
    ] {
        let (_cloud, detector) = start(&[], &statements).await;
        let refusal = detector.begin("app").await.unwrap_err();
        assert!(refusal.contains(missing), "{refusal}");
    }
    let mut of_another = of_stack.clone();
    of_another["Resource"] = json!("arn:aws:cloudformation:us-east-1:000000000000:stack/other/*");
    let (_cloud, detector) = start(&[], &json!([of_another, of_all])).await;
    detector.begin("app").await.unwrap_err();
    detector.look("00000000-0000-0000-0000-000000000000").await.unwrap_err();
}
