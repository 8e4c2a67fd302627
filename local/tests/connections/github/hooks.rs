//! Webhooks: made, changed and removed, and what they hear.

use flowgate::cloud::authority::Iam;
use reqwest::Method;
use serde_json::{Value, json};

use super::receiver::{Receiver, SECRET};
use super::{GitHub, fields, opened, push};
use crate::world::World;

#[tokio::test]
async fn each_turn_of_a_pull_request_is_told_in_its_order() {
    let world = World::new().await;
    let (work, github) = opened(&world).await;
    let mut receiver = Receiver::new().await;
    receiver.hook(&github, &["pull_request"]).await;
    let before = work.head().await;
    let after = work.commit("b", b"2\n").await;
    push(&world, &work, "reviewer", &["topic"]).await;
    let heard = receiver.next().await;
    assert!(heard.event() == "pull_request synchronize" && heard.is_signed(), "{heard:?}");
    let payload = heard.payload();
    let names = ["number", "before", "after", "pull_request/head/sha", "sender/login", "repository/full_name"];
    assert_eq!(fields(&payload, &names), json!([1, before, after, after, "reviewer", "ada/shop"]));
    let shown = github.get("/pulls/1").await;
    assert_eq!(payload["pull_request"], shown, "it is the one that the API shows");
    for (change, expected) in [
        (json!({"draft": true}), "converted_to_draft"),
        (json!({"draft": false}), "ready_for_review"),
        (json!({"title": "Other"}), "edited"),
        (json!({"state": "closed"}), "closed"),
        (json!({"state": "open"}), "reopened"),
    ] {
        github.ask(Method::PATCH, "/pulls/1", &change).await;
        let heard = receiver.next().await;
        assert_eq!(heard.event(), format!("pull_request {expected}"), "{change}");
        let is_draft = expected == "converted_to_draft";
        assert_eq!(fields(&heard.payload(), &["pull_request/draft", "sender/login"]), json!([is_draft, "author"]));
    }
    github.ask(Method::PATCH, "/pulls/1", &json!({"state": "open"})).await;
    github.ask(Method::PUT, "/pulls/1/merge", &json!({})).await;
    let heard = receiver.next().await;
    assert_eq!(
        (heard.event(), &heard.payload()["pull_request"]["merged"]),
        ("pull_request closed".into(), &json!(true))
    );
}

#[tokio::test]
async fn a_branch_that_goes_is_told_before_the_pull_requests_that_it_closes() {
    let world = World::new().await;
    let (work, github) = opened(&world).await;
    let mut receiver = Receiver::new().await;
    receiver.hook(&github, &["*"]).await;
    push(&world, &work, "author", &["topic:new"]).await;
    let created = receiver.next().await;
    let names = ["ref", "ref_type", "master_branch", "pusher_type"];
    assert_eq!(created.event(), "create");
    assert_eq!(fields(&created.payload(), &names), json!(["new", "branch", "main", "user"]));
    let pushed = receiver.next().await.payload();
    let names = ["ref", "created", "deleted", "forced", "commits/0/id", "head_commit/id", "pusher/name"];
    let head = work.head().await;
    assert_eq!(fields(&pushed, &names), json!(["refs/heads/new", true, false, false, head, head, "author"]));
    push(&world, &work, "author", &[":topic"]).await;
    let deleted = receiver.next().await;
    assert_eq!((deleted.event(), &deleted.payload()["ref"]), ("delete".to_owned(), &json!("topic")));
    let pushed = receiver.next().await.payload();
    assert_eq!(fields(&pushed, &["deleted", "commits", "head_commit"]), json!([true, [], null]));
    let closed = receiver.next().await;
    assert_eq!(closed.event(), "pull_request closed");
    assert_eq!(fields(&closed.payload(), &["pull_request/merged", "pull_request/state"]), json!([false, "closed"]));
    let gone = (422, true);
    let (status, why) = github.refused(Method::PATCH, "/pulls/1", json!({"state": "open"})).await;
    assert_eq!((status, why.contains("has been deleted")), gone, "{why}");
}

