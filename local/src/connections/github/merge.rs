//! Pull requests merged: the branch moves, and everything that waits for that starts as by a push.

use axum::Json;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::activity::By;
use super::super::happened;
use super::super::pulls::{Merged, PullRequest};
use super::asked::{Asked, Said};
use super::merging::Merging;
use super::refused::Refused;
use crate::repository::{Error, Held};

/// How it is to be merged.
#[derive(Debug, Deserialize)]
pub(super) struct Wanted {
    commit_title: Option<String>,
    commit_message: Option<String>,
    /// The head that is meant.
    sha: Option<String>,
    #[serde(default)]
    merge_method: Method,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Method {
    #[default]
    Merge,
    Squash,
    Rebase,
}

/// `GET …/pulls/NUMBER/merge`
pub(super) async fn is_merged(asked: Asked) -> Result<StatusCode, Refused> {
    let held = asked.hold().await?;
    asked.pull(&held)?.story.merged.map(|_| StatusCode::NO_CONTENT).ok_or_else(Refused::not_found)
}

/// `PUT …/pulls/NUMBER/merge`
pub(super) async fn merge(asked: Asked, Said(wanted): Said<Wanted>) -> Result<Json<Value>, Refused> {
    // A task of its own: once the branch may move, a client that goes away must not keep from others what became of it.
    let merging = tokio::spawn(async move { run(&asked, wanted).await });
    let commit = merging.await.unwrap_or_else(|_| Err(Refused::broke_off()))?;
    Ok(Json(json!({"sha": commit, "merged": true, "message": "Pull Request successfully merged"})))
}

async fn run(asked: &Asked, wanted: Wanted) -> Result<String, Refused> {
    let (by, held) = (asked.login()?, asked.hold().await?);
    let before = asked.pull(&held)?;
    if !before.is_open() {
        return Err(Refused::not_mergeable());
    }
    if before.story.draft {
        return Err(Refused::draft());
    }
    if wanted.sha.as_ref().is_some_and(|sha| *sha != before.head) {
        return Err(Refused::head_moved());
    }
    let base = held.head(&before.destination_branch).await?.id;
    let made = make(asked, &held, &before, &by, wanted).await?;
    let commit = made.ok_or_else(Refused::not_mergeable)?;
    let merged = Merged { by: Some(by.clone()), commit: commit.clone(), base };
    if let Err(error) = settle(asked, &held, &before, merged).await {
        // The branch has moved: it is merged, whatever that starts.
        eprintln!(
            "error: {} has merged a pull request, but starts no pipeline: {error}; start them by hand",
            held.name()
        );
    }
    Ok(commit)
}

async fn make(
    asked: &Asked,
    held: &Held,
    pull: &PullRequest,
    by: &str,
    wanted: Wanted,
) -> Result<Option<String>, Error> {
    let Wanted { commit_title: title, commit_message: message, merge_method, .. } = wanted;
    let owner = pull.owner(asked.place.owner());
    let merging = Merging { held, pull, owner, by, title, message };
    match merge_method {
        Method::Merge => merging.merge().await,
        Method::Squash => merging.squash().await,
        Method::Rebase => merging.rebase().await,
    }
}

/// Tells that the branch has moved, and then that the pull request is closed, as it is after a push.
async fn settle(asked: &Asked, held: &Held, before: &PullRequest, merged: Merged) -> Result<(), Error> {
    let by = merged.by.clone();
    let mut now = before.clone();
    now.story.merged = Some(merged);
    now.close(Timestamp::now());
    let destination = Some(before.destination_branch.as_str());
    happened::merged_here(&asked.shared, held, before, &now, By { login: by.as_deref(), merged_into: destination })
        .await
}
