//! Pull requests of a connection's repository.

use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::world::World;

/// What becomes of a request about pull requests: the status, and the answer.
async fn ask(world: &World, method: Method, path: &str, body: Value) -> (u16, Value) {
    let client = Client::builder().no_proxy().build().unwrap();
    let mut request = client.request(method, format!("{}/pulls{path}", world.url("ada/shop")));
    if !body.is_null() {
        request = request.json(&body);
    }
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap_or_default())
}

async fn put(world: &World, number: u64, wanted: Value) -> Value {
    let (status, answer) = ask(world, Method::PUT, &format!("/{number}"), wanted).await;
    assert_eq!(status, 200, "{answer}");
    answer
}

fn short(event: &str, commit: &str) -> String {
    format!("PULL_REQUEST_{event} topic {}", &commit[..7])
}

#[tokio::test]
async fn a_pull_request_is_opened_updated_and_closed_and_starts_what_waits_for_that() {
    let mut world = World::new().await;
    world.pipeline("p", &json!({"pullRequest": [{"branches": {"includes": ["main"]}}]}));
    world.pipeline("closed", &json!({"pullRequest": [{"events": ["CLOSED"], "filePaths": {"includes": ["b"]}}]}));
    let (work, url) = (world.work("shop").await, world.url("ada/shop"));
    work.commit("a", b"1").await;
    work.git(&["push", "-q", &url, "main"]).await;
    let first = work.commit("b", b"1").await;
    work.git(&["push", "-q", &url, "main:topic"]).await;
    assert_eq!(world.told("p").await, [""; 0]);

    let wanted = json!({"sourceBranch": "topic", "title": "A \"topic\""});
    let opened = put(&world, 7, wanted.clone()).await;
    let expected = json!({"number": 7, "title": "A \"topic\"", "sourceBranch": "topic", "destinationBranch": "main",
        "status": "OPEN", "head": first});
    assert_eq!(opened, expected);
    assert_eq!(put(&world, 7, wanted.clone()).await, expected);
    assert_eq!(world.told("p").await, [short("OPEN", &first)], "what is said twice is no news");
    let variables = world.variables().await;
    for (name, value) in [
        ("PullRequestId", "7"),
        ("PullRequestTitle", "A \"topic\""),
        ("SourceBranchName", "topic"),
        ("DestinationBranchName", "main"),
        ("BranchName", "topic"),
        ("CommitId", &first),
    ] {
        assert_eq!(variables.get(name).map(String::as_str), Some(value), "{name}");
    }

    let second = work.commit("b", b"2").await;
    work.git(&["push", "-q", &url, "main:topic"]).await;
    put(&world, 7, json!({"sourceBranch": "topic"})).await;
    assert_eq!(world.told("p").await[1..], [short("UPDATED", &second)]);
    assert_eq!(world.told("closed").await, [""; 0]);

    let (status, closed) = ask(&world, Method::DELETE, "/7", Value::Null).await;
    assert_eq!((status, &closed["status"], &closed["title"]), (200, &json!("CLOSED"), &json!("A \"topic\"")));
    ask(&world, Method::DELETE, "/7", Value::Null).await;
    assert_eq!(world.told("p").await[2..], [short("CLOSED", &second)]);
    assert_eq!(world.told("closed").await, [short("CLOSED", &second)]);
    work.commit("b", b"3").await;
    work.git(&["push", "-q", &url, "main:topic"]).await;
    assert_eq!(world.told("p").await.len(), 3, "a closed one hears of nothing");
    put(&world, 7, wanted).await;
    assert!(world.told("p").await[3].starts_with("PULL_REQUEST_OPEN topic"));
    let (_, listed) = ask(&world, Method::GET, "", Value::Null).await;
    assert_eq!(listed[0], ask(&world, Method::GET, "/7", Value::Null).await.1);
}

#[tokio::test]
async fn a_push_that_merges_or_removes_its_branch_closes_a_pull_request() {
    let world = World::new().await;
    world.pipeline("p", &json!({"pullRequest": [{"events": ["CLOSED"], "branches": {"includes": ["main"]}}]}));
    let (work, url) = (world.work("shop").await, world.url("ada/shop"));
    work.commit("a", b"1").await;
    work.git(&["push", "-q", &url, "main"]).await;
    let head = work.commit("b", b"1").await;
    work.git(&["push", "-q", &url, "main:topic", "main:other"]).await;
    for (number, branch) in [(1, "topic"), (2, "other")] {
        put(&world, number, json!({"sourceBranch": branch, "destinationBranch": "main"})).await;
    }
    work.git(&["push", "-q", &url, ":other"]).await;
    let gone = format!("PULL_REQUEST_CLOSED other {}", &head[..7]);
    assert_eq!(world.told("p").await, std::slice::from_ref(&gone));
    work.git(&["push", "-q", &url, "main"]).await;
    assert_eq!(world.told("p").await, [gone, short("CLOSED", &head)]);
}

#[tokio::test]
async fn what_cannot_be_a_pull_request_is_refused_and_starts_nothing() {
    let world = World::new().await;
    world.pipeline("p", &json!({"pullRequest": [{"branches": {"includes": ["**"]}}]}));
    let one = || json!({"sourceBranch": "topic"});
    let (status, answer) = ask(&world, Method::PUT, "/1", one()).await;
    assert_eq!((status, answer["message"].as_str().unwrap().contains("ada/shop")), (404, true), "{answer}");
    let (work, url) = (world.work("shop").await, world.url("ada/shop"));
    work.commit("a", b"1").await;
    work.git(&["push", "-q", &url, "main", "main:topic"]).await;
    for (path, wanted, expected) in [
        ("/1", json!({"sourceBranch": "absent"}), 404),
        ("/1", json!({"sourceBranch": "topic", "destinationBranch": "absent"}), 404),
        ("/1", json!({"sourceBranch": "main"}), 400),
        ("/1", json!({"sourceBranch": "topic", "title": "x".repeat(257)}), 400),
        ("/1", json!({"sourceBranch": "topic", "colour": "red"}), 422),
        ("/1", json!({}), 422),
        ("/x", one(), 400),
    ] {
        let (status, answer) = ask(&world, Method::PUT, path, wanted.clone()).await;
        assert_eq!(status, expected, "{path} {wanted}: {answer}");
    }
    assert_eq!(ask(&world, Method::DELETE, "/1", Value::Null).await.0, 404);
    assert_eq!(ask(&world, Method::GET, "", Value::Null).await, (200, json!([])));
    assert_eq!(world.told("p").await, [""; 0]);
}
