//! Releases against `flowgate up`: who approves what, and what comes of it.

use std::fs;
use std::path::Path;

use aws_sdk_codepipeline::error::ProvideErrorMetadata as _;
use aws_sdk_codepipeline::types::{ActionExecutionFilter, ApprovalResult, ApprovalStatus, StageState};
use serde_json::Value;

use crate::up::{Up, stage};

/// Waits for the question, and lets somebody answer it.
async fn answer(up: &Up, commit: &str, command: &str, args: &[&str]) -> Value {
    up.until_asked("plain", commit).await;
    let answered = up.json(command, &[&["plain"], args].concat()).await.remove(0);
    assert_eq!(answered["commit"], commit, "what is approved is named: {answered}");
    up.until_ended("plain", commit).await
}

fn said(execution: &Value, action: &str) -> String {
    let said = execution["said"].as_array().unwrap().iter().find(|said| said["action"] == action);
    said.and_then(|said| said["text"].as_str()).unwrap_or_else(|| panic!("{execution}")).to_owned()
}

/// One cloud for three releases: the author alone, a rejection, and somebody else.
#[tokio::test]
async fn only_what_somebody_else_approved_reaches_prod() {
    let up = Up::new().await;
    let service = up.service("plain", "plain");

    let commit = up.push(&service).await;
    let denied = answer(&up, &commit, "approve", &["--as", "author", "--comment", "mine"]).await;
    assert_eq!(denied["status"], "Failed", "{denied}");
    let why = said(&denied, "Gate");
    assert!(why.contains("author@example.com approved") && why.contains("pushed this commit"), "{why}");
    assert_eq!(said(&denied, "Approve"), "mine");
    assert!(!up.stacks().await.contains("plain-prod"), "the author alone releases nothing");

    fs::write(service.join("again"), "1").unwrap();
    let commit = up.push(&service).await;
    let rejected = answer(&up, &commit, "reject", &["--comment", "not on a Friday"]).await;
    assert_eq!(rejected["status"], "Failed", "{rejected}");
    assert!(said(&rejected, "Approve").contains("not on a Friday"), "{rejected}");
    assert!(!up.stacks().await.contains("plain-prod"), "what was rejected is not released");

    fs::write(service.join("again"), "2").unwrap();
    let commit = up.push(&service).await;
    let released = answer(&up, &commit, "approve", &[]).await;
    assert_eq!(released["status"], "Succeeded", "{released}");
    assert!(said(&released, "Gate").contains("approver@example.com approved"), "{released}");
    assert!(up.stacks().await.contains("plain-prod"));

    let logs = up.json("logs", &["plain"]).await;
    let groups: Vec<_> = logs.iter().map(|line| line["group"].as_str().unwrap()).collect();
    for group in ["/aws/codebuild/plain-build", "/aws/lambda/plain-flowgate-gate"] {
        assert!(groups.contains(&group), "{groups:?}");
    }
    let build = up.json("logs", &["plain", "--action", "Build"]).await;
    assert!(build.iter().any(|line| line["message"] == "Entering phase BUILD"), "{build:?}");
    assert!(build.iter().all(|line| line["group"] == "/aws/codebuild/plain-build"), "{build:?}");
}

