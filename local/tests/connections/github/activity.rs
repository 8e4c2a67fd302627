//! Who did what to branches.

use reqwest::Method;
use serde_json::{Value, json};

use super::{GitHub, fields, push, related};
use crate::world::World;

const NOTHING: &str = "0000000000000000000000000000000000000000";

fn told(all: &Value) -> Vec<Value> {
    let one = |one: &Value| fields(one, &["activity_type", "ref", "before", "after", "actor/login"]);
    all.as_array().unwrap().iter().map(one).collect()
}

#[tokio::test]
async fn each_push_says_who_did_what_to_which_branch() {
    let world = World::new().await;
    let (work, github) = (world.work("shop").await, GitHub::of(&world, None));
    let first = work.commit("a", b"1").await;
    work.git(&["push", "-q", &world.url("ada/shop"), "main", "main:topic"]).await;
    let second = work.commit("a", b"2").await;
    work.git(&["tag", "v1"]).await;
    push(&world, &work, "approver", &["main", "v1"]).await;
    work.git(&["reset", "-q", "--hard", &first]).await;
    let other = work.commit("a", b"3").await;
    push(&world, &work, "author", &["-f", "main"]).await;
    push(&world, &work, "somebody", &[":topic"]).await;

    let all = github.get("/activity").await;
    let expected = [
        json!(["branch_deletion", "refs/heads/topic", first, NOTHING, null]),
        json!(["force_push", "refs/heads/main", second, other, "author"]),
        json!(["push", "refs/heads/main", first, second, "approver"]),
        json!(["branch_creation", "refs/heads/topic", NOTHING, first, "author"]),
        json!(["branch_creation", "refs/heads/main", NOTHING, first, "author"]),
    ];
    assert_eq!(told(&all), expected);
    for (query, chosen) in [
        ("ref=refs/heads/topic", &[0, 3][..]),
        ("ref=main&actor=author", &[1, 4]),
        ("actor=Approver", &[2]),
        ("activity_type=branch_creation", &[3, 4]),
        ("time_period=day&ref=topic", &[0, 3]),
        ("ref=absent", &[]),
    ] {
        let expected: Vec<&Value> = chosen.iter().map(|at| &expected[*at]).collect();
        assert_eq!(
            told(&github.get(&format!("/activity?{query}")).await).iter().collect::<Vec<_>>(),
            expected,
            "{query}"
        );
    }
    let mut oldest_first = told(&github.get("/activity?direction=asc").await);
    oldest_first.reverse();
    assert_eq!(oldest_first, expected);
    let actor = &all[2]["actor"];
    assert_eq!(fields(actor, &["login", "type"]), json!(["approver", "User"]));
    assert!(actor["id"].is_u64() && all[0]["id"].is_u64() && all[0]["id"] != all[1]["id"], "{all}");
}

#[tokio::test]
async fn it_has_pages_that_lead_to_each_other() {
    let world = World::new().await;
    let (work, github) = (world.work("shop").await, GitHub::of(&world, None));
    for n in 0..5 {
        work.commit("a", &[b'0' + n]).await;
        push(&world, &work, "author", &["main"]).await;
    }
    let whole = github.get("/activity").await;
    let pages = github.pages("/activity?per_page=2&ref=main").await;
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2, 1]);
    assert_eq!(json!(pages.concat()), whole);
    let first = github.ask(Method::GET, "/activity?per_page=2", &Value::Null).await;
    let second = github.request(Method::GET, related(&first.link, "next").unwrap(), &Value::Null).await;
    let back = github.request(Method::GET, related(&second.link, "prev").unwrap(), &Value::Null).await;
    assert_eq!(back.body, first.body);
    assert_eq!(related(&first.link, "prev"), None);
}

#[tokio::test]
async fn what_there_is_not_and_what_cannot_be_is_refused() {
    let world = World::new().await;
    let github = GitHub::of(&world, None);
    let not_found = (404, "Not Found".to_owned());
    assert_eq!(github.refused(Method::GET, "/activity", Value::Null).await, not_found);
    let work = world.work("shop").await;
    work.commit("a", b"1").await;
    work.git(&["push", "-q", &world.url("ada/shop"), "main"]).await;
    for query in ["direction=up", "activity_type=walk", "time_period=hour", "after=x"] {
        let (status, why) = github.refused(Method::GET, &format!("/activity?{query}"), Value::Null).await;
        assert_eq!(status, 422, "{query}: {why}");
    }
    for path in ["/issues", "/commits", "/pulls/x", "/pulls/1"] {
        assert_eq!(github.refused(Method::GET, path, Value::Null).await, not_found, "{path}");
    }
    assert_eq!(github.refused(Method::POST, "/activity", Value::Null).await, not_found);
    let nobody = GitHub::of(&world, Some("nobody"));
    let bad = (401, "Bad credentials".to_owned());
    assert_eq!(nobody.refused(Method::GET, "/activity", Value::Null).await, bad);
}
