//! The things of the API, with all the fields that are documented.

use serde_json::{Value, json};

/// A commit id.
pub(crate) fn sha(digit: char) -> String {
    digit.to_string().repeat(40)
}

/// An account.
pub(crate) fn user(login: &str) -> Value {
    let api = format!("https://api.github.com/users/{login}");
    json!({
        "login": login, "id": 583_231, "node_id": "MDQ6VXNlcjE=", "gravatar_id": "", "user_view_type": "public",
        "avatar_url": format!("https://github.com/images/{login}.gif"), "url": api,
        "html_url": format!("https://github.com/{login}"), "followers_url": format!("{api}/followers"),
        "following_url": format!("{api}/following{{/other_user}}"), "gists_url": format!("{api}/gists{{/gist_id}}"),
        "starred_url": format!("{api}/starred{{/owner}}{{/repo}}"), "subscriptions_url": format!("{api}/subscriptions"),
        "organizations_url": format!("{api}/orgs"), "repos_url": format!("{api}/repos"),
        "events_url": format!("{api}/events{{/privacy}}"), "received_events_url": format!("{api}/received_events"),
        "type": if login.ends_with("[bot]") { "Bot" } else { "User" }, "site_admin": false,
    })
}

/// What happened to a branch.
pub(crate) fn activity(kind: &str, after: &str, actor: Option<&str>) -> Value {
    json!({
        "id": 1_296_269, "node_id": "MDEwOlJlcG9zaXRvcnkxMjk2MjY5", "before": sha('0'), "after": after,
        "ref": "refs/heads/main", "timestamp": "2026-11-21T12:00:00Z", "activity_type": kind, "actor": actor.map(user),
    })
}

/// The same, of another branch.
pub(crate) fn on(branch: &str, mut activity: Value) -> Value {
    activity["ref"] = json!(format!("refs/heads/{branch}"));
    activity
}

/// A page of a comparison of which there are so many commits.
pub(crate) fn comparison(commits: &[&Value], total: usize) -> Value {
    let alice = (Some("alice"), "alice@example.com");
    let base = commit(&sha('0'), alice, alice);
    json!({
        "url": "u", "html_url": "h", "permalink_url": "p", "diff_url": "d", "patch_url": "p", "base_commit": base,
        "merge_base_commit": base, "status": "ahead", "ahead_by": total, "behind_by": 0, "total_commits": total,
        "commits": commits, "files": [],
    })
}

/// A commit of these people: a login, where GitHub knows one, and an address.
pub(crate) fn commit(sha: &str, author: (Option<&str>, &str), committer: (Option<&str>, &str)) -> Value {
    let signature =
        |(_, email): (Option<&str>, &str)| json!({"name": "Somebody", "email": email, "date": "2026-11-21T12:00:00Z"});
    let unsigned =
        json!({"verified": false, "reason": "unsigned", "signature": null, "payload": null, "verified_at": null});
    let api = format!("https://api.github.com/repos/octo-org/time/commits/{sha}");
    json!({
        "url": api, "sha": sha, "node_id": "MDY6Q29tbWl0", "html_url": format!("https://github.com/octo-org/time/commit/{sha}"),
        "comments_url": format!("{api}/comments"),
        "commit": {
            "url": api, "author": signature(author), "committer": signature(committer), "message": "A change",
            "tree": {"url": format!("{api}/tree"), "sha": "t".repeat(40)}, "comment_count": 0, "verification": unsigned,
        },
        "author": author.0.map(user), "committer": committer.0.map(user),
        "parents": [{"url": api, "sha": "0".repeat(40), "html_url": api}],
        "stats": {"additions": 104, "deletions": 4, "total": 108},
        "files": [{
            "sha": "f".repeat(40), "filename": "src/main.rs", "additions": 103, "deletions": 4, "changes": 107,
            "status": "modified", "raw_url": api, "blob_url": api, "contents_url": api, "patch": "@@ -1 +1 @@\n-a\n+b",
        }],
    })
}

