//! Pull requests.

use serde_json::{Value, json};

use super::super::super::ids;
use super::super::super::pulls::PullRequest;
use super::super::link::{Place, node_id};
use super::{ASSOCIATION, GHOST, time, user};
use crate::repository::Extent;

/// What only one that is looked at by itself tells.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Detail {
    pub(in super::super) commits: usize,
    pub(in super::super) extent: Extent,
    /// Whether it can be merged; none when it is not open any more.
    pub(in super::super) mergeable: Option<bool>,
}

/// `pull-request`; `repository` is the one that it is of.
pub(in super::super) fn whole(place: &Place, repository: &Value, pull: &PullRequest, detail: Detail) -> Value {
    let Detail { commits, extent, mergeable } = detail;
    let mut shown = simple(place, repository, pull);
    let state = match mergeable {
        Some(true) => "clean",
        Some(false) => "dirty",
        None => "unknown",
    };
    let merged = pull.story.merged.as_ref();
    let more = json!({
        "merged": merged.is_some(),
        "merged_by": merged.and_then(|merged| merged.by.as_ref()).map(|login| user(place, login)),
        "mergeable": mergeable,
        "rebaseable": null,
        "mergeable_state": state,
        "comments": 0,
        "review_comments": 0,
        "maintainer_can_modify": false,
        "commits": commits,
        "additions": extent.additions,
        "deletions": extent.deletions,
        "changed_files": extent.files,
    });
    extend(&mut shown, more);
    shown
}

/// `pull-request-simple`
pub(in super::super) fn simple(place: &Place, repository: &Value, pull: &PullRequest) -> Value {
    let story = &pull.story;
    let id = ids::of(&format!("pull request {} {}", repository["id"], pull.number));
    let (html, merged) = (place.page(&format!("/pulls/{}", pull.number)), story.merged.as_ref());
    let mut shown = json!({
        "id": id,
        "node_id": node_id("PullRequest", id),
        "html_url": html,
        "diff_url": format!("{html}.diff"),
        "patch_url": format!("{html}.patch"),
        "number": pull.number,
        "state": if pull.is_open() { "open" } else { "closed" },
        "locked": false,
        "active_lock_reason": null,
        "title": pull.title,
        "user": user(place, story.opened_by.as_deref().unwrap_or(GHOST)),
        "body": story.body,
        "created_at": time(story.opened),
        "updated_at": time(story.updated),
        "closed_at": story.closed.map(time),
        "merged_at": merged.and(story.closed).map(time),
        "merge_commit_sha": merged.map(|merged| &merged.commit),
        "head": end(place, repository, &pull.source_branch, &pull.head),
        "base": end(place, repository, &pull.destination_branch, &story.base),
        "labels": [],
        "milestone": null,
        "assignee": null,
        "assignees": [],
        "requested_reviewers": [],
        "requested_teams": [],
        "author_association": ASSOCIATION,
        "auto_merge": null,
        "draft": false,
    });
    extend(&mut shown, links(place, pull, &html));
    shown
}

/// One of the branches, and where it is.
fn end(place: &Place, repository: &Value, branch: &str, commit: &str) -> Value {
    let label = format!("{}:{branch}", place.owner());
    json!({"label": label, "ref": branch, "sha": commit, "user": repository["owner"], "repo": repository})
}

/// What leads from a pull request to what it has.
fn links(place: &Place, pull: &PullRequest, html: &str) -> Value {
    let (url, issue) = (place.api(&format!("/pulls/{}", pull.number)), place.api(&format!("/issues/{}", pull.number)));
    let statuses = place.api(&format!("/statuses/{}", pull.head));
    let comment = place.api("/pulls/comments{/number}");
    let (comments, reviews, commits) =
        (format!("{issue}/comments"), format!("{url}/comments"), format!("{url}/commits"));
    let href = |url: &str| json!({"href": url});
    json!({
        "url": url,
        "issue_url": issue,
        "commits_url": commits,
        "review_comments_url": reviews,
        "review_comment_url": comment,
        "comments_url": comments,
        "statuses_url": statuses,
        "_links": {
            "self": href(&url),
            "html": href(html),
            "issue": href(&issue),
            "comments": href(&comments),
            "review_comments": href(&reviews),
            "review_comment": href(&comment),
            "commits": href(&commits),
            "statuses": href(&statuses),
        },
    })
}

fn extend(object: &mut Value, more: Value) {
    if let (Value::Object(object), Value::Object(more)) = (object, more) {
        object.extend(more);
    }
}
