//! What GitHub tells of a release: a pull request that somebody reviewed and the author merged.

use serde_json::{Value, json};

use crate::gate::desk::Desk;
use crate::gate::release::{self, COMMIT};

pub(super) const ACTIVITY: &str = "github:activity";
pub(super) const PULL: &str = "github:pulls/7";
pub(super) const REVIEWS: &str = "github:pulls/7/reviews";
pub(super) const HEAD: &str = "1111111111111111111111111111111111111111";

pub(super) fn commit_path() -> String {
    format!("github:commits/{COMMIT}")
}

pub(super) fn pulls_path() -> String {
    format!("github:commits/{COMMIT}/pulls")
}

pub(super) fn commit(sha: &str, who: &str) -> Value {
    let signature = json!({"name": who, "email": format!("{who}@example.com"), "date": "2026-01-01T00:00:00Z"});
    let said =
        json!({"author": signature, "committer": signature, "message": "m", "verification": {"verified": false}});
    json!({"sha": sha, "commit": said, "author": {"login": who}, "committer": {"login": who}})
}

pub(super) fn pushed(by: &Value) -> Value {
    json!({"after": COMMIT, "before": HEAD, "ref": "refs/heads/main", "activity_type": "pr_merge", "actor": by})
}

/// Where the commits of the pull request came from.
pub(super) fn updated() -> Value {
    json!({"after": HEAD, "before": HEAD, "ref": "refs/heads/topic", "activity_type": "push", "actor": {"login": "author"}})
}

fn tip(branch: &str) -> Value {
    json!({"ref": branch, "sha": HEAD, "repo": {"id": 1}})
}

pub(super) fn pull() -> Value {
    json!({
        "number": 7, "state": "closed", "user": {"login": "author"}, "merged_at": "2026-01-01T00:00:00Z",
        "merge_commit_sha": COMMIT, "commits": 1,
        "head": tip("topic"), "base": tip("main"),
    })
}

pub(super) fn review(n: u32, who: &str, state: &str, of: &str) -> Value {
    let submitted = format!("2026-01-01T00:00:{n:02}Z");
    json!({"id": n, "user": {"login": who}, "state": state, "submitted_at": submitted, "commit_id": of})
}

/// All of it, and the release.
pub(super) fn tell(desk: &Desk) {
    release::tell(desk);
    desk.json(&commit_path(), &commit(COMMIT, "author"));
    desk.json(ACTIVITY, &json!([pushed(&json!({"login": "author"})), updated()]));
    desk.json(&pulls_path(), &json!([pull()]));
    desk.json(PULL, &pull());
    desk.json("github:pulls/7/commits", &json!([commit(HEAD, "author")]));
    desk.json(REVIEWS, &json!([review(1, "reviewer", "APPROVED", HEAD)]));
}
