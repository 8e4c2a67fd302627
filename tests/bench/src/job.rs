//! The jobs that each action is measured with, and the service they are about.

use anyhow::{Result, bail};
use serde_json::{Value, json};
use uuid::Uuid;

pub(crate) const ACCOUNT: &str = "111122223333";
pub(crate) const REGION: &str = "eu-west-1";
/// How many tests the service has; each of them runs at the same time as the others.
pub(crate) const TESTS: usize = 8;

/// The templates of the service, as its build leaves them in an artifact.
pub(crate) const TEMPLATES: [(&str, &[u8]); 2] = [
    ("app-output_sam.yaml", include_bytes!("../../../examples/time_service/app-sam.yaml")),
    ("test-output_sam.yaml", include_bytes!("../../../examples/time_service/test-sam.yaml")),
];

/// One job for the action that the function of this name performs.
pub(crate) fn event(function: &str, job: Uuid) -> Result<Value> {
    let execution = Uuid::nil();
    let parameters = match function {
        "configure" => json!({
            "service": "time-service", "execution": execution, "revision": "4f3c2b1a",
            "stages": {"tests": "test-output_sam.yaml", "beta": "app-output_sam.yaml"},
        }),
        "start_tests" => json!({
            "app_stack": "time-service-beta", "test_stack": "time-service-tests", "stage": "beta",
            "execution": execution,
        }),
        _ => bail!("no job to measure it with; add one to tests/bench/src/job.rs"),
    };
    Ok(json!({"CodePipeline.job": {"id": job, "accountId": ACCOUNT, "data": {
        "actionConfiguration": {"configuration": {"FunctionName": function, "UserParameters": parameters.to_string()}},
        "inputArtifacts": [artifact("Packaged")],
        "outputArtifacts": [artifact("Configured")],
        "artifactCredentials": {"accessKeyId": "key", "secretAccessKey": "secret", "sessionToken": "token"},
    }}}))
}

fn artifact(name: &str) -> Value {
    let location = json!({"bucketName": "artifacts", "objectKey": format!("release/{name}/a1b2c3d")});
    json!({"name": name, "revision": null, "location": {"type": "S3", "s3Location": location}})
}
