use serde_json::{Value, json};

use crate::world::{cloud, cloud_without, deploy_template};

fn template() -> Value {
    json!({
        "Resources": {
            "Function": {
                "Type": "AWS::Lambda::Function",
                "Properties": {
                    "Runtime": "provided.al2023", "Handler": "bootstrap",
                    "Role": "arn:aws:iam::000000000000:role/r",
                    "Code": { "S3Bucket": "nowhere", "S3Key": "code.zip" },
                }
            }
        }
    })
}

#[tokio::test]
async fn without_the_patch_a_function_without_code_is_created() {
    let cloud = cloud_without("missing_code").await;
    assert_eq!(deploy_template(&cloud, "app", &template()).await.unwrap().status, "CREATE_COMPLETE");
}

#[tokio::test]
async fn a_function_without_code_fails_and_the_error_names_it() {
    let cloud = cloud().await;
    let error = deploy_template(&cloud, "app", &template()).await.unwrap_err().to_string();
    let expected = "stack app ended in ROLLBACK_COMPLETE: Function (AWS::Lambda::Function) CREATE_FAILED: Error occurred \
                    while GetObject. S3 Error Code: NoSuchKey.";
    assert!(error.starts_with(expected) && error.contains("s3://nowhere/code.zip"), "{error}");
}
