//! What one commit has and another has not.

use reqwest::Method;
use serde_json::{Value, json};

use super::{GitHub, fields, opened, push};
use crate::world::World;

const NAMES: [&str; 4] = ["status", "ahead_by", "behind_by", "total_commits"];

fn ids(comparison: &Value) -> Vec<&str> {
    comparison["commits"].as_array().unwrap().iter().map(|one| one["sha"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_comparison_has_what_the_head_has_and_the_base_has_not_the_oldest_first() {
    let world = World::new().await;
    let (work, github) = opened(&world).await;
    let fork = work.git(&["rev-parse", "main"]).await.trim_end().to_owned();
    let first = work.head().await;
    let second = work.commit("b", b"2\n").await;
    work.git(&["checkout", "-q", "main"]).await;
    let other = work.commit("c", b"1\n").await;
    push(&world, &work, "author", &["main", "topic", "topic:feature/one"]).await;

    let ahead = github.get(&format!("/compare/{fork}...{second}")).await;
    assert_eq!(fields(&ahead, &NAMES), json!(["ahead", 2, 0, 2]));
    assert_eq!(ids(&ahead), [&first, &second]);
    assert_eq!(fields(&ahead, &["base_commit/sha", "merge_base_commit/sha"]), json!([fork, fork]));
    assert_eq!(ahead["commits"][1], github.get(&format!("/commits/{second}")).await);
    assert_eq!(github.get(&format!("/compare/{fork}...feature/one")).await, ahead);

    let diverged = github.get(&format!("/compare/{other}...{second}")).await;
    assert_eq!(fields(&diverged, &NAMES), json!(["diverged", 2, 1, 2]));
    assert_eq!((ids(&diverged), &diverged["merge_base_commit"]["sha"]), (vec![&first[..], &second], &json!(fork)));
    let behind = github.get(&format!("/compare/{second}...{fork}")).await;
    assert_eq!((fields(&behind, &NAMES), ids(&behind).len()), (json!(["behind", 0, 2, 0]), 0));
    let same = github.get("/compare/topic...topic").await;
    assert_eq!((fields(&same, &NAMES), ids(&same).len()), (json!(["identical", 0, 0, 0]), 0));
}

#[tokio::test]
async fn it_has_pages_each_with_the_whole_count() {
    let world = World::new().await;
    let (work, github) = opened(&world).await;
    for n in 0..4 {
        work.commit("b", &[b'2' + n]).await;
    }
    push(&world, &work, "author", &["topic"]).await;
    let whole = github.get("/compare/main...topic").await;
    let mut found = Vec::new();
    for (page, count, leads) in [(1, 2, true), (2, 2, true), (3, 1, false)] {
        let path = format!("/compare/main...topic?per_page=2&page={page}");
        let answer = github.ask(Method::GET, &path, &Value::Null).await;
        assert_eq!((ids(&answer.body).len(), &answer.body["total_commits"]), (count, &json!(5)), "{page}");
        assert_eq!(answer.link.contains("rel=\"next\""), leads, "{}", answer.link);
        found.extend(ids(&answer.body).into_iter().map(str::to_owned));
    }
    assert_eq!(ids(&whole), found);
}

#[tokio::test]
async fn what_there_is_not_cannot_be_compared() {
    let world = World::new().await;
    let (work, github) = opened(&world).await;
    work.git(&["checkout", "-q", "--orphan", "alone"]).await;
    work.commit("z", b"1").await;
    push(&world, &work, "author", &["alone"]).await;
    let absent = "0".repeat(40);
    for ends in
        [format!("{absent}...topic"), format!("main...{absent}"), "main...alone".to_owned(), "main..topic".to_owned()]
    {
        let refused = github.refused(Method::GET, &format!("/compare/{ends}"), Value::Null).await;
        assert_eq!(refused, (404, "Not Found".to_owned()), "{ends}");
    }
    let nobody = GitHub::of(&world, Some("nobody"));
    assert_eq!(nobody.refused(Method::GET, "/compare/main...topic", Value::Null).await.0, 401);
}
