//! A repository.

use std::collections::{BTreeMap, BTreeSet};

use axum::Json;
use serde_json::{Value, json};

use super::super::super::ids;
use super::super::super::pulls::PullRequest;
use super::super::asked::Asked;
use super::super::link::{Place, node_id};
use super::super::refused::Refused;
use super::{time, user};
use crate::repository::{Error, Held, Record};

/// What leads from a repository to what it has: the field, and the path below it.
const LINKS: [(&str, &str); 37] = [
    ("archive_url", "/{archive_format}{/ref}"),
    ("assignees_url", "/assignees{/user}"),
    ("blobs_url", "/git/blobs{/sha}"),
    ("branches_url", "/branches{/branch}"),
    ("collaborators_url", "/collaborators{/collaborator}"),
    ("comments_url", "/comments{/number}"),
    ("commits_url", "/commits{/sha}"),
    ("compare_url", "/compare/{base}...{head}"),
    ("contents_url", "/contents/{+path}"),
    ("contributors_url", "/contributors"),
    ("deployments_url", "/deployments"),
    ("downloads_url", "/downloads"),
    ("events_url", "/events"),
    ("forks_url", "/forks"),
    ("git_commits_url", "/git/commits{/sha}"),
    ("git_refs_url", "/git/refs{/sha}"),
    ("git_tags_url", "/git/tags{/sha}"),
    ("hooks_url", "/hooks"),
    ("issue_comment_url", "/issues/comments{/number}"),
    ("issue_events_url", "/issues/events{/number}"),
    ("issues_url", "/issues{/number}"),
    ("keys_url", "/keys{/key_id}"),
    ("labels_url", "/labels{/name}"),
    ("languages_url", "/languages"),
    ("merges_url", "/merges"),
    ("milestones_url", "/milestones{/number}"),
    ("notifications_url", "/notifications{?since,all,participating}"),
    ("pulls_url", "/pulls{/number}"),
    ("releases_url", "/releases{/id}"),
    ("stargazers_url", "/stargazers"),
    ("statuses_url", "/statuses/{sha}"),
    ("subscribers_url", "/subscribers"),
    ("subscription_url", "/subscription"),
    ("tags_url", "/tags"),
    ("teams_url", "/teams"),
    ("trees_url", "/git/trees{/sha}"),
    ("url", ""),
];

/// `GET /repos/OWNER/NAME`
pub(in super::super) async fn get(asked: Asked) -> Result<Json<Value>, Refused> {
    let held = asked.hold().await?;
    Ok(Json(of(&asked.place, &held).await?))
}

/// The repository itself, as it is now.
pub(in super::super) async fn of(place: &Place, held: &Held) -> Result<Value, Error> {
    Ok(repository(place, &held.record()?, &held.default_branch().await?))
}

/// A repository, and those that its pull requests are from.
pub(in super::super) struct Repositories {
    pub(in super::super) own: Value,
    forks: BTreeMap<String, Value>,
}

impl Repositories {
    pub(in super::super) async fn of(
        place: &Place,
        held: &Held,
        pulls: impl IntoIterator<Item = &PullRequest>,
    ) -> Result<Self, Error> {
        let names: BTreeSet<&String> = pulls.into_iter().filter_map(|pull| pull.story.fork.as_ref()).collect();
        let mut forks = BTreeMap::new();
        for name in names {
            if let Some((record, branch)) = held.fork(name).await? {
                let mut shown = repository(&Place { repository: name.clone(), ..place.clone() }, &record, &branch);
                shown["fork"] = json!(true);
                forks.insert(name.clone(), shown);
            }
        }
        Ok(Self { own: of(place, held).await?, forks })
    }

    /// The one that a pull request's branch is in, if it is still there.
    pub(in super::super) fn head(&self, pull: &PullRequest) -> &Value {
        match &pull.story.fork {
            Some(fork) => self.forks.get(fork).unwrap_or(&Value::Null),
            None => &self.own,
        }
    }
}

/// `repository`
fn repository(place: &Place, record: &Record, default_branch: &str) -> Value {
    let id = ids::of(&record.id.to_string());
    let mut shown = json!({
        "id": id,
        "node_id": node_id("Repository", id),
        "name": place.name(),
        "full_name": place.repository,
        "owner": user(place, place.owner()),
        "private": false,
        "html_url": place.page(""),
        "description": record.description,
        "fork": false,
        "clone_url": place.page(".git"),
        "git_url": place.page(".git"),
        "ssh_url": place.page(".git"),
        "svn_url": place.page(""),
        "default_branch": default_branch,
        "created_at": time(record.created),
        "updated_at": time(record.modified),
        "pushed_at": time(record.modified),
    });
    for (field, path) in LINKS {
        shown[field] = json!(place.api(path));
    }
    for nothing in ["homepage", "language", "license", "mirror_url"] {
        shown[nothing] = Value::Null;
    }
    for none in ["forks", "forks_count", "open_issues", "open_issues_count", "size", "stargazers_count"] {
        shown[none] = json!(0);
    }
    for none in ["watchers", "watchers_count"] {
        shown[none] = json!(0);
    }
    for not in ["archived", "disabled", "has_downloads", "has_issues", "has_pages", "has_projects", "has_wiki"] {
        shown[not] = json!(false);
    }
    for not in ["has_discussions", "is_template", "web_commit_signoff_required"] {
        shown[not] = json!(false);
    }
    super::extend(&mut shown, json!({"allow_forking": true, "topics": [], "visibility": "public"}));
    shown
}
