//! Bad input of SAFETY.md for every function, here for the gate: events that are no jobs, jobs that are broken, and
//! parameters that cannot be meant.

use serde_json::{Value, json};

use crate::gate::codecommit;
use crate::gate::judge::{Judge, codecommit as asked, job};
use crate::gate::release::artifact;
use crate::gate::world::begin;
use crate::no_jobs::no_jobs;

/// Changes to a job that leave its id, and words of what is said about it.
fn broken() -> Vec<(&'static str, Value, &'static str)> {
    vec![
        ("/accountId", json!("111122223333"), "it is of account 111122223333"),
        ("/accountId", json!("x"), "12 digits"),
        ("/data", json!(null), "invalid type: null"),
        ("/data/actionConfiguration", json!(null), "invalid type: null"),
        ("/data/actionConfiguration/configuration/UserParameters", json!(7), "UserParameters"),
        ("/data/actionConfiguration/configuration/UserParameters", json!("x".repeat(1 << 20)), "UserParameters"),
        ("/data/artifactCredentials", json!(null), "artifactCredentials"),
        ("/data/inputArtifacts", json!([{"name": "a"}]), "location"),
        ("/data/inputArtifacts", json!([]), "input"),
        ("/data/inputArtifacts", json!([artifact(), artifact()]), "2"),
    ]
}

/// Changes to `UserParameters`.
fn unmeant() -> Vec<(&'static str, Value, &'static str)> {
    vec![
        ("rules", json!({}), "there are no rules, so anything would pass"),
        ("rules", json!({"approved": {"count": 0}}), "approved.count is 0"),
        ("rules", json!({"approved": {"count": 2}}), "only 1 approval actions are named"),
        ("rules", json!({"approve": {"count": 1}}), "unknown field `approve`"),
        ("rules", json!({"pull_request": {"count": 0}}), "pull_request.count is 0"),
        ("rules", json!({"tested": {"actions": []}}), "tested.actions is empty"),
        ("execution", json!("#{codepipeline.PipelineExecutionId}"), "is not a pipeline execution id"),
        ("repository", json!("shop"), "unknown variant"),
        ("phase", json!("never"), "unknown variant"),
        ("max_wait_minutes", json!(61), "max_wait_minutes is 61, not 1 to 60"),
        ("author", json!("ada@example.com"), "unknown field `author`"),
    ]
}

#[tokio::test]
async fn events_that_are_no_jobs_change_nothing_and_broken_jobs_fail_with_a_reason() {
    let judge = Judge::start(&[]).await;
    begin(&judge, asked, codecommit::tell).await;
    judge.desk.asked();
    for event in no_jobs(&job(&asked())) {
        // Lambda itself refuses what is not JSON; a function that is sent it all the same fails.
        let answer = judge.function.invoke(&event).await;
        assert!(answer.is_ok() || event == "not json", "{event:.300}: {answer:?}\n{}", judge.function.log());
        let called = judge.desk.asked();
        assert!(called.is_empty(), "{event:.300}: {called:#?}");
    }
    for (path, value, words) in broken() {
        let mut event = job(&asked());
        *event.pointer_mut(&format!("/CodePipeline.job{path}")).unwrap() = value;
        is_misconfigured(&judge, &event, path, words).await;
    }
    for (member, value, words) in unmeant() {
        let mut parameters = asked();
        parameters[member] = value;
        is_misconfigured(&judge, &job(&parameters), member, words).await;
    }
    let twice = asked().to_string().replacen('{', "{\"pipeline\": \"other\", ", 1);
    let mut event = job(&asked());
    event["CodePipeline.job"]["data"]["actionConfiguration"]["configuration"]["UserParameters"] = twice.into();
    is_misconfigured(&judge, &event, "twice", "duplicate field").await;
}

/// Before anything is asked of anybody.
async fn is_misconfigured(judge: &Judge, event: &Value, about: &str, words: &str) {
    let judged = judge.judge(event).await;
    judged.is_denied(about, &[words]);
    let asked = judged.asked.iter().filter(|one| one.call.service != "dynamodb");
    let asked: Vec<_> = asked.map(|one| one.name.as_str()).collect();
    assert_eq!(asked, ["codepipeline:PutJobFailureResult"], "{about}");
    assert!(judged.words.len() < 1000, "{about}: {}", judged.words);
}

/// What is there beside a job, however much and however deep, changes nothing about it.
#[tokio::test]
async fn what_stands_beside_a_job_changes_nothing() {
    let judge = Judge::start(&[]).await;
    let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
    for more in [json!("x".repeat(1 << 20)).to_string(), deep] {
        judge.desk.forget();
        codecommit::tell(&judge.desk);
        let event = job(&asked()).to_string().replacen('{', &format!("{{\"more\":{more},"), 1);
        judge.function.invoke(&event).await.unwrap_or_else(|error| panic!("{error}\n{}", judge.function.log()));
        let settled = judge.desk.asked().into_iter().filter(|one| one.call.operation == "PutJobSuccessResult").count();
        assert_eq!(settled, 1, "{event:.300}");
    }
}
