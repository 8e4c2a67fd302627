use serde_json::json;

use flowgate::cloud::stacks::package;

use crate::codepipeline::{Call, Runner};
use crate::world::{cloud, deploy_template, invoke};

const TEST: &str = r#"
import boto3
def handler(event, context):
    boto3.client("codepipeline").put_job_success_result(jobId=event["job_id"])
"#;

const TEMPLATE: &str = "
Transform: AWS::Serverless-2016-10-31
Resources:
  TestFunction:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: settles
      Runtime: python3.12
      Handler: index.handler
      CodeUri: code
";

#[tokio::test]
async fn a_packaged_python_test_settles_its_job() {
    let runner = Runner::default();
    let cloud = runner.cloud().await;
    let s3 = aws_sdk_s3::Client::new(&cloud.sdk_config());
    s3.create_bucket().bucket("packages").send().await.unwrap();

    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("code")).unwrap();
    std::fs::write(dir.path().join("code/index.py"), TEST).unwrap();
    std::fs::write(dir.path().join("template.yaml"), TEMPLATE).unwrap();
    let out = dir.path().join("packaged.yaml");
    package(&cloud, &dir.path().join("template.yaml"), "packages", &out).await.unwrap();

    let packaged = std::fs::read_to_string(&out).unwrap();
    assert!(packaged.contains("s3://packages/"), "{packaged}");
    crate::world::deploy_text(&cloud, "tests", &packaged).await.unwrap();
    assert_eq!(invoke(&cloud, "settles", &json!({ "job_id": "42" })).await, Ok(json!(null)));
    let expected = Call {
        operation: "PutJobSuccessResult".into(),
        request: json!({ "jobId": "42" }),
        access_key: "000000000000".into(),
        trigger: None,
    };
    assert_eq!(runner.take_calls(), [expected]);
}

#[tokio::test]
async fn a_template_that_cannot_be_packaged_is_named_with_the_reason() {
    let cloud = cloud().await;
    let dir = tempfile::tempdir().unwrap();
    let template = dir.path().join("template.yaml");
    std::fs::write(&template, "Resources: [").unwrap();
    let error = package(&cloud, &template, "packages", &dir.path().join("out")).await.unwrap_err().to_string();
    assert!(error.starts_with(&format!("packaging {} failed: ", template.display())), "{error}");
    assert!(error.len() > template.display().to_string().len() + 30, "the reason is told: {error}");
}

#[tokio::test]
async fn a_second_deployment_without_changes_succeeds() {
    let cloud = cloud().await;
    let template = json!({ "Resources": { "T": { "Type": "AWS::SNS::Topic" } } });
    let first = deploy_template(&cloud, "app", &template).await.unwrap();
    let second = deploy_template(&cloud, "app", &template).await.unwrap();
    assert_eq!((second.id, second.status.as_str()), (first.id, "CREATE_COMPLETE"));
}
