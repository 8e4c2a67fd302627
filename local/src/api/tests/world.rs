//! A pipeline and what happened to it: two executions passed, a third waits for an approval, a fourth waits for that one.

use serde_json::{Value, json};

use crate::pipeline::definition::Pipeline;
use crate::pipeline::engine::State;

pub(super) const TOKEN: &str = "00000000-0000-4000-8000-00000000abcd";

/// The id of the nth execution or run.
pub(super) fn id(n: u32) -> String {
    format!("00000000-0000-4000-8000-{n:012}")
}

pub(in crate::api) fn pipeline() -> Pipeline {
    let rule = json!({
        "name": "open", "configuration": {"Cron": "* * * ? * *"},
        "ruleTypeId": {"category": "Rule", "owner": "AWS", "provider": "DeploymentWindow", "version": "1"},
    });
    let declaration = json!({
        "name": "p", "roleArn": "arn:aws:iam::000000000000:role/r", "pipelineType": "V2", "version": 3,
        "artifactStore": {"type": "S3", "location": "artifacts"},
        "variables": [{"name": "Colour", "defaultValue": "red"}],
        "stages": [
            {"name": "Source", "actions": [{
                "name": "Fetch", "actionTypeId": type_id("Source", "CodeCommit"), "namespace": "SourceVariables",
                "configuration": {"RepositoryName": "app", "BranchName": "main"}, "outputArtifacts": [{"name": "Code"}],
            }]},
            {"name": "Approve", "actions": [{
                "name": "Ask", "actionTypeId": type_id("Approval", "Manual"),
                "configuration": {"CustomData": "#{SourceVariables.CommitId}"},
                "roleArn": "arn:aws:iam::000000000000:role/asks",
            }], "beforeEntry": {"conditions": [{"result": "FAIL", "rules": [rule]}]}},
        ],
    });
    Pipeline::from_declaration(&declaration).unwrap()
}

pub(super) fn state() -> State {
    let ended = |number: u32, status: &str, stages: &Value| execution(number, status, &json!("Ended"), stages);
    let approved = run(12, "Ask", "Succeeded", &json!({"summary": "fine", "updatedBy": "arn:approver"}));
    let rejected = run(
        22,
        "Ask",
        "Failed",
        &json!({
        "updatedBy": "arn:approver", "errorDetails": {"code": "JobFailed", "message": "x".repeat(5001)}}),
    );
    let again = run(23, "Ask", "Failed", &json!({"externalExecutionId": "", "percentComplete": 50}));
    let waits = run(32, "Ask", "InProgress", &json!({"approval": {"token": TOKEN, "expires": at(90)}}));
    let mut failed = ended(2, "Failed", &json!([source(21), stage(22, "Approve", "Failed", &[rejected, again])]));
    failed["statusSummary"] = json!("action \"Ask\" of stage \"Approve\" failed");
    let mut second = stage(32, "Approve", "InProgress", &[waits]);
    second["conditions"] = json!([condition("Succeeded", 33)]);
    let executions = [
        ended(1, "Succeeded", &json!([source(11), stage(12, "Approve", "Succeeded", &[approved])])),
        failed,
        execution(3, "InProgress", &json!({"In": 1}), &json!([source(31), second])),
        execution(4, "InProgress", &json!({"Waiting": 1}), &json!([source(41)])),
    ];
    serde_json::from_value(json!({ "executions": executions, "started": 4, "stages": {} })).unwrap()
}

/// The same with a rollback to the first execution, which ended after all others began.
pub(super) fn rolled_back() -> State {
    let approved = run(52, "Ask", "Succeeded", &json!({}));
    let mut rollback =
        execution(5, "Succeeded", &json!("Ended"), &json!([stage(52, "Approve", "Succeeded", &[approved])]));
    rollback["executionType"] = json!("ROLLBACK");
    rollback["rollbackTarget"] = json!(id(1));
    rollback["trigger"] = json!({"triggerType": "AutomatedRollback", "triggerDetail": "arn:condition"});
    let mut state = state();
    // Its stage was entered last, though the execution is older than the newest.
    state.executions.insert(2, serde_json::from_value(rollback).unwrap());
    state
}

fn type_id(category: &str, provider: &str) -> Value {
    json!({"category": category, "owner": "AWS", "provider": provider, "version": "1"})
}

/// So many seconds after the beginning.
fn at(second: u32) -> String {
    format!("2026-07-12T12:{:02}:{:02}.5Z", second / 60, second % 60)
}

fn execution(number: u32, status: &str, position: &Value, stages: &Value) -> Value {
    json!({
        "id": id(number), "number": number, "pipelineVersion": 3, "mode": "SUPERSEDED", "attempt": 1,
        "executionType": "STANDARD", "rollbackTarget": null, "ending": null, "stopReason": null,
        "trigger": {"triggerType": "StartPipelineExecution", "triggerDetail": "arn:author"},
        "variables": {"Colour": "red"}, "sourceRevisions": [], "status": status, "statusSummary": null,
        "position": position, "started": at(number * 10), "updated": at(number * 10 + 9), "stages": stages,
    })
}

fn stage(second: u32, name: &str, status: &str, actions: &[Value]) -> Value {
    json!({
        "name": name, "status": status, "started": at(second), "updated": at(second), "actions": actions, "conditions": [],
        "attempts": {"automatic": 0, "manual": 0, "last": null, "actions": 0, "conditions": 0, "failures": [0, 0]},
    })
}

fn source(number: u32) -> Value {
    let artifact = json!({
        "name": "Code", "location": {"bucket": "artifacts", "key": "p/Code/abc"}, "revision": format!("commit{number}"),
    });
    let fetched = json!({
        "summary": "Say hello", "revision": format!("commit{number}"), "externalExecutionId": format!("commit{number}"),
        "outputArtifacts": [artifact], "outputVariables": {"CommitId": format!("commit{number}")},
        "namespace": "SourceVariables", "resolvedConfiguration": {"RepositoryName": "app", "BranchName": "main"},
        "typeId": type_id("Source", "CodeCommit"),
    });
    stage(number, "Source", "Succeeded", &[run(number, "Fetch", "Succeeded", &fetched)])
}

fn run(number: u32, name: &str, status: &str, more: &Value) -> Value {
    let mut run = json!({
        "id": id(number), "name": name, "typeId": type_id("Approval", "Manual"), "namespace": null, "status": status,
        "started": at(number), "updated": at(number), "summary": null, "percentComplete": null,
        "externalExecutionId": null, "errorDetails": null, "resolvedConfiguration": {}, "inputArtifacts": [],
        "outputArtifacts": [], "outputVariables": {}, "revision": null, "approval": null, "updatedBy": null,
        "expires": null, "silent": null,
    });
    for (member, value) in more.as_object().unwrap() {
        run[member] = value.clone();
    }
    run
}

fn condition(status: &str, number: u32) -> Value {
    let rule = json!({
        "id": id(number), "name": "open", "status": status, "started": at(number), "updated": at(number),
        "typeId": {"category": "Rule", "owner": "AWS", "provider": "DeploymentWindow", "version": "1"},
        "summary": "the window is open", "externalExecutionId": null, "errorDetails": null,
        "resolvedConfiguration": {"Cron": "* * * ? * *"},
    });
    json!({
        "kind": "BEFORE_ENTRY", "result": "FAIL", "status": status, "summary": null,
        "started": at(number), "updated": at(number), "rules": [rule],
    })
}
