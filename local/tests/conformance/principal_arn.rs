use aws_sdk_s3::Client;
use aws_sdk_s3::config::Builder;
use flowgate::cloud::authority::{Iam, Role};
use flowgate::cloud::{Cloud, Options};
use serde_json::{Value, json};

use crate::world::{deploy_template, options};

/// Two roles that may write anywhere, and a bucket that refuses whoever is not the first.
fn template() -> Value {
    let role = json!({"Type": "AWS::IAM::Role", "Properties": {
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "codebuild.amazonaws.com"}, "Action": "sts:AssumeRole"}]},
        "Policies": [{"PolicyName": "Write", "PolicyDocument": {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"}]}}]}});
    let only_writer = json!({"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject",
        "Resource": "arn:aws:s3:::releases/*",
        "Condition": {"ArnNotEquals": {"aws:PrincipalArn": {"Fn::GetAtt": ["Writer", "Arn"]}}}});
    json!({
        "Resources": {
            "Writer": role, "Other": role,
            "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "releases"}},
            "BucketPolicy": {"Type": "AWS::S3::BucketPolicy", "Properties": {
                "Bucket": {"Ref": "Bucket"},
                "PolicyDocument": {"Version": "2012-10-17", "Statement": [only_writer]}}}},
        "Outputs": {
            "Writer": {"Value": {"Fn::GetAtt": ["Writer", "Arn"]}},
            "Other": {"Value": {"Fn::GetAtt": ["Other", "Arn"]}}}})
}

/// Which of both roles may write.
async fn writers(without: &[&str]) -> [bool; 2] {
    let without_patches = without.iter().map(|&patch| patch.to_owned()).collect();
    let cloud = Cloud::start(&Options { iam: Iam::Enforce, without_patches, ..options() }).await.unwrap();
    let outputs = deploy_template(&cloud, "releases", &template()).await.unwrap().outputs;
    [writes(&cloud, &outputs["Writer"]).await, writes(&cloud, &outputs["Other"]).await]
}

async fn writes(cloud: &Cloud, role: &str) -> bool {
    let source = "arn:aws:codebuild:us-east-1:000000000000:project/build";
    let role = Role { arn: role, service: "codebuild.amazonaws.com", source, session: "build-1", policy: None };
    let session = cloud.authority().assume(&role).await.unwrap();
    let s3 = Client::from_conf(Builder::from(&session.sdk).force_path_style(true).build());
    match s3.put_object().bucket("releases").key("package").send().await {
        Ok(_) => true,
        Err(error) => {
            assert_eq!(error.into_service_error().meta().code(), Some("AccessDenied"));
            false
        }
    }
}

#[tokio::test]
async fn without_the_patch_a_policy_cannot_name_who_works_as_a_role() {
    assert_eq!(writers(&["principal_arn"]).await, [false, false]);
}

#[tokio::test]
async fn who_works_as_a_role_is_known_by_the_role() {
    assert_eq!(writers(&[]).await, [true, false]);
}
