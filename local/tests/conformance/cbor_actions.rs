use aws_sdk_cloudwatch::Client;
use flowgate::cloud::authority::{Iam, Role};
use flowgate::cloud::{Cloud, Options};
use serde_json::json;

use crate::world::{deploy_template, options};

/// What a role without permissions is told when it asks for alarms.
async fn refusal(without: &[&str]) -> Option<String> {
    let without_patches = without.iter().map(|&patch| patch.to_owned()).collect();
    let cloud = Cloud::start(&Options { iam: Iam::Enforce, without_patches, ..options() }).await.unwrap();
    let role = json!({"Type": "AWS::IAM::Role", "Properties": {
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "codepipeline.amazonaws.com"}, "Action": "sts:AssumeRole"}]}}});
    let template =
        json!({"Resources": {"Role": role}, "Outputs": {"Role": {"Value": {"Fn::GetAtt": ["Role", "Arn"]}}}});
    let arn = deploy_template(&cloud, "alarms", &template).await.unwrap().outputs["Role"].clone();
    let source = "arn:aws:codepipeline:us-east-1:000000000000:release";
    let role = Role { arn: &arn, service: "codepipeline.amazonaws.com", source, session: "s", policy: None };
    let session = cloud.authority().assume(&role).await.unwrap();
    let answer = Client::new(&session.sdk).describe_alarms().send().await;
    answer.err().map(|error| error.into_service_error().to_string())
}

#[tokio::test]
async fn without_the_patch_cloudwatch_is_asked_of_by_anybody() {
    assert_eq!(refusal(&["cbor_actions"]).await, None);
}

#[tokio::test]
async fn cloudwatch_asks_who_may() {
    let refusal = refusal(&[]).await.unwrap();
    assert!(refusal.contains("AccessDenied"), "{refusal}");
}
