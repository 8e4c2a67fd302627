//! Tests in another account and region, as a role of that account.

use aws_config::{Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_cloudformation::Client as CloudFormation;
use aws_sdk_cloudformation::types::Capability;
use aws_sdk_iam::Client as Iam;
use flowgate::cloud::client::ACCOUNT;
use flowgate::cloud::stacks::{self, Deployment, Template};
use serde_json::{Value, json};

use super::left_behind::Records;
use crate::up::Up;

const ELSEWHERE: &str = "222222222222";
const REGION: &str = "eu-west-1";
const ROLE: &str = "arn:aws:iam::222222222222:role/shop-tests-runner";

/// It passes only there.
const TEST: &str = "def handler(event, context):\n    \
    place = context.invoked_function_arn.split(':')[3:5]\n    \
    return {'passed': place == ['eu-west-1', '222222222222'], 'message': f'ran in {place}'}\n";

#[tokio::test]
async fn only_a_role_that_a_parameter_names_is_assumed() {
    let up = Up::new().await;
    let service = up.service("plain", "shop");
    let commit = up.push(&service).await;
    up.until_asked("shop", &commit).await;
    deploy_elsewhere(&elsewhere(&up)).await;

    let records = Records::of("shop", &up.sdk()).await;
    let refused = verdict(&records, &records.run_tests(&parameters()).await).await;
    let message = refused["message"].as_str().unwrap_or_else(|| panic!("{refused}"));
    assert!(refused["kind"] == "PermissionError" && message.contains("sts:AssumeRole"), "{refused}");

    // A parameter changes the pipeline, which nothing may run through meanwhile.
    up.json("reject", &["shop"]).await;
    up.until_ended("shop", &commit).await;
    std::fs::write(service.join("again"), "1").unwrap();
    up.push_with(&service, &[&format!("TestRoleArns={ROLE}")]).await;
    let done = records.run_tests(&parameters()).await;
    let passed = verdict(&records, &done).await;
    assert_eq!((&passed["report"], &passed["summary"]), (&json!("succeed"), &json!("1 of 1 passed")), "{passed}");

    let left = records.leave_behind("run", &done, |key| key != "result#TestTeardown").await;
    records.repair().await;
    let (settled, _) = records.settled(&left).await;
    let message = settled["message"].as_str().unwrap_or_else(|| panic!("{settled}"));
    assert!(message.contains("TestTeardown was lost: ") && message.contains("; it was started again"), "{message}");
}

fn parameters() -> Value {
    json!({"app_stack": "shop-beta", "test_stack": "shop-tests", "stage": "beta", "role_arn": ROLE, "region": REGION})
}

/// For clients of that account and region.
fn elsewhere(up: &Up) -> SdkConfig {
    // The local cloud takes a key of twelve digits for root of that account.
    let root = Credentials::new(ELSEWHERE, ELSEWHERE, None, None, "the tests");
    let sdk = up.sdk().to_builder().region(Region::new(REGION));
    sdk.credentials_provider(SharedCredentialsProvider::new(root)).build()
}

async fn deploy_elsewhere(sdk: &SdkConfig) {
    let iam = Iam::new(sdk);
    let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
        "Principal": {"AWS": format!("arn:aws:iam::{ACCOUNT}:root")}, "Action": "sts:AssumeRole"}]});
    let role = iam.create_role().role_name("shop-tests-runner").assume_role_policy_document(trust.to_string());
    role.send().await.unwrap();
    let policy = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "cloudformation:DescribeStacks",
            "Resource": format!("arn:aws:cloudformation:{REGION}:{ELSEWHERE}:stack/shop-*")},
        {"Effect": "Allow", "Action": "lambda:InvokeFunction",
            "Resource": format!("arn:aws:lambda:{REGION}:{ELSEWHERE}:function:shop-tests-*")}]});
    let put = iam.put_role_policy().role_name("shop-tests-runner").policy_name("Run");
    put.policy_document(policy.to_string()).send().await.unwrap();

    let app = json!({"Resources": {"Nothing": {"Type": "AWS::CloudFormation::WaitConditionHandle"}},
        "Outputs": {"ApiUrl": {"Value": "https://service.invalid"}}});
    let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
        "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]});
    let function = json!({"Type": "AWS::Lambda::Function", "Properties": {"Runtime": "python3.12", "Timeout": 30,
        "Handler": "index.handler", "Role": {"Fn::GetAtt": ["Role", "Arn"]}, "Code": {"ZipFile": TEST}}});
    let tests = json!({
        "Resources": {
            "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": trust}},
            "Place": function,
        },
        "Outputs": {"TestFunctionPlace": {"Value": {"Ref": "Place"}}, "TestTeardown": {"Value": {"Ref": "Place"}}},
    });
    let client = CloudFormation::new(sdk);
    for (stack, template) in [("shop-beta", app), ("shop-tests", tests)] {
        let body = template.to_string();
        let (template, capabilities) = (Template::Body(&body), vec![Capability::CapabilityIam]);
        let deployment = Deployment { stack, template, capabilities, ..Deployment::default() };
        stacks::deploy(&client, &deployment).await.unwrap();
    }
}

async fn verdict(records: &Records, job: &str) -> Value {
    let (verdict, _) = records.verdict(job).await.unwrap_or_else(|| panic!("{job} has no verdict"));
    verdict
}
