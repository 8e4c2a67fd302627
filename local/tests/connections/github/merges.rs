//! Pull requests merged: by GitHub in three ways, and by a push.

use reqwest::Method;
use serde_json::{Value, json};

use super::{GitHub, fields, opened, push};
use crate::world::World;

/// Merges number 1 as the approver.
async fn merge(world: &World, body: Value) -> String {
    let answer = GitHub::of(world, Some("approver")).ask(Method::PUT, "/pulls/1/merge", &body).await;
    assert_eq!((answer.status, &answer.body["merged"]), (200, &json!(true)), "{answer:?}");
    answer.body["sha"].as_str().unwrap().to_owned()
}

/// Who made a commit, as far as git and the accounts say, and whether GitHub vouches for it.
fn makers(commit: &Value) -> Value {
    let names = ["commit/author/email", "author/login", "commit/committer/email", "committer/login"];
    fields(commit, &[&names[..], &["commit/verification/verified"]].concat())
}

/// The newest thing that was done to main.
async fn newest(github: &GitHub) -> Value {
    let all = github.get("/activity?ref=main").await;
    fields(&all[0], &["activity_type", "after", "actor/login"])
}

#[tokio::test]
async fn a_merge_joins_both_branches_and_starts_what_waits_for_either() {
    let world = World::new().await;
    world.pipeline("main", &json!({"push": [{"branches": {"includes": ["main"]}}]}));
    world.pipeline("closed", &json!({"pullRequest": [{"events": ["CLOSED"], "branches": {"includes": ["main"]}}]}));
    let (work, github) = opened(&world).await;
    let (base, head) = (work.git(&["rev-parse", "main"]).await.trim_end().to_owned(), work.head().await);
    assert_eq!(github.refused(Method::GET, "/pulls/1/merge", Value::Null).await.0, 404);
    let commit = merge(&world, json!({"sha": head})).await;
    let shown = github.get(&format!("/commits/{commit}")).await;
    let parents: Vec<&Value> = shown["parents"].as_array().unwrap().iter().map(|parent| &parent["sha"]).collect();
    assert_eq!(parents, [&json!(base), &json!(head)]);
    assert_eq!(shown["commit"]["message"], "Merge pull request #1 from ada/topic\n\nTopic");
    let expected = json!(["approver@example.com", "approver", "noreply@github.com", "web-flow", true]);
    assert_eq!(makers(&shown), expected);
    let pull = github.get("/pulls/1").await;
    let names = ["state", "merged", "merged_by/login", "merge_commit_sha", "user/login", "mergeable", "commits"];
    assert_eq!(fields(&pull, &names), json!(["closed", true, "approver", commit, "author", null, 1]));
    assert_eq!(pull["merged_at"], pull["closed_at"]);
    assert_eq!(newest(&github).await, json!(["pr_merge", commit, "approver"]));
    assert_eq!(world.told("main").await[1..], [format!("PUSH main {}", &commit[..7])]);
    assert_eq!(world.told("closed").await, [format!("PULL_REQUEST_CLOSED topic {}", &head[..7])]);
    assert_eq!(github.ask(Method::GET, "/pulls/1/merge", &Value::Null).await.status, 204);
    assert_eq!(work.git(&["ls-remote", &world.url("ada/shop"), "main"]).await.split('\t').next(), Some(&*commit));
    for of in [&commit, &head] {
        let found = github.get(&format!("/commits/{of}/pulls")).await;
        assert_eq!(found.as_array().unwrap().iter().map(|one| &one["number"]).collect::<Vec<_>>(), [1], "{of}");
    }
    assert_eq!(github.get(&format!("/commits/{base}/pulls")).await, json!([]));
}

#[tokio::test]
async fn a_squash_is_one_commit_of_who_opened_it() {
    let world = World::new().await;
    let (work, github) = opened(&world).await;
    let head = work.commit("c", b"1\n").await;
    push(&world, &work, "author", &["topic"]).await;
    let commit = merge(&world, json!({"merge_method": "squash"})).await;
    let shown = github.get(&format!("/commits/{commit}")).await;
    assert_eq!(makers(&shown), json!(["author@example.com", "author", "noreply@github.com", "web-flow", true]));
    assert_eq!(shown["parents"].as_array().unwrap().len(), 1);
    let message = "Topic (#1)\n\n* Change b\n\n* Change c\n\nCo-authored-by: Ada <ada@example.com>";
    assert_eq!(shown["commit"]["message"], message);
    assert_eq!(newest(&github).await, json!(["pr_merge", commit, "approver"]));
    assert_eq!(github.get("/pulls/1/commits").await.as_array().unwrap().len(), 2);
    // Its own commits are nowhere on main, and are still its own.
    for of in [&commit, &head] {
        assert_eq!(github.get(&format!("/commits/{of}/pulls")).await[0]["merge_commit_sha"], commit, "{of}");
    }
}