/// The same, as GitHub makes it when a pull request is merged on its pages.
pub(crate) fn merge_commit(sha: &str, author: (Option<&str>, &str)) -> Value {
    let mut made = commit(sha, author, (Some("web-flow"), "noreply@github.com"));
    made["commit"]["verification"] = json!({
        "verified": true, "reason": "valid", "signature": "-----BEGIN PGP SIGNATURE-----", "payload": "tree",
        "verified_at": "2026-11-21T12:00:00Z",
    });
    made
}

/// Pull request 7, open: from `feature` into `main`.
pub(crate) fn pull(head: &str, by: Option<&str>) -> Value {
    let api = "https://api.github.com/repos/octo-org/time/pulls/7";
    let mut pull = json!({
        "url": api, "id": 1, "node_id": "MDExOlB1bGxSZXF1ZXN0MQ==", "html_url": "https://github.com/octo-org/time/pull/7",
        "number": 7, "state": "open", "locked": false, "title": "A change", "user": by.map(user), "body": null,
        "labels": [], "milestone": null, "active_lock_reason": null, "created_at": "2026-11-20T12:00:00Z",
        "updated_at": "2026-11-21T12:00:00Z", "closed_at": null, "merged_at": null, "merge_commit_sha": sha('e'),
        "assignee": null, "assignees": [], "requested_reviewers": [], "requested_teams": [], "head": tip("feature", head),
        "base": tip("main", &sha('0')), "author_association": "MEMBER", "auto_merge": null, "draft": false,
    });
    let links = json!({
        "diff_url": "d", "patch_url": "p", "issue_url": "i", "commits_url": format!("{api}/commits"),
        "review_comments_url": "r", "review_comment_url": "r", "comments_url": "c", "statuses_url": "s",
        "_links": {"self": {"href": api}},
    });
    for more in [links, alone()] {
        pull.as_object_mut().expect("an object").extend(more.as_object().cloned().expect("an object"));
    }
    pull
}

fn tip(name: &str, sha: &str) -> Value {
    json!({
        "label": format!("octo-org:{name}"), "ref": name, "sha": sha, "user": user("octo-org"),
        "repo": {"id": 1_300_192, "name": "time", "full_name": "octo-org/time", "private": true, "default_branch": "main"},
    })
}

/// What lists do not show.
fn alone() -> Value {
    json!({
        "merged": false, "mergeable": true, "rebaseable": true, "mergeable_state": "clean", "merged_by": null,
        "comments": 0, "review_comments": 0, "maintainer_can_modify": true, "commits": 1, "additions": 100,
        "deletions": 3, "changed_files": 5,
    })
}

/// The same, merged as a commit.
pub(crate) fn merged(mut pull: Value, commit: &str) -> Value {
    for (field, value) in [
        ("state", json!("closed")),
        ("merged", json!(true)),
        ("merged_at", json!("2026-11-21T12:00:00Z")),
        ("closed_at", json!("2026-11-21T12:00:00Z")),
        ("merge_commit_sha", json!(commit)),
        ("merged_by", user("merger")),
        ("mergeable", json!(null)),
        ("mergeable_state", json!("unknown")),
    ] {
        pull[field] = value;
    }
    pull
}

/// As lists show it.
pub(crate) fn listed(mut pull: Value) -> Value {
    let alone = alone();
    let only = alone.as_object().expect("an object");
    pull.as_object_mut().expect("an object").retain(|field, _| !only.contains_key(field));
    pull
}

/// A review of commit `of`.
pub(crate) fn review(id: u64, by: Option<&str>, state: &str, of: &str) -> Value {
    let mut review = json!({
        "id": id, "node_id": "MDE3OlB1bGxSZXF1ZXN0UmV2aWV3", "user": by.map(user), "body": "", "state": state,
        "html_url": "h", "pull_request_url": "p", "author_association": "COLLABORATOR", "commit_id": of,
        "_links": {"html": {"href": "h"}, "pull_request": {"href": "p"}},
    });
    if state != "PENDING" {
        review["submitted_at"] = json!(format!("2026-11-21T12:{:02}:00Z", id % 60));
    }
    review
}
