//! Bad input of SAFETY.md for the gate: one person under several names, and those who are nobody.

use flowgate::cloud::client::ACCOUNT;
use serde_json::{Value, json};

use crate::gate::codecommit;
use crate::gate::judge::{Judge, codecommit as asked, job};
use crate::gate::release::{approved_by, know, people, run, runs, user};
use crate::gate::world::begin;

const RUNS: &str = "codepipeline:ListActionExecutions";

fn session(role: &str, name: &str) -> String {
    format!("arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{name}")
}

/// Who answers, and what is said of that.
fn in_vain() -> Vec<(String, &'static str)> {
    vec![
        (user("author"), "author@example.com pushed this commit and does not count"),
        (session("Author", "monday"), "author@example.com pushed this commit and does not count"),
        (session("Author", "approver@example.com"), "author@example.com pushed this commit and does not count"),
        (session("Everybody", "AUTHOR@Example.COM"), "author@example.com pushed this commit and does not count"),
        (session("Everybody", "approver"), "is a session that no e-mail address names"),
        (session("everybody", "approver@example.com"), "is not in the people map"),
        (session("Nobody", "approver@example.com"), "is not in the people map"),
        (user("team/approver"), "is not in the people map"),
        (user("Approver"), "is not in the people map"),
        (user("approver2"), "is not in the people map"),
        (user("approver").replace(ACCOUNT, "999999999999"), "is not in the people map"),
        (format!("arn:aws:iam::{ACCOUNT}:role/people/Author"), "is not in the people map"),
        (format!("arn:aws:iam::{ACCOUNT}:root"), "is the root user and does not count"),
        ("approver@example.com".to_owned(), "is not in the people map"),
        (String::new(), "somebody unknown is not in the people map"),
    ]
}

#[tokio::test]
async fn i21_whoever_made_it_does_not_count_by_any_name_and_neither_does_nobody() {
    let judge = Judge::start(&[]).await;
    begin(&judge, asked, codecommit::tell).await;
    for (who, words) in in_vain() {
        judge.desk.json(RUNS, &approved_by(&who));
        let judged = judge.judge(&job(&asked())).await;
        judged.is_denied(&who, &[words, "one more is needed: retry all actions of Approve"]);
    }
    judge.desk.json(RUNS, &runs(&json!({})));
    judge.judge(&job(&asked())).await.is_denied("nobody is named", &["somebody unknown"]);
    for who in [session("Everybody", "approver@example.com"), user("reviewer")] {
        begin(&judge, asked, codecommit::tell).await;
        judge.desk.json(RUNS, &approved_by(&who));
        judge.judge(&job(&asked())).await.passes();
    }
}

/// What an approval is no longer.
#[tokio::test]
async fn i23_an_approval_that_was_taken_back_or_used_or_is_old_is_none() {
    let judge = Judge::start(&[]).await;
    begin(&judge, asked, codecommit::tell).await;
    let by = user("approver");
    let again = |status: &str| {
        let mut told = approved_by(&by);
        let mut rejected = run(9, "Approve", "Approve", "Approval", &json!({ "updatedBy": by }));
        rejected["status"] = json!(status);
        told["actionExecutionDetails"].as_array_mut().unwrap().insert(0, rejected);
        told
    };
    let cases: [(&str, Value, &str); 4] = [
        ("rejected", again("Failed"), "Approve is Failed and not an approval"),
        ("abandoned", again("Abandoned"), "Approve is Abandoned and not an approval"),
        ("old", runs(&json!({"updatedBy": by, "lastUpdateTime": 1_700_000_000})), "is not of the last 168 hours"),
        ("when is not known", runs(&json!({"updatedBy": by, "lastUpdateTime": null})), "is not of the last 168 hours"),
    ];
    for (about, told, words) in cases {
        judge.desk.json(RUNS, &told);
        judge.judge(&job(&asked())).await.is_denied(about, &[words, "one more is needed"]);
    }
    judge.desk.json(RUNS, &approved_by(&by));
    judge.judge(&job(&asked())).await.passes();
    let judged = judge.judge(&job(&asked())).await;
    judged.is_denied("used", &["the approval of Approve by approver@example.com was used up by an earlier release"]);
}

/// Everybody in it is somebody else, or it is no map at all.
#[tokio::test]
async fn a_people_map_that_cannot_be_meant_is_named_and_nobody_counts() {
    let judge = Judge::start(&[]).await;
    begin(&judge, asked, codecommit::tell).await;
    let with = |name: &str, person: &str| {
        let mut map = people();
        map[name] = json!(person);
        map
    };
    let cases = [
        (json!([]), "it is not a JSON object of texts"),
        (json!({}), "does not say who that is"),
        (with(&format!("arn:aws:iam::{ACCOUNT}:root"), "ada@example.com"), "the root user is nobody"),
        (with(&session("Author", "monday"), "ada@example.com"), "it is one session of a role"),
        (with("ada", "ada@example.com"), "it is neither the ARN of a user or a role"),
        (with(&user("ada"), "ada"), "it maps to neither an e-mail address nor sso"),
    ];
    for (map, words) in cases {
        know(&judge.desk, &map);
        judge.judge(&job(&asked())).await.is_denied(words, &[words]);
    }
    let secret =
        json!({"Parameter": {"Name": "/flowgate/shop/people", "Type": "SecureString", "Value": people().to_string()}});
    judge.desk.json("ssm:GetParameter", &secret);
    judge.judge(&job(&asked())).await.is_denied("a secret", &["it is a SecureString; make it a String"]);
}
