//! Where permission is needed.

use flowgate::cloud::authority::Iam;
use reqwest::Method;
use serde_json::{Value, json};

use super::{GitHub, opened};
use crate::world::World;

#[tokio::test]
async fn everybody_may_read_and_who_changes_something_says_who_they_are() {
    let world = World::with(Iam::Enforce).await;
    let (work, _author) = opened(&world).await;
    let nobody = GitHub::of(&world, None);
    assert_eq!(nobody.get("/activity?ref=topic").await[0]["after"], work.head().await);
    assert_eq!(nobody.get("/compare/main...topic").await["total_commits"], 1);
    let approve = json!({"event": "APPROVE"});
    let refused = (401, "Requires authentication".to_owned());
    assert_eq!(nobody.refused(Method::POST, "/pulls/1/reviews", approve.clone()).await, refused);
    let bad = (401, "Bad credentials".to_owned());
    let stranger = GitHub::of(&world, Some("stranger"));
    assert_eq!(stranger.refused(Method::GET, "/pulls/1", Value::Null).await, bad);
    let approved = GitHub::of(&world, Some("approver")).post("/pulls/1/reviews", approve).await;
    assert_eq!(approved["user"]["login"], "approver");
}