#[tokio::test]
async fn a_delivery_is_as_github_makes_it_and_is_sent_again_when_somebody_asks() {
    let world = World::new().await;
    let (_work, github) = opened(&world).await;
    let mut receiver = Receiver::new().await;
    receiver.answers(503);
    let made = github.post("/hooks", json!({"config": {"url": receiver.url, "secret": SECRET}})).await;
    let (id, ping) = (made["id"].clone(), receiver.next().await);
    assert_eq!(
        fields(&made, &["name", "active", "events", "config/content_type"]),
        json!(["web", true, ["push"], "form"])
    );
    assert_eq!(made["config"]["secret"], "********");
    assert!(ping.is_signed() && ping.body.starts_with(b"payload=%7B"), "{ping:?}");
    assert_eq!(ping.header("content-type"), "application/x-www-form-urlencoded");
    assert_eq!((ping.header("x-github-event"), ping.header("x-github-hook-id")), ("ping", id.to_string().as_str()));
    assert!(ping.header("user-agent").starts_with("GitHub-Hookshot/") && ping.header("x-hub-signature").len() == 45);

    let deliveries = format!("/hooks/{id}/deliveries");
    let first = loop {
        // It is written down when its answer is there.
        if let Some(first) = github.get(&deliveries).await[0].as_object() {
            break Value::from(first.clone());
        }
        tokio::task::yield_now().await;
    };
    let names = ["guid", "redelivery", "status", "status_code", "event", "action"];
    let guid = ping.header("x-github-delivery");
    let failed = "Invalid HTTP Response: 503";
    assert_eq!(fields(&first, &names), json!([guid, false, failed, 503, "ping", null]));
    receiver.answers(200);
    let attempts = format!("{deliveries}/{}/attempts", first["id"]);
    assert_eq!(github.ask(Method::POST, &attempts, &Value::Null).await.status, 202);
    let again = receiver.next().await;
    assert_eq!((again.header("x-github-delivery"), &again.body), (guid, &ping.body));
    github.ask(Method::POST, &format!("/hooks/{id}/pings"), &Value::Null).await;
    let other = receiver.next().await;
    assert_ne!(other.header("x-github-delivery"), guid);
    // Before it was told again, what became of the time before was written down.
    let listed = github.get(&deliveries).await;
    let second = listed.as_array().unwrap().iter().find(|one| one["redelivery"] == true).unwrap();
    assert_eq!(fields(second, &names[..4]), json!([guid, true, "OK", 200]));
    let whole = github.get(&format!("{deliveries}/{}", second["id"])).await;
    assert_eq!(fields(&whole, &["request/payload/hook_id", "url"]), json!([id, receiver.url]));
    assert!(github.get(&format!("/hooks/{id}")).await["last_response"]["code"].is_number());
}

#[tokio::test]
async fn a_webhook_is_changed_and_removed_and_hears_then_only_what_it_wants() {
    let world = World::new().await;
    let (work, github) = opened(&world).await;
    let mut receiver = Receiver::new().await;
    let hook = receiver.hook(&github, &["push", "delete"]).await;
    let path = format!("/hooks/{}", hook["id"]);
    let change = async |change: Value| github.ask(Method::PATCH, &path, &change).await.body;
    let changed = change(json!({"add_events": ["create"], "remove_events": ["push"]})).await;
    assert_eq!(changed["events"], json!(["create", "delete"]));
    push(&world, &work, "author", &["topic:a"]).await;
    assert_eq!(receiver.events(1).await, ["create"]);
    assert_eq!(change(json!({"active": false})).await["active"], false);
    push(&world, &work, "author", &["topic:b"]).await;
    let changed = change(json!({"active": true, "events": ["delete"], "config": {"content_type": "json"}})).await;
    assert_eq!(fields(&changed, &["config/url", "config/secret"]), json!([receiver.url, null]));
    push(&world, &work, "author", &[":a"]).await;
    let heard = receiver.next().await;
    assert_eq!((heard.event(), heard.header("x-hub-signature-256")), ("delete".to_owned(), ""));
    assert_eq!(github.get("/hooks").await.as_array().unwrap().len(), 1);
    assert_eq!(github.ask(Method::DELETE, &path, &Value::Null).await.status, 204);
    push(&world, &work, "author", &[":b"]).await;
    assert_eq!(github.get("/hooks").await, json!([]));
    receiver.hook(&github, &["delete"]).await;
}

#[tokio::test]
async fn what_cannot_be_a_webhook_is_refused() {
    let world = World::new().await;
    let (_work, github) = opened(&world).await;
    let mut receiver = Receiver::new().await;
    receiver.hook(&github, &["push"]).await;
    let here = json!({"url": receiver.url, "content_type": "json"});
    for (wanted, expected) in [
        (json!({}), "must contain URL"),
        (json!({"config": {}}), "must contain URL"),
        (json!({"config": {"url": "https://example.com/hook"}}), "this machine only"),
        (json!({"config": {"url": "http://192.0.2.1/"}}), "this machine only"),
        (json!({"config": here, "events": ["issues"]}), "is not told here"),
        (json!({"config": here, "name": "mail"}), "name is web"),
        (json!({"config": here, "events": ["push"]}), "Hook already exists"),
        (json!({"config": {"url": receiver.url, "content_type": "xml"}}), "Invalid request"),
    ] {
        let (status, why) = github.refused(Method::POST, "/hooks", wanted.clone()).await;
        assert!(status == 422 && why.contains(expected), "{wanted}: {status} {why}");
    }
    let absent = (404, "Not Found".to_owned());
    for (method, path) in [
        (Method::GET, "/hooks/1"),
        (Method::DELETE, "/hooks/1"),
        (Method::POST, "/hooks/1/pings"),
        (Method::GET, "/hooks/1/deliveries"),
        (Method::GET, "/hooks/x"),
    ] {
        assert_eq!(github.refused(method, path, Value::Null).await, absent, "{path}");
    }
}

#[tokio::test]
async fn only_who_says_who_they_are_sees_webhooks() {
    let world = World::with(Iam::Enforce).await;
    let (_work, github) = opened(&world).await;
    assert_eq!(github.get("/hooks").await, json!([]));
    let refused = GitHub::of(&world, None).refused(Method::GET, "/hooks", Value::Null).await;
    assert_eq!(refused, (401, "Requires authentication".to_owned()));
}
