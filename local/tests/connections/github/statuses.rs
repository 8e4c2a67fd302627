//! What is said of commits and of pull requests.

use reqwest::Method;
use serde_json::{Value, json};

use super::{GitHub, fields, opened};
use crate::world::World;

#[tokio::test]
async fn a_commit_has_the_last_word_on_each_context() {
    let world = World::new().await;
    let (work, github) = opened(&world).await;
    let (head, approver) = (work.head().await, GitHub::of(&world, Some("approver")));
    let combined = async || fields(&github.get("/commits/topic/status").await, &["state", "total_count", "sha"]);
    assert_eq!(combined().await, json!(["pending", 0, head]));
    let path = format!("/statuses/{head}");
    let url = "http://127.0.0.1/preview";
    let said = json!({"state": "pending", "context": "flowgate/shop", "description": "building", "target_url": url});
    let made = github.post(&path, said).await;
    let names = ["state", "context", "description", "target_url", "creator/login"];
    assert_eq!(fields(&made, &names), json!(["pending", "flowgate/shop", "building", url, "author"]));
    approver.post(&path, json!({"state": "failure"})).await;
    assert_eq!(combined().await, json!(["failure", 2, head]));
    approver.post(&path, json!({"state": "success", "context": "Default"})).await;
    assert_eq!(combined().await, json!(["pending", 2, head]));
    approver.post(&path, json!({"state": "success", "context": "flowgate/shop"})).await;
    assert_eq!(combined().await, json!(["success", 2, head]));
    let pages = github.pages(&format!("/commits/{head}/statuses?per_page=3")).await;
    let states: Vec<Vec<&str>> =
        pages.iter().map(|page| page.iter().map(|one| one["state"].as_str().unwrap()).collect()).collect();
    assert_eq!(states, [vec!["success", "success", "failure"], vec!["pending"]]);
    for (path, said, expected) in [
        (path.as_str(), json!({}), "missing_field"),
        (&path, json!({"state": "done"}), "Invalid request"),
        (&path, json!({"state": "success", "description": "x".repeat(141)}), "maximum is 140"),
        (&path, json!({"state": "success", "context": "x".repeat(256)}), "maximum is 255"),
        ("/statuses/topic", json!({"state": "success"}), "No commit found for SHA: topic"),
        (&format!("/statuses/{}", "0".repeat(40)), json!({"state": "success"}), "No commit found for SHA"),
    ] {
        let (status, why) = github.refused(Method::POST, path, said.clone()).await;
        assert!(status == 422 && why.contains(expected), "{path} {said}: {status} {why}");
    }
}

#[tokio::test]
async fn comments_are_made_changed_and_removed_by_whoever_may_write() {
    let world = World::new().await;
    let (_work, github) = opened(&world).await;
    let path = "/issues/1/comments";
    let mut ids = Vec::new();
    for body in ["one", "two", "three"] {
        ids.push(github.post(path, json!({"body": body})).await["id"].as_u64().unwrap());
    }
    assert!(ids.is_sorted(), "{ids:?}");
    assert_eq!(github.get("/pulls/1").await["comments"], 3);
    let second = format!("/issues/comments/{}", ids[1]);
    let approver = GitHub::of(&world, Some("approver"));
    let changed = approver.ask(Method::PATCH, &second, &json!({"body": "again"})).await;
    assert_eq!((changed.status, fields(&changed.body, &["body", "user/login"])), (200, json!(["again", "author"])));
    let bodies: Vec<Vec<Value>> = github.pages(&format!("{path}?per_page=2")).await;
    let bodies: Vec<Vec<&str>> =
        bodies.iter().map(|page| page.iter().map(|one| one["body"].as_str().unwrap()).collect()).collect();
    assert_eq!(bodies, [vec!["one", "again"], vec!["three"]]);
    assert_eq!(github.ask(Method::DELETE, &second, &Value::Null).await.status, 204);
    let absent = (404, "Not Found".to_owned());
    for method in [Method::GET, Method::PATCH, Method::DELETE] {
        assert_eq!(github.refused(method, &second, json!({"body": "x"})).await, absent);
    }
    assert_eq!(github.refused(Method::POST, "/issues/2/comments", json!({"body": "x"})).await, absent);
    for (said, expected) in [
        (json!({}), "wasn't supplied"),
        (json!({"body": " "}), "cannot be blank"),
        (json!({"body": "x".repeat(65_537)}), "maximum is 65536"),
    ] {
        let (status, why) = github.refused(Method::POST, path, said).await;
        assert!(status == 422 && why.contains(expected), "{status} {why}");
    }
}
