//! Comments on pull requests.

use serde_json::{Value, json};

use super::super::super::comments::Comment;
use super::super::link::{Place, node_id};
use super::{ASSOCIATION, time, user};

/// `issue-comment`
pub(in super::super) fn comment(place: &Place, comment: &Comment) -> Value {
    let Comment { id, number, user: by, body, created, updated } = comment;
    json!({
        "id": id,
        "node_id": node_id("IssueComment", id),
        "url": place.api(&format!("/issues/comments/{id}")),
        "html_url": place.page(&format!("/pulls/{number}#issuecomment-{id}")),
        "issue_url": place.api(&format!("/issues/{number}")),
        "body": body,
        "user": user(place, by),
        "created_at": time(*created),
        "updated_at": time(*updated),
        "author_association": ASSOCIATION,
        "performed_via_github_app": null,
    })
}
