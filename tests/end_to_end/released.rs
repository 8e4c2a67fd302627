//! Releases against `flowgate up`: who approves what, and what comes of it.

use std::fs;

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
    assert!(build.iter().any(|line| line["message"] == "Entering phase build"), "{build:?}");
    assert!(build.iter().all(|line| line["group"] == "/aws/codebuild/plain-build"), "{build:?}");
}

/// The first push stands before a person; of those that come meanwhile only the newest is still wanted.
#[tokio::test]
async fn of_pushes_in_quick_succession_the_newest_takes_the_place_of_those_that_wait() {
    let up = Up::new().await;
    let service = up.service("plain", "plain");
    let mut commits = Vec::new();
    for n in 0..3 {
        fs::write(service.join("again"), n.to_string()).unwrap();
        commits.push(up.push(&service).await);
        if n == 0 {
            up.until_asked("plain", &commits[0]).await;
        } else {
            up.until("plain", |status| waits_at(status, "Approve", &commits[n])).await;
        }
    }
    let status = up.json("status", &["plain"]).await.remove(0);
    let all: Vec<_> =
        status["executions"].as_array().unwrap().iter().map(|one| (&one["commit"], &one["status"])).collect();
    let expected = ["InProgress", "Superseded", "InProgress"].map(Value::from);
    let newest_first: Vec<Value> = commits.iter().rev().cloned().map(Value::from).collect();
    assert_eq!(all, newest_first.iter().zip(&expected).collect::<Vec<_>>());

    // A token belongs to one execution: answering the first one does not answer the next.
    up.json("reject", &["plain"]).await;
    up.until_asked("plain", &commits[2]).await;
    let history = up.json("history", &["plain"]).await;
    let statuses: Vec<_> = history.iter().take(3).map(|one| one["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["InProgress", "Superseded", "Failed"]);
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
