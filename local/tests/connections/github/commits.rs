//! Commits.

use reqwest::Method;
use serde_json::{Value, json};

use super::{GitHub, fields, opened, push};
use crate::world::World;

#[tokio::test]
async fn a_commit_is_found_by_its_id_and_by_its_branch_and_names_accounts_where_there_are() {
    let world = World::new().await;
    let (work, github) = opened(&world).await;
    work.git(&["-c", "user.email=reviewer@example.com", "commit", "-q", "--allow-empty", "-m", "Mine"]).await;
    push(&world, &work, "author", &["topic:feature/one/pulls", "HEAD:refs/tags/v1"]).await;
    let head = work.head().await;
    let shown = github.get(&format!("/commits/{head}")).await;
    let names = ["sha", "commit/message", "commit/author/email", "author/login", "committer/login"];
    let names = [&names[..], &["commit/verification/reason", "commit/tree/sha"]].concat();
    let tree = work.git(&["rev-parse", "HEAD^{tree}"]).await;
    let expected = json!([head, "Mine", "reviewer@example.com", "reviewer", "reviewer", "unsigned", tree.trim_end()]);
    assert_eq!(fields(&shown, &names), expected);
    for name in [&head[..7], "tags/v1", "v1"] {
        assert_eq!(github.get(&format!("/commits/{name}")).await, shown, "{name}");
    }
    assert_eq!(github.get("/commits/heads/main").await["commit"]["message"], "Change a");
    let (status, why) = github.refused(Method::GET, &format!("/commits/{}", "0".repeat(40)), Value::Null).await;
    assert!(status == 422 && why.starts_with("No commit found for SHA: 000"), "{why}");
    assert_eq!(github.refused(Method::GET, "/commits/--all/pulls", Value::Null).await.0, 422);
}

#[tokio::test]
async fn of_what_is_not_on_the_default_branch_open_pull_requests_tell_too() {
    let world = World::new().await;
    let (work, github) = opened(&world).await;
    let head = work.head().await;
    let numbers = async |path: String| {
        let found = github.get(&path).await;
        found.as_array().unwrap().iter().map(|one| one["number"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(numbers(format!("/commits/{head}/pulls")).await, [1]);
    assert_eq!(numbers("/commits/topic/pulls".to_owned()).await, [1]);
    assert_eq!(numbers("/commits/main/pulls".to_owned()).await, [0; 0]);
    GitHub::of(&world, None).ask(Method::PATCH, "/pulls/1", &json!({"state": "closed"})).await;
    assert_eq!(numbers(format!("/commits/{head}/pulls")).await, [0; 0]);
}
