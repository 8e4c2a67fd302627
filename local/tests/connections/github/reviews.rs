//! Reviews, from the first to the last of their states.

use reqwest::Method;
use serde_json::{Value, json};

use super::{GitHub, fields, opened, push};
use crate::world::World;

const REVIEWS: &str = "/pulls/1/reviews";

fn told(all: &Value) -> Vec<Value> {
    let one = |one: &Value| fields(one, &["user/login", "state", "commit_id", "body"]);
    all.as_array().unwrap().iter().map(one).collect()
}

#[tokio::test]
async fn a_review_says_who_approved_which_commit_also_when_there_is_another() {
    let world = World::new().await;
    let (work, author) = opened(&world).await;
    let [approver, reviewer] = ["approver", "reviewer"].map(|who| GitHub::of(&world, Some(who)));
    let first = work.head().await;
    let approve = json!({"event": "APPROVE"});
    let approved = approver.post(REVIEWS, approve.clone()).await;
    assert_eq!(approved["author_association"], "COLLABORATOR");
    assert!(approved["submitted_at"].is_string() && approved["id"].is_u64(), "{approved}");
    let second = work.commit("b", b"2\n").await;
    push(&world, &work, "author", &["topic"]).await;
    assert_eq!(author.get("/pulls/1").await["head"]["sha"], second);
    let changes = json!({"event": "REQUEST_CHANGES", "body": "Not so", "commit_id": first});
    let requested = reviewer.post(REVIEWS, changes).await;
    author.post(REVIEWS, json!({"event": "COMMENT", "body": "Why?"})).await;
    reviewer.post(REVIEWS, approve).await;
    let mut expected = vec![
        json!(["approver", "APPROVED", first, ""]),
        json!(["reviewer", "CHANGES_REQUESTED", first, "Not so"]),
        json!(["author", "COMMENTED", second, "Why?"]),
        json!(["reviewer", "APPROVED", second, ""]),
    ];
    assert_eq!(told(&author.get(REVIEWS).await), expected);

    let dismissals = format!("{REVIEWS}/{}/dismissals", requested["id"]);
    let answer = author.ask(Method::PUT, &dismissals, &json!({"message": "It was so"})).await;
    assert_eq!((answer.status, &answer.body["state"]), (200, &json!("DISMISSED")));
    expected[1][1] = json!("DISMISSED");
    assert_eq!(told(&author.get(REVIEWS).await), expected);
    assert_eq!(author.get(&format!("{REVIEWS}/{}", requested["id"])).await["body"], "Not so");
    let (status, why) = author.refused(Method::PUT, &dismissals, json!({"message": "again"})).await;
    assert!(status == 422 && why.contains("Can only dismiss"), "{status} {why}");
    let pages = author.pages(&format!("{REVIEWS}?per_page=2")).await;
    assert_eq!((pages.len(), told(&json!(pages.concat()))), (2, expected));
}

#[tokio::test]
async fn a_pending_review_is_its_writers_alone_until_it_is_submitted() {
    let world = World::new().await;
    let (_work, author) = opened(&world).await;
    let approver = GitHub::of(&world, Some("approver"));
    let pending = approver.post(REVIEWS, json!({"body": "Hm"})).await;
    assert_eq!((&pending["state"], pending.get("submitted_at")), (&json!("PENDING"), None));
    let one = format!("{REVIEWS}/{}", pending["id"]);
    assert_eq!(author.get(REVIEWS).await, json!([]));
    assert_eq!(author.refused(Method::GET, &one, Value::Null).await.0, 404);
    assert_eq!(approver.get(REVIEWS).await, json!([pending]));
    assert_eq!(approver.refused(Method::POST, REVIEWS, json!({})).await.0, 422, "one is enough");
    assert_eq!(approver.refused(Method::POST, &format!("{one}/events"), json!({})).await.0, 422);
    assert_eq!(author.refused(Method::POST, &format!("{one}/events"), json!({"event": "APPROVE"})).await.0, 404);
    let submitted = approver.post(&format!("{one}/events"), json!({"event": "APPROVE"})).await;
    assert_eq!(fields(&submitted, &["state", "body", "id"]), json!(["APPROVED", "Hm", pending["id"]]));
    assert_eq!(author.get(REVIEWS).await, json!([submitted]));
    assert_eq!(approver.refused(Method::DELETE, &one, Value::Null).await.0, 422, "it is submitted");

    let second = approver.post(REVIEWS, json!({})).await;
    let answer = approver.ask(Method::DELETE, &format!("{REVIEWS}/{}", second["id"]), &Value::Null).await;
    assert_eq!((answer.status, answer.body), (200, second));
    assert_eq!(approver.get(REVIEWS).await, json!([submitted]));
}

#[tokio::test]
async fn what_cannot_be_a_review_is_refused() {
    let world = World::new().await;
    let (_work, author) = opened(&world).await;
    let approver = GitHub::of(&world, Some("approver"));
    let post = async |who: &GitHub, body: Value| who.refused(Method::POST, REVIEWS, body).await;
    let (status, why) = post(&author, json!({"event": "APPROVE"})).await;
    assert!(status == 422 && why.contains("Can not approve your own pull request"), "{why}");
    let (status, why) = post(&author, json!({"event": "REQUEST_CHANGES", "body": "x"})).await;
    assert!(status == 422 && why.contains("your own pull request"), "{why}");
    for body in [
        json!({"event": "REQUEST_CHANGES"}),
        json!({"event": "COMMENT", "body": " "}),
        json!({"event": "SHRUG"}),
        json!({"event": "APPROVE", "commit_id": "0".repeat(40)}),
        json!([]),
    ] {
        assert_eq!(post(&approver, body.clone()).await.0, 422, "{body}");
    }
    assert_eq!(approver.refused(Method::POST, "/pulls/2/reviews", json!({"event": "APPROVE"})).await.0, 404);
    assert_eq!(approver.refused(Method::PUT, &format!("{REVIEWS}/7/dismissals"), json!({"message": "x"})).await.0, 404);
    assert_eq!(author.get(REVIEWS).await, json!([]));
}
