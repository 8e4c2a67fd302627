//! Pull requests.

use serde_json::{Value, json};

use super::super::super::ids;
use super::super::super::pulls::PullRequest;
use super::super::link::{Place, node_id};
use super::repository::Repositories;
use super::{ASSOCIATION, GHOST, extend, time, user};
use crate::repository::Extent;

/// What only one that is looked at by itself tells.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Detail {
    pub(in super::super) comments: usize,
    pub(in super::super) commits: usize,
    pub(in super::super) extent: Extent,
    /// Whether it can be merged; none when it is not open any more.
    pub(in super::super) mergeable: Option<bool>,
}

/// `pull-request`
pub(in super::super) fn whole(place: &Place, repositories: &Repositories, pull: &PullRequest, detail: Detail) -> Value {
    let Detail { comments, commits, extent, mergeable } = detail;
    let mut shown = simple(place, repositories, pull);
    let state = match mergeable {
        Some(_) if pull.story.draft => "draft",
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
        "comments": comments,
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
pub(in super::super) fn simple(place: &Place, repositories: &Repositories, pull: &PullRequest) -> Value {
    let (story, own) = (&pull.story, &repositories.own);
    let id = ids::of(&format!("pull request {} {}", own["id"], pull.number));
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
        "head": end(place, pull.owner(place.owner()), repositories.head(pull), &pull.source_branch, &pull.head),
        "base": end(place, place.owner(), own, &pull.destination_branch, &story.base),
        "labels": [],
        "milestone": null,
        "assignee": null,
        "assignees": [],
        "requested_reviewers": [],
        "requested_teams": [],
        "author_association": ASSOCIATION,
        "auto_merge": null,
        "draft": story.draft,
    });
    extend(&mut shown, links(place, pull, &html));
    shown
}

/// One of the branches, and where it is; a fork may be gone.
fn end(place: &Place, owner: &str, repository: &Value, branch: &str, commit: &str) -> Value {
    let label = format!("{owner}:{branch}");
    json!({"label": label, "ref": branch, "sha": commit, "user": user(place, owner), "repo": repository})
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
