//! Statuses of commits.

use serde_json::{Value, json};

use super::super::super::statuses::{State, Status};
use super::super::link::{Place, node_id};
use super::{extend, time, user};

/// What a commit's statuses come to.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Combined<'a> {
    pub(in super::super) commit: &'a str,
    pub(in super::super) state: State,
    pub(in super::super) count: usize,
}

/// `status`
pub(in super::super) fn status(place: &Place, commit: &str, status: &Status) -> Value {
    let mut shown = simple(place, commit, status);
    extend(&mut shown, json!({"creator": user(place, &status.creator)}));
    shown
}

/// `simple-commit-status`
pub(in super::super) fn simple(place: &Place, commit: &str, status: &Status) -> Value {
    let Status { id, state, target_url, description, context, creator, at } = status;
    json!({
        "url": place.api(&format!("/statuses/{commit}")),
        "avatar_url": user(place, creator)["avatar_url"],
        "id": id,
        "node_id": node_id("StatusContext", id),
        "state": state,
        "description": description,
        "target_url": target_url,
        "context": context,
        "created_at": time(*at),
        "updated_at": time(*at),
    })
}

/// `combined-commit-status`
pub(in super::super) fn combined(place: &Place, told: Combined, statuses: &[Value], repository: &Value) -> Value {
    let Combined { commit, state, count } = told;
    json!({
        "state": state,
        "statuses": statuses,
        "sha": commit,
        "total_count": count,
        "repository": repository,
        "commit_url": place.api(&format!("/commits/{commit}")),
        "url": place.api(&format!("/commits/{commit}/status")),
    })
}
