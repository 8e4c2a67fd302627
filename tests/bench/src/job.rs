//! The events that each function is measured with, and the service they are about.

use anyhow::{Result, bail};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::webhook;

pub(crate) const ACCOUNT: &str = "111122223333";
pub(crate) const REGION: &str = "eu-west-1";
/// How many tests the service has; each of them runs at the same time as the others.
pub(crate) const TESTS: usize = 8;
/// The stack of so many tests has their number behind this.
const TEST_STACK: &str = "time-service-tests-";

/// The templates of the service, as its build leaves them in an artifact.
pub(crate) const TEMPLATES: [(&str, &[u8]); 3] = [
    ("packaged.yaml", b"Resources: {App: {Properties: {CodeUri: s3://packages/app.zip}}}"),
    ("app-output_sam.yaml", include_bytes!("../../../examples/time_service/app-sam.yaml")),
    ("test-output_sam.yaml", include_bytes!("../../../examples/time_service/test-sam.yaml")),
];

/// Who approves, and who wrote what is released.
pub(crate) const APPROVER: &str = "arn:aws:iam::111122223333:user/approver";
/// A job that an earlier delivery has settled.
pub(crate) const REPEATED: &str = "55555555-abcd-1111-abcd-111111abcdef";
const COMMIT: &str = "4f3c2b1a4f3c2b1a4f3c2b1a4f3c2b1a4f3c2b1a";

/// What shows that the function of this name did its work: the operation that it calls last, once for each event.
pub(crate) fn proof(function: &str) -> &'static str {
    match function {
        "preview" | "record" => "PutItem",
        "sweep" => "DeleteStack",
        _ => "PutJobSuccessResult",
    }
}

/// One event for the function of this name; `id` is the job's, or the execution's that the event is about.
pub(crate) fn event(function: &str, id: Uuid) -> Result<Value> {
    match function {
        "preview" => return Ok(webhook::event(id)),
        "record" => return Ok(built(id)),
        "sweep" => return Ok(json!({"mode": "apply"})),
        _ => {}
    }
    let artifacts = (vec![artifact("Packaged")], vec![artifact("Configured")]);
    Ok(wrapped(function, id, &parameters(function)?, artifacts))
}

/// A job for `start_tests`, of so many tests and without artifacts.
pub(crate) fn tests(id: Uuid, count: usize) -> Value {
    wrapped("start_tests", id, &test_parameters(count), (vec![], vec![]))
}

/// The job of [`REPEATED`].
pub(crate) fn repeated() -> Value {
    let mut event = tests(Uuid::nil(), TESTS);
    event["CodePipeline.job"]["id"] = json!(REPEATED);
    event
}

/// The verdict that stands for it, and was sent: to know that is all that there is to do.
pub(crate) fn standing() -> Value {
    let body = json!({"report": "succeed", "summary": "8 of 8 passed", "outputs": {}});
    json!({"Item": {
        "pk": {"S": format!("verdict#{REPEATED}")}, "sk": {"S": "verdict"}, "v": {"N": "1"},
        "body": {"S": body.to_string()}, "answer": {"S": "accepted"},
    }})
}

/// How many tests the stack of this name has.
pub(crate) fn tests_in(stack: &str) -> usize {
    stack.strip_prefix(TEST_STACK).and_then(|count| count.parse().ok()).unwrap_or(0)
}

fn wrapped(function: &str, id: Uuid, parameters: &Value, (inputs, outputs): (Vec<Value>, Vec<Value>)) -> Value {
    json!({"CodePipeline.job": {"id": id, "accountId": ACCOUNT, "data": {
        "actionConfiguration": {"configuration": {
            "FunctionName": function, "UserParameters": parameters.to_string(),
        }},
        "inputArtifacts": inputs,
        "outputArtifacts": outputs,
        "artifactCredentials": {"accessKeyId": "key", "secretAccessKey": "secret", "sessionToken": "token"},
    }}})
}

fn test_parameters(tests: usize) -> Value {
    json!({
        "app_stack": "time-service-beta", "test_stack": format!("{TEST_STACK}{tests}"), "stage": "beta",
        "execution": Uuid::nil(),
    })
}

fn parameters(function: &str) -> Result<Value> {
    let execution = Uuid::nil();
    Ok(match function {
        "configure" => json!({
            "service": "time-service", "execution": execution, "revision": COMMIT,
            "stages": {"tests": "test-output_sam.yaml", "beta": "app-output_sam.yaml"},
        }),
        "gate" => json!({
            "pipeline": "time-service", "execution": execution, "approvals": ["Approve"],
            "rules": {"approved": {"count": 1}}, "people": "/flowgate/time-service/people", "revision": COMMIT,
            "author": "author@example.com",
        }),
        "lease" => json!({
            "operation": "claim", "stack": "time-service-pr-1", "holder": execution, "ttl": 3600,
            "source": "pull request 1",
        }),
        "start_tests" => test_parameters(TESTS),
        _ => bail!("no event to measure it with; add one to tests/bench/src/job.rs"),
    })
}

fn built(execution: Uuid) -> Value {
    json!({
        "source": "aws.codepipeline", "detail-type": "CodePipeline Action Execution State Change",
        "detail": {
            "pipeline": "time-service", "execution-id": execution, "stage": "Build", "action": "Build",
            "state": "SUCCEEDED", "type": {"category": "Build"},
            "output-artifacts": [{"name": "Build", "s3location": {"bucket": "artifacts", "key": "release/Build/a1b2c3d"}}],
        },
    })
}

/// The execution that the gate asks about.
pub(crate) fn execution() -> Value {
    json!({"pipelineExecution": {
        "pipelineExecutionId": Uuid::nil(), "artifactRevisions": [{"name": "Source", "revisionId": COMMIT}],
    }})
}

/// The approval that it finds.
pub(crate) fn approvals() -> Value {
    let kind = json!({"category": "Approval", "owner": "AWS", "provider": "Manual", "version": "1"});
    json!({"actionExecutionDetails": [{
        "pipelineExecutionId": Uuid::nil(), "actionExecutionId": "run", "stageName": "Approve", "actionName": "Approve",
        "status": "Succeeded", "updatedBy": APPROVER, "startTime": 1_795_000_000, "lastUpdateTime": 1_795_000_060,
        "input": {"actionTypeId": kind},
    }]})
}

fn artifact(name: &str) -> Value {
    let location = json!({"bucketName": "artifacts", "objectKey": format!("release/{name}/a1b2c3d")});
    json!({"name": name, "revision": null, "location": {"type": "S3", "s3Location": location}})
}

#[cfg(test)]
mod unit_tests {
    use super::*;

    #[test]
    fn a_stack_has_the_tests_that_its_name_says() {
        assert_eq!((tests_in("time-service-tests-100"), tests_in("time-service-beta")), (100, 0));
        assert!(tests(Uuid::nil(), 100).to_string().contains("time-service-tests-100"));
    }
}
