//! Reviews.

use serde_json::{Value, json};

use super::super::super::pulls::Review;
use super::super::link::{Place, node_id};
use super::{ASSOCIATION, time, user};

/// `pull-request-review`
pub(in super::super) fn review(place: &Place, number: u64, review: &Review) -> Value {
    let html = place.page(&format!("/pulls/{number}#pullrequestreview-{}", review.id));
    let pull = place.api(&format!("/pulls/{number}"));
    let mut shown = json!({
        "id": review.id,
        "node_id": node_id("PullRequestReview", review.id),
        "user": user(place, &review.user),
        "body": review.body,
        "state": review.verdict,
        "commit_id": review.commit,
        "html_url": html,
        "pull_request_url": pull,
        "_links": {"html": {"href": html}, "pull_request": {"href": pull}},
        "author_association": ASSOCIATION,
    });
    if let Some(at) = review.submitted {
        shown["submitted_at"] = json!(time(at));
    }
    shown
}
