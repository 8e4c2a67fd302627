//! The rule `pull_request`, with GitHub: a review counts of somebody else, and of what was merged.

use std::path::Path;

use reqwest::Method;
use serde_json::{Value, json};

use super::{assert_says, said};
use crate::connection::{CONNECTION, connect, ended, git, github, head, push};
use crate::up::Up;

/// Opens a pull request of the author's commits, and gives its path.
async fn propose(up: &Up, work: &Path, opener: &str, topic: &str) -> String {
    git(work, &["checkout", "-q", "-b", topic]).await;
    commit(up, work, topic).await;
    let wanted = json!({"title": topic, "head": topic, "base": "main"});
    let pull = github(up, opener, Method::POST, "/pulls", &wanted).await;
    format!("/pulls/{}", pull["number"])
}

async fn commit(up: &Up, work: &Path, topic: &str) {
    git(work, &["commit", "-q", "--allow-empty", "-m", topic]).await;
    push(up, work, &format!("HEAD:{topic}")).await;
}

async fn review(up: &Up, who: &str, pull: &str) {
    github(up, who, Method::POST, &format!("{pull}/reviews"), &json!({"event": "APPROVE"})).await;
}

async fn merge(up: &Up, pull: &str) -> String {
    let merged: Value = github(up, "author", Method::PUT, &format!("{pull}/merge"), &json!({})).await;
    merged["sha"].as_str().unwrap().to_owned()
}

/// Waits until it was denied, before anybody was asked.
async fn denied(up: &Up, commit: &str) -> String {
    let ended = up.until_ended("linked", commit).await;
    assert_eq!(ended["status"], "Failed", "{ended:#}");
    said(&ended, "Approve", "Ready")
}

#[tokio::test]
async fn i24_on_github_a_review_by_who_wrote_it_or_of_what_it_was_before_is_none() {
    let up = Up::new().await;
    ended(&up).await;
    connect(&up, &[("RepositoryName", "ada/linked"), ("ConnectionArn", CONNECTION), ("PullRequestReviews", "1")]).await;
    let work = up.service("plain", "linked");
    for args in [&["init", "-q", "-b", "main"][..], &["add", "-A"], &["commit", "-qm", "Begin"]] {
        git(&work, args).await;
    }
    let past = head(&work).await;
    push(&up, &work, "main").await;
    assert_says(&denied(&up, &past).await, &[&format!("no pull request brought {past} to main")]);

    let pull = propose(&up, &work, "reviewer", "own").await;
    review(&up, "author", &pull).await;
    let why = denied(&up, &merge(&up, &pull).await).await;
    assert_says(
        &why,
        &["needs 1 more who approve it as it was merged and wrote nothing of it", "author@example.com approved it"],
    );

    git(&work, &["checkout", "-q", "main"]).await;
    let pull = propose(&up, &work, "author", "stale").await;
    review(&up, "reviewer", &pull).await;
    commit(&up, &work, "stale").await;
    let why = denied(&up, &merge(&up, &pull).await).await;
    assert_says(&why, &["github:reviewer approved what it was before its last change"]);
}
