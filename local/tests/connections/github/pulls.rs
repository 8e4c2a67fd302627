//! Pull requests, opened and changed.

use reqwest::{Client, Method};
use serde_json::{Value, json};

use super::{fields, opened, push};
use crate::world::World;

fn numbers(all: &[Value]) -> Vec<u64> {
    all.iter().map(|one| one["number"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn both_apis_show_the_same_pull_request() {
    let world = World::new().await;
    world.pipeline("p", &json!({"pullRequest": [{"events": ["OPEN", "CLOSED"], "branches": {"includes": ["main"]}}]}));
    let (work, github) = opened(&world).await;
    let (base, head) = (work.git(&["rev-parse", "main"]).await, work.head().await);
    let ours = format!("{}/pulls/1", world.url("ada/shop"));
    let client = Client::builder().no_proxy().build().unwrap();
    let shown: Value = client.get(&ours).send().await.unwrap().json().await.unwrap();
    let expected = json!({"number": 1, "title": "Topic", "sourceBranch": "topic", "destinationBranch": "main",
        "status": "OPEN", "head": head});
    assert_eq!(shown, expected);
    let pull = github.get("/pulls/1").await;
    let names = ["title", "body", "state", "user/login", "head/ref", "head/sha", "base/ref", "base/sha", "merged"];
    let expected = json!(["Topic", "Why", "open", "author", "topic", head, "main", base.trim_end(), false]);
    assert_eq!(fields(&pull, &names), expected);
    let names = ["head/repo/full_name", "mergeable", "commits", "changed_files", "additions", "deletions"];
    assert_eq!(fields(&pull, &names), json!(["ada/shop", true, 1, 1, 1, 0]));
    assert_eq!(pull["url"], format!("{}/v1/github/repos/ada/shop/pulls/1", world.cloud.endpoint()));
    client.delete(&ours).send().await.unwrap().error_for_status().unwrap();
    let pull = github.get("/pulls/1").await;
    assert_eq!(fields(&pull, &["state", "merged", "merged_at"]), json!(["closed", false, null]));
    assert!(pull["closed_at"].is_string());
    let short = |event: &str| format!("PULL_REQUEST_{event} topic {}", &head[..7]);
    assert_eq!(world.told("p").await, ["OPEN", "CLOSED"].map(short));
    let reopened = github.ask(Method::PATCH, "/pulls/1", &json!({"state": "open", "title": "Again"})).await;
    assert_eq!(fields(&reopened.body, &["state", "title", "closed_at"]), json!(["open", "Again", null]));
    assert_eq!(world.told("p").await[2..], [short("OPEN")]);
}

#[tokio::test]
async fn they_are_listed_by_state_and_branch_over_pages() {
    let world = World::new().await;
    let (work, github) = opened(&world).await;
    for branch in ["two", "three", "four", "five"] {
        push(&world, &work, "author", &[&format!("topic:{branch}")]).await;
        github.post("/pulls", json!({"title": branch, "head": format!("ada:{branch}"), "base": "main"})).await;
    }
    github.ask(Method::PATCH, "/pulls/2", &json!({"state": "closed"})).await;
    let pages = github.pages("/pulls?per_page=2&state=all").await;
    assert_eq!(pages.iter().map(|page| numbers(page)).collect::<Vec<_>>(), [vec![5, 4], vec![3, 2], vec![1]]);
    for (query, expected) in [
        ("", &[5, 4, 3, 1][..]),
        ("state=closed", &[2]),
        ("direction=asc", &[1, 3, 4, 5]),
        ("sort=updated&direction=desc&state=all", &[2, 5, 4, 3, 1]),
        ("head=ada:three", &[3]),
        ("head=bob:three", &[]),
        ("base=topic", &[]),
        ("base=main&head=topic", &[1]),
    ] {
        let listed = github.get(&format!("/pulls?{query}")).await;
        assert_eq!(numbers(listed.as_array().unwrap()), expected, "{query}");
    }
    assert_eq!(github.refused(Method::GET, "/pulls?state=half", Value::Null).await.0, 422);
}

#[tokio::test]
async fn what_cannot_be_a_pull_request_is_refused() {
    let world = World::new().await;
    let (_work, github) = opened(&world).await;
    let good = json!({"title": "t", "head": "topic", "base": "main"});
    for (field, value, expected) in [
        ("title", json!(""), r#""code":"missing_field","field":"title""#),
        ("title", json!("x".repeat(257)), "too long"),
        ("head", Value::Null, r#""code":"missing_field","field":"head""#),
        ("head", json!("absent"), r#""code":"invalid","field":"head""#),
        ("head", json!("bob:topic"), r#""code":"invalid","field":"head""#),
        ("base", json!("absent"), r#""code":"invalid","field":"base""#),
        ("head", json!("main"), "No commits between main and main"),
        ("body", json!("again"), "A pull request already exists for ada:topic."),
        ("title", json!(7), "Invalid request"),
    ] {
        let mut wanted = good.clone();
        wanted[field] = value;
        let (status, why) = github.refused(Method::POST, "/pulls", wanted.clone()).await;
        assert!(status == 422 && why.contains(expected), "{wanted}: {status} {why}");
    }
    assert_eq!(github.get("/pulls?state=all").await.as_array().unwrap().len(), 1);
    let url = format!("{}/v1/github/repos/ada/shop/pulls", world.cloud.endpoint());
    let request = Client::builder().no_proxy().build().unwrap().post(url).body("{");
    assert_eq!(request.send().await.unwrap().status().as_u16(), 400);
    for edit in [json!({"state": "merged"}), json!({"base": "absent"}), json!({"title": ""})] {
        assert_eq!(github.refused(Method::PATCH, "/pulls/1", edit.clone()).await.0, 422, "{edit}");
    }
}
