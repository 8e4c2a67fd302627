//! Commits.

use serde_json::{Value, json};

use super::super::super::activity::{Activity, Kind};
use super::super::super::people;
use super::super::link::{Place, node_id};
use super::super::merging::COMMITTER;
use super::{WEB_FLOW, time, user};
use crate::repository::{Commit, Signature};

/// `commit`, without its files. GitHub vouches for what it made itself when it merged, and nobody signs anything else.
pub(in super::super) fn commit(place: &Place, commit: &Commit, activity: &[Activity]) -> Value {
    let id = &commit.id;
    let merge = activity.iter().find(|one| one.kind == Kind::PrMerge && one.after == *id);
    let made_here = merge.filter(|_| commit.committer.email == COMMITTER.1);
    let parent = |parent: &String| {
        let (url, html_url) = (place.api(&format!("/commits/{parent}")), place.page(&format!("/commit/{parent}")));
        json!({"sha": parent, "url": url, "html_url": html_url})
    };
    json!({
        "sha": id,
        "node_id": node_id("Commit", id),
        "url": place.api(&format!("/commits/{id}")),
        "html_url": place.page(&format!("/commit/{id}")),
        "comments_url": place.api(&format!("/commits/{id}/comments")),
        "commit": {
            "url": place.api(&format!("/git/commits/{id}")),
            "author": signature(&commit.author),
            "committer": signature(&commit.committer),
            "message": commit.message,
            "comment_count": 0,
            "tree": {"sha": commit.tree, "url": place.api(&format!("/git/trees/{}", commit.tree))},
            "verification": {
                "verified": made_here.is_some(),
                "reason": if made_here.is_some() { "valid" } else { "unsigned" },
                "signature": null,
                "payload": null,
                "verified_at": made_here.map(|one| time(one.at)),
            },
        },
        "author": account(place, &commit.author),
        "committer": account(place, &commit.committer),
        "parents": commit.parents.iter().map(parent).collect::<Vec<_>>(),
    })
}

/// A commit as a push tells of it, without its files.
pub(in super::super) fn pushed(place: &Place, commit: &Commit) -> Value {
    let id = &commit.id;
    json!({
        "id": id,
        "tree_id": commit.tree,
        "distinct": true,
        "message": commit.message,
        "timestamp": time(commit.committer.date),
        "url": place.page(&format!("/commit/{id}")),
        "author": committer(&commit.author),
        "committer": committer(&commit.committer),
    })
}

fn committer(signature: &Signature) -> Value {
    let login = if signature.email == COMMITTER.1 { Some(WEB_FLOW) } else { people::of_address(&signature.email) };
    json!({"name": signature.name, "email": signature.email, "username": login})
}

fn signature(signature: &Signature) -> Value {
    json!({"name": signature.name, "email": signature.email, "date": time(signature.date)})
}

/// Whose account the address belongs to, if it does to one.
fn account(place: &Place, signature: &Signature) -> Option<Value> {
    let login = if signature.email == COMMITTER.1 { Some(WEB_FLOW) } else { people::of_address(&signature.email) };
    login.map(|login| user(place, login))
}
