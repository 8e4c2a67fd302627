//! A release that may go out: built, tested, and approved by somebody who did not make it.

use std::io::{Cursor, Write as _};

use flowgate::cloud::client::{ACCOUNT, REGION};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::gate::answer::Answer;
use crate::gate::desk::Desk;

pub(super) const EXECUTION: &str = "22222222-abcd-2222-abcd-222222abcdef";
pub(super) const TARGET: &str = "33333333-abcd-3333-abcd-333333abcdef";
pub(super) const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
pub(super) const EXECUTIONS: &str = "codepipeline:GetPipelineExecution";
const BUCKET: &str = "shop-artifacts";
const KEY: &str = "shop/Build/a1";

/// The ARN of a user.
pub(super) fn user(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:user/{name}")
}

/// Who is who: three users, and roles.
pub(super) fn people() -> Value {
    let role = |path: &str| format!("arn:aws:iam::{ACCOUNT}:role/{path}");
    json!({
        user("author"): "author@example.com", user("approver"): "approver@example.com",
        user("reviewer"): "reviewer@example.com", "github:author": "author@example.com",
        "github:approver": "approver@example.com", "github:reviewer": "reviewer@example.com",
        role("people/Author"): "Author@Example.com", role("team/Everybody"): "sso",
    })
}

pub(super) fn execution() -> Value {
    json!({"pipelineExecution": {
        "pipelineName": "shop", "pipelineExecutionId": EXECUTION, "status": "InProgress", "executionType": "STANDARD",
        "artifactRevisions": [{"name": "Source", "revisionId": COMMIT}],
        "trigger": {"triggerType": "CloudWatchEvent", "triggerDetail": format!("arn:aws:events:{REGION}:{ACCOUNT}:rule/start")},
    }})
}

/// The execution, changed there.
pub(super) fn execution_with(desk: &Desk, member: &str, value: Value) {
    let mut told = execution();
    told["pipelineExecution"][member] = value;
    desk.json(EXECUTIONS, &told);
}

/// A run of an action of the execution, the `n`th.
pub(super) fn run(n: u32, stage: &str, action: &str, category: &str, more: &Value) -> Value {
    let now = jiff::Timestamp::now().as_second();
    let mut run = json!({
        "pipelineExecutionId": EXECUTION, "actionExecutionId": format!("run-{n}"), "stageName": stage,
        "actionName": action, "status": "Succeeded", "startTime": now - 100 + i64::from(n), "lastUpdateTime": now,
        "input": {"actionTypeId": {"category": category, "owner": "AWS", "provider": "P", "version": "1"}},
    });
    run.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
    run
}

/// What ran, with the approval as it is told.
pub(super) fn runs(approval: &Value) -> Value {
    json!({"actionExecutionDetails": [
        run(3, "Approve", "Approve", "Approval", approval),
        run(2, "Gamma", "Test", "Invoke", &json!({})),
        run(1, "Beta", "Test", "Invoke", &json!({})),
    ]})
}

pub(super) fn approved_by(who: &str) -> Value {
    runs(&json!({ "updatedBy": who }))
}

/// The artifact that was built.
pub(super) fn built() -> Vec<u8> {
    zip("Resources: {}\n")
}

pub(super) fn zip(template: &str) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("app.yaml", SimpleFileOptions::default()).unwrap();
    zip.write_all(template.as_bytes()).unwrap();
    zip.finish().unwrap().into_inner()
}

/// The digest of an artifact whose templates name no objects, as DESIGN.md has it: computed here once more.
pub(super) fn digest(zip: &[u8]) -> String {
    let hexadecimal = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let artifact = hexadecimal(&Sha256::digest(zip));
    hexadecimal(&Sha256::digest(json!({"artifact": artifact, "objects": []}).to_string()))
}

/// Tells all of it, but the repository's own part.
pub(super) fn tell(desk: &Desk) {
    desk.json(EXECUTIONS, &execution());
    desk.json("codepipeline:ListActionExecutions", &approved_by(&user("approver")));
    // Nothing was released before.
    desk.json("codepipeline:ListPipelineExecutions", &json!({"pipelineExecutionSummaries": []}));
    desk.json("codepipeline:PutJobSuccessResult", &json!({}));
    desk.json("codepipeline:PutJobFailureResult", &json!({}));
    know(desk, &people());
    desk.tell("ssm:GetParameterHistory", Answer::refused("ParameterNotFound"));
    desk.tell("s3:GetObject", Answer::new(200, built()));
    desk.record(&format!("digest#{EXECUTION}"), &format!("digest#{BUCKET}/{KEY}"), &json!(digest(&built())));
}

/// Tells who is who.
pub(super) fn know(desk: &Desk, people: &Value) {
    let parameter =
        json!({"Name": "/flowgate/shop/people", "Type": "String", "Version": 1, "Value": people.to_string()});
    desk.json("ssm:GetParameter", &json!({ "Parameter": parameter }));
}

/// The artifact, as a job names it.
pub(super) fn artifact() -> Value {
    let location = json!({"type": "S3", "s3Location": {"bucketName": BUCKET, "objectKey": KEY}});
    json!({"name": "Build", "revision": null, "location": location})
}
