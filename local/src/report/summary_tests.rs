use serde_json::{Value, json};

use super::*;

const AT: &str = "2026-01-02T03:04:05Z";

fn execution(status: &str, stages: &Value) -> Execution {
    let execution = json!({
        "id": "e",
        "number": 1,
        "mode": "SUPERSEDED",
        "attempt": 0,
        "pipelineVersion": 1,
        "executionType": "STANDARD",
        "trigger": {"triggerType": "CloudWatchEvent", "triggerDetail": "rule"},
        "variables": {},
        "sourceRevisions": [],
        "status": status,
        "position": "Ended",
        "started": AT,
        "updated": AT,
        "stages": stages,
    });
    serde_json::from_value(execution).unwrap()
}

fn stage(status: &str, condition: &Value) -> Value {
    json!({
        "name": "Prod",
        "status": status,
        "started": AT,
        "updated": AT,
        "actions": [],
        "conditions": [condition],
        "attempts": {
            "automatic": 0, "manual": 0, "last": null, "actions": 0, "conditions": 0, "failures": [0, 0],
        },
    })
}

fn condition(result: &str, status: &str, words: &str) -> Value {
    let rule_type = json!({"category": "Rule", "owner": "AWS", "provider": "DeploymentWindow", "version": "1"});
    let rule = json!({
        "id": "r", "name": "Window", "typeId": rule_type, "status": status, "started": AT, "updated": AT,
        "summary": words, "resolvedConfiguration": {},
    });
    json!({
        "kind": "BEFORE_ENTRY", "result": result, "status": status, "started": AT, "updated": AT, "rules": [rule],
    })
}

fn summary(execution: &Execution) -> Summary {
    summarise("shop", execution, &BTreeMap::new(), Vec::new())
}

#[track_caller]
fn ends_with(execution: &Execution, expected: &str) {
    let text = summary(execution).to_string();
    assert!(text.ends_with(expected), "{text}");
}

#[test]
fn a_condition_that_fails_a_stage_is_what_failed() {
    let failed = execution("Failed", &json!([stage("Failed", &condition("FAIL", "Failed", "closed until Monday"))]));
    let why = summary(&failed).failed.unwrap();
    let expected = json!({"stage": "Prod", "rule": "Window", "message": "closed until Monday"});
    assert_eq!(json!(why), expected);
    ends_with(&failed, "Prod FAILED in rule Window: closed until Monday\n");
}

#[test]
fn a_condition_that_skips_a_stage_is_told_and_is_no_failure() {
    let skipped = execution("Succeeded", &json!([stage("Skipped", &condition("SKIP", "Failed", "closed"))]));
    assert!(summary(&skipped).failed.is_none());
    ends_with(&skipped, "\nProd before entry Failed: closed\n");
}

#[test]
fn a_condition_that_held_is_in_the_json_alone() {
    let held = execution("Succeeded", &json!([stage("Succeeded", &condition("FAIL", "Succeeded", "open"))]));
    assert!(!summary(&held).to_string().contains("open"));
    let conditions = json!([{"kind": "beforeEntry", "status": "Succeeded", "rules": {"Window": "open"}}]);
    assert_eq!(json!(summary(&held))["stages"][0]["conditions"], conditions);
}

#[test]
fn an_execution_that_ended_before_its_end_says_why() {
    for (status, why) in [
        ("Superseded", "Superseded: a newer execution took its place\n"),
        ("Stopped", "Stopped: somebody stopped it\n"),
        ("Cancelled", "Cancelled: the pipeline was changed under it\n"),
    ] {
        ends_with(&execution(status, &json!([])), why);
    }
    assert_eq!(summary(&execution("Succeeded", &json!([]))).reason, None);
}

#[test]
fn a_stage_that_failed_although_people_answered_says_how_they_are_asked_again() {
    let remedy = |status: &str, answered: bool| {
        let mut ended = summary(&execution("Failed", &json!([stage(status, &condition("FAIL", "Succeeded", "open"))])));
        let (name, message) = ("Approve".to_owned(), None);
        let action =
            ActionSummary { name, status: ActionStatus::Succeeded, seconds: Duration::ZERO, message, answered };
        ended.stages[0].actions.push(action);
        ended.remedy()
    };
    let expected = "`flowgate retry shop --stage Prod --all` tries all of it again, and asks anew";
    assert_eq!(remedy("Failed", true).as_deref(), Some(expected));
    assert_eq!((remedy("Failed", false), remedy("Succeeded", true)), (None, None));
}
