use serde_json::{Value, json};

use crate::codepipeline::{Call, Runner};
use crate::world::{cloud_without, deploy_template, invoke};

const REQUIRE: &str = r#"
const { CodePipelineClient, PutJobSuccessResultCommand } = require("@aws-sdk/client-codepipeline");
const client = new CodePipelineClient({});
exports.handler = async (event) => client.send(new PutJobSuccessResultCommand({ jobId: event.job_id }));
"#;

const IMPORT: &str = r#"
exports.handler = async (event) => {
  const { CodePipeline } = await import("@aws-sdk/client-codepipeline");
  return new CodePipeline({}).putJobFailureResult({ jobId: event.job_id });
};
"#;

fn template() -> Value {
    let function = |name: &str, code: &str| {
        json!({ "Type": "AWS::Lambda::Function", "Properties": {
            "FunctionName": name, "Runtime": "nodejs22.x", "Handler": "index.handler", "Timeout": 20,
            "Role": "arn:aws:iam::000000000000:role/r", "Code": { "ZipFile": code },
        } })
    };
    json!({ "Resources": { "Require": function("require", REQUIRE), "Import": function("import", IMPORT) } })
}

/// Node functions need a node on the PATH, which not every machine has that builds services in other languages.
fn node_is_missing() -> bool {
    let missing = std::process::Command::new("node").arg("--version").output().is_err();
    if missing {
        eprintln!("not tested: there is no node on the PATH");
    }
    missing
}

#[tokio::test]
async fn without_the_patch_a_node_function_has_no_codepipeline_client() {
    if node_is_missing() {
        return;
    }
    let cloud = cloud_without("node_sdk").await;
    deploy_template(&cloud, "app", &template()).await.unwrap();
    for function in ["require", "import"] {
        let error = invoke(&cloud, function, &json!({ "job_id": "1" })).await.unwrap_err().to_string();
        assert!(error.contains("@aws-sdk/client-codepipeline"), "{error}");
    }
}

#[tokio::test]
async fn a_node_function_settles_its_job() {
    if node_is_missing() {
        return;
    }
    let runner = Runner::default();
    let cloud = runner.cloud().await;
    deploy_template(&cloud, "app", &template()).await.unwrap();
    for (function, operation) in [("require", "PutJobSuccessResult"), ("import", "PutJobFailureResult")] {
        invoke(&cloud, function, &json!({ "job_id": "1" })).await.unwrap();
        let expected = Call {
            operation: operation.into(),
            request: json!({ "jobId": "1" }),
            access_key: "000000000000".into(),
            trigger: None,
        };
        assert_eq!(runner.take_calls(), [expected]);
    }
}