/// Nothing is waited for between the pushes of a pair. The first of all goes ahead to the person; from then on only the
/// newest may stand behind it.
#[tokio::test]
async fn of_pushes_in_quick_succession_the_newest_takes_the_place_of_those_that_wait() {
    let up = Up::new().await;
    let service = up.service("plain", "plain");
    let mut commits = pair(&up, &service, 0).await;
    up.until_asked("plain", &commits[0]).await;
    up.until("plain", |status| waits_at(status, "Approve", &commits[1])).await;
    commits.extend(pair(&up, &service, 2).await);
    up.until("plain", |status| waits_at(status, "Approve", &commits[3])).await;

    let history = up.json("history", &["plain"]).await;
    let all: Vec<_> = history.iter().take(4).map(|one| (text(one, "commit"), text(one, "status"))).collect();
    let expected = ["InProgress", "Superseded", "Superseded", "InProgress"];
    assert_eq!(all, commits.iter().rev().map(String::as_str).zip(expected).collect::<Vec<_>>());
    let superseded = [&history[1], &history[2]].map(|one| text(one, "execution").to_owned());
    let actions_before = actions_of(&up, &superseded).await;

    // A token belongs to one execution: answering the first one does not answer the next.
    let token = token(&up).await;
    up.json("reject", &["plain"]).await;
    let asked = up.until_asked("plain", &commits[3]).await;
    assert_eq!(refused(&up, &token).await.as_deref(), Some("ApprovalAlreadyCompletedException"));
    assert_eq!(up.json("status", &["plain"]).await, [asked], "the other still waits");

    let history = up.json("history", &["plain"]).await;
    let statuses: Vec<_> = history.iter().take(4).map(|one| text(one, "status")).collect();
    assert_eq!(statuses, ["InProgress", "Superseded", "Superseded", "Failed"]);
    assert_eq!(actions_of(&up, &superseded).await, actions_before, "what was superseded never goes on");
    assert!(actions_before.iter().all(|action| !action.starts_with("Approve")), "{actions_before:?}");
}

async fn pair(up: &Up, service: &Path, first: usize) -> Vec<String> {
    let mut commits = Vec::new();
    for n in [first, first + 1] {
        fs::write(service.join("again"), n.to_string()).unwrap();
        commits.push(up.push(service).await);
    }
    commits
}

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap_or_else(|| panic!("no {member}: {value}"))
}

/// Every run of an action in these executions, as `STAGE ACTION STATUS`, the newest first.
async fn actions_of(up: &Up, executions: &[String]) -> Vec<String> {
    let mut all = Vec::new();
    for execution in executions {
        let filter = ActionExecutionFilter::builder().pipeline_execution_id(execution).build();
        let list = up.pipelines().list_action_executions().pipeline_name("plain").filter(filter).send().await.unwrap();
        all.extend(list.action_execution_details().iter().map(|action| {
            let status = action.status().unwrap().as_str();
            format!("{} {} {status}", action.stage_name().unwrap(), action.action_name().unwrap())
        }));
    }
    all
}

/// The token of the approval that waits.
async fn token(up: &Up) -> String {
    let state = up.pipelines().get_pipeline_state().name("plain").send().await.unwrap();
    let mut actions = state.stage_states().iter().flat_map(StageState::action_states);
    actions.find_map(|action| action.latest_execution()?.token()).expect("an approval waits").to_owned()
}

/// The error that an approval with this token is answered with.
async fn refused(up: &Up, token: &str) -> Option<String> {
    let result = ApprovalResult::builder().summary("").status(ApprovalStatus::Approved).build().unwrap();
    let request = up.pipelines().put_approval_result().pipeline_name("plain").stage_name("Approve");
    let answer = request.action_name("Approve").token(token).result(result).send().await;
    answer.unwrap_err().code().map(str::to_owned)
}

fn waits_at(status: &Value, name: &str, commit: &str) -> bool {
    let executions = status["executions"].as_array().unwrap();
    let execution = executions.iter().find(|execution| execution["commit"] == commit);
    execution.is_some_and(|execution| stage(status, name)["inbound"] == execution["execution"])
}

#[tokio::test]
async fn what_fails_in_gamma_is_put_before_nobody() {
    let up = Up::new().await;
    let service = up.service("gamma_fails", "gamma_fails");
    let commit = up.push(&service).await;
    let failed = up.until_ended("gamma-fails", &commit).await;
    assert_eq!(failed["status"], "Failed");
    let status = up.json("status", &["gamma-fails"]).await.remove(0);
    assert_eq!(
        (&stage(&status, "Beta")["status"], &stage(&status, "Gamma")["status"]),
        (&"Succeeded".into(), &"Failed".into())
    );
    assert_eq!(stage(&status, "Approve")["status"], Value::Null, "Approve is never asked: {status}");
    assert!(!up.stacks().await.contains("gamma-fails-prod"));
}