#[tokio::test]
async fn a_rebase_makes_the_commits_anew_for_who_merges() {
    let world = World::new().await;
    let (work, github) = opened(&world).await;
    work.commit("c", b"1\n").await;
    push(&world, &work, "author", &["topic"]).await;
    work.git(&["checkout", "-q", "main"]).await;
    let base = work.commit("a", b"2\n").await;
    push(&world, &work, "author", &["main"]).await;
    let commit = merge(&world, json!({"merge_method": "rebase"})).await;
    let last = github.get(&format!("/commits/{commit}")).await;
    let first = github.get(&format!("/commits/{}", last["parents"][0]["sha"].as_str().unwrap())).await;
    for (shown, message) in [(&last, "Change c"), (&first, "Change b")] {
        assert_eq!(makers(shown), json!(["ada@example.com", null, "approver@example.com", "approver", false]));
        assert_eq!(shown["commit"]["message"], message);
        let found = github.get(&format!("/commits/{}/pulls", shown["sha"].as_str().unwrap())).await;
        assert_eq!(found[0]["number"], 1);
    }
    assert_eq!(first["parents"][0]["sha"], base);
    assert_eq!(newest(&github).await, json!(["pr_merge", commit, "approver"]));
    assert_eq!(github.get("/pulls/1").await["merge_commit_sha"], commit);
}

#[tokio::test]
async fn a_push_that_brings_the_head_merges_it_for_who_pushed() {
    let world = World::new().await;
    let (work, github) = opened(&world).await;
    work.git(&["checkout", "-q", "main"]).await;
    let before = work.commit("a", b"2\n").await;
    work.git(&["merge", "-q", "--no-ff", "-m", "Join", "topic"]).await;
    let joined = work.head().await;
    let after = work.commit("a", b"3\n").await;
    push(&world, &work, "approver", &["main"]).await;
    let pull = github.get("/pulls/1").await;
    let names = ["state", "merged", "merged_by/login", "merge_commit_sha"];
    assert_eq!(fields(&pull, &names), json!(["closed", true, "approver", joined]));
    assert_eq!(newest(&github).await, json!(["push", after, "approver"]));
    assert_eq!(makers(&github.get(&format!("/commits/{joined}")).await)[4], false, "it is nobody's word but git's");
    // What was pushed beside it went through no pull request.
    for (of, number) in [(&before, 0), (&joined, 1), (&after, 0)] {
        assert_eq!(github.get(&format!("/commits/{of}/pulls")).await.as_array().unwrap().len(), number, "{of}");
    }
}

#[tokio::test]
async fn what_cannot_be_merged_stays_open_and_moves_nothing() {
    let world = World::new().await;
    let (work, github) = opened(&world).await;
    let approver = GitHub::of(&world, Some("approver"));
    let refused = async |body: Value| approver.refused(Method::PUT, "/pulls/1/merge", body).await;
    let moved = (409, "Head branch was modified. Review and try the merge again.".to_owned());
    assert_eq!(refused(json!({"sha": "0".repeat(40)})).await, moved);
    assert_eq!(refused(json!({"merge_method": "octopus"})).await.0, 422);
    work.git(&["checkout", "-q", "main"]).await;
    let main = work.commit("b", b"other\n").await;
    push(&world, &work, "author", &["main"]).await;
    let pull = github.get("/pulls/1").await;
    assert_eq!(fields(&pull, &["mergeable", "mergeable_state"]), json!([false, "dirty"]));
    let not_mergeable = (405, "Pull Request is not mergeable".to_owned());
    for method in ["merge", "squash", "rebase"] {
        assert_eq!(refused(json!({"merge_method": method})).await, not_mergeable, "{method}");
    }
    assert_eq!(newest(&github).await, json!(["push", main, "author"]));
    assert_eq!(github.get("/pulls/1").await["state"], "open");
    approver.ask(Method::PATCH, "/pulls/1", &json!({"state": "closed"})).await;
    assert_eq!(refused(json!({})).await, not_mergeable);
}
