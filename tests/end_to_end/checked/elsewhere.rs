//! Tests in another account and region, as a role of that account.

use aws_config::{Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_cloudformation::Client as CloudFormation;
use aws_sdk_cloudformation::types::Capability;
use aws_sdk_codepipeline::types::{ActionExecutionDetail, ActionExecutionFilter, ActionExecutionStatus};
use aws_sdk_iam::Client as Iam;
use flowgate::cloud::client::ACCOUNT;
use flowgate::cloud::stacks::{self, Deployment, Template};
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use super::Tested;
use super::left_behind::Records;
use crate::up::{PATIENCE, POLL, Up};

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

    name_role(&up).await;
    let refused = tested(&up, &start(&up).await).await;
    assert_eq!((&*refused.status, refused.code.as_deref()), ("Failed", Some("PermissionError")), "{refused:?}");
    assert!(refused.summary.contains("sts:AssumeRole"), "{refused:?}");

    std::fs::write(service.join("again"), "1").unwrap();
    let commit = up.push_with(&service, &[&format!("TestRoleArns={ROLE}")]).await;
    name_role(&up).await;
    let passed = tested(&up, &start(&up).await).await;
    assert_eq!((&*passed.status, &*passed.summary), ("Succeeded", "1 of 1 passed"), "{commit}: {passed:?}");

    let records = Records::of("shop", &up.sdk()).await;
    let done = records.run_tests(&parameters()).await;
    let left = records.leave_behind("run", &done, |key| key != "result#TestTeardown").await;
    let report = records.repair().await;
    let (verdict, _) = records.verdict(&left).await.unwrap_or_else(|| panic!("{report}"));
    let message = verdict["message"].as_str().unwrap_or_else(|| panic!("{verdict}"));
    assert!(message.contains("TestTeardown was lost: it never answered, and was started again"), "{message}");
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

/// Has the tests of Beta run there.
async fn name_role(up: &Up) {
    let pipelines = up.pipelines();
    let mut pipeline = pipelines.get_pipeline().name("shop").send().await.unwrap().pipeline.unwrap();
    let beta = pipeline.stages.iter_mut().find(|stage| stage.name == "Beta").unwrap();
    let test = beta.actions.iter_mut().find(|action| action.name == "Test").unwrap();
    let configuration = test.configuration.as_mut().unwrap();
    configuration.insert("UserParameters".to_owned(), parameters().to_string());
    pipelines.update_pipeline().pipeline(pipeline).send().await.unwrap();
}

async fn start(up: &Up) -> String {
    let started = up.pipelines().start_pipeline_execution().name("shop").send().await.unwrap();
    started.pipeline_execution_id.unwrap()
}

/// How the tests of Beta ended in an execution.
async fn tested(up: &Up, execution: &str) -> Tested {
    let look = async {
        loop {
            let filter = ActionExecutionFilter::builder().pipeline_execution_id(execution).build();
            let list =
                up.pipelines().list_action_executions().pipeline_name("shop").filter(filter).send().await.unwrap();
            let is_test = |action: &&ActionExecutionDetail| {
                let place = (action.stage_name(), action.action_name());
                place == (Some("Beta"), Some("Test")) && action.status() != Some(&ActionExecutionStatus::InProgress)
            };
            if let Some(test) = list.action_execution_details().iter().find(is_test) {
                return Tested::of(test);
            }
            sleep(POLL).await;
        }
    };
    timeout(PATIENCE, look).await.expect("Beta is tested")
}
