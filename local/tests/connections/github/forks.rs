//! Pull requests that are drafts, that are from forks, and that wish for a number.

use reqwest::Method;
use serde_json::{Value, json};

use super::receiver::Receiver;
use super::{fields, opened, push};
use crate::world::World;

#[tokio::test]
async fn a_pull_request_from_a_fork_follows_that_forks_branch() {
    let world = World::new().await;
    let (work, github) = opened(&world).await;
    let mut receiver = Receiver::new().await;
    receiver.hook(&github, &["pull_request"]).await;
    let fork = world.url("bob/shop");
    let wanted = json!({"title": "Mine", "head": "bob:mine", "base": "main"});
    let (status, why) = github.refused(Method::POST, "/pulls", wanted.clone()).await;
    assert!(status == 422 && why.contains(r#""field":"head""#), "there is no such fork: {why}");
    work.git(&["checkout", "-qb", "mine"]).await;
    let first = work.commit("c", b"1\n").await;
    work.git(&["push", "-q", &fork, "main", "mine", "mine:topic"]).await;
    let pull = github.post("/pulls", wanted.clone()).await;
    let names = ["head/label", "head/repo/full_name", "head/repo/fork", "base/repo/full_name", "head/sha", "commits"];
    assert_eq!(fields(&pull, &names), json!(["bob:mine", "bob/shop", true, "ada/shop", first, 2]));
    assert_ne!(pull["head"]["repo"]["id"], pull["base"]["repo"]["id"]);
    assert_eq!(receiver.events(1).await, ["pull_request opened"]);
    let (status, why) = github.refused(Method::POST, "/pulls", wanted).await;
    assert!(status == 422 && why.contains("already exists for bob:mine"), "{why}");
    // A status is of a commit that came from there.
    github.post(&format!("/statuses/{first}"), json!({"state": "success"})).await;
    let second = work.commit("c", b"2\n").await;
    push(&world, &work, "author", &["mine"]).await;
    work.git(&["push", "-q", &fork, "mine"]).await;
    let heard = receiver.next().await;
    assert_eq!(heard.event(), "pull_request synchronize", "of the fork's branch, and not of the own one of that name");
    assert_eq!(fields(&heard.payload(), &["number", "before", "after"]), json!([2, first, second]));
    let listed = github.get("/pulls?head=bob:mine").await;
    assert_eq!(fields(&listed, &["0/number", "1"]), json!([2, null]));
    work.git(&["push", "-q", &fork, ":mine"]).await;
    assert_eq!(receiver.events(1).await, ["pull_request closed"]);
}

#[tokio::test]
async fn a_draft_is_not_merged_before_it_is_ready() {
    let world = World::new().await;
    let (work, github) = opened(&world).await;
    push(&world, &work, "author", &["topic:draft"]).await;
    let wanted = json!({"title": "Draft", "head": "draft", "base": "main", "draft": true});
    let pull = github.post("/pulls", wanted).await;
    assert_eq!(fields(&pull, &["draft", "mergeable_state"]), json!([true, "draft"]));
    let (status, why) = github.refused(Method::PUT, "/pulls/2/merge", json!({})).await;
    assert_eq!((status, why.as_str()), (405, "Pull Request is still a draft"));
    github.ask(Method::PATCH, "/pulls/2", &json!({"draft": false})).await;
    assert_eq!(github.ask(Method::PUT, "/pulls/2/merge", &json!({})).await.status, 200);
}

#[tokio::test]
async fn a_number_that_is_wished_for_is_given_where_it_is_free() {
    let world = World::new().await;
    let (work, github) = opened(&world).await;
    let mut given = Vec::new();
    for (branch, wish) in [("a", json!(42)), ("b", json!(42)), ("c", json!(7)), ("d", Value::Null), ("e", json!(0))] {
        push(&world, &work, "author", &[&format!("topic:{branch}")]).await;
        let wanted = json!({"title": branch, "head": branch, "base": "main", "number": wish});
        given.push(github.post("/pulls", wanted).await["number"].as_u64().unwrap());
    }
    assert_eq!(given, [42, 43, 7, 44, 45]);
}
