//! Commits, and the pull requests that brought them.

use axum::Json;
use axum::response::{IntoResponse, Response};

use super::super::activity;
use super::super::pulls::{Merged, PullRequest, Pulls};
use super::asked::Asked;
use super::refused::Refused;
use super::shape::repository::Repositories;
use super::shape::{self, pull};
use super::{page, statuses};
use crate::repository::{Commit, Error, Held};

/// `GET /repos/OWNER/NAME/commits/COMMIT`, and `…/COMMIT/pulls`, `/statuses` and `/status`: a branch's name may have as many parts as it likes.
pub(super) async fn get(asked: Asked) -> Result<Response, Refused> {
    let held = asked.hold().await?;
    let wanted = asked.part("commit");
    if let Some(wanted) = wanted.strip_suffix("/pulls") {
        return pulls(&asked, &held, &find(&held, wanted).await?).await;
    }
    if let Some(wanted) = wanted.strip_suffix("/statuses") {
        return statuses::list(&asked, &held, &find(&held, wanted).await?);
    }
    if let Some(wanted) = wanted.strip_suffix("/status") {
        return statuses::combined(&asked, &held, &find(&held, wanted).await?).await;
    }
    let commit = find(&held, wanted).await?;
    let activity = activity::read(held.directory())?;
    Ok(Json(shape::commit::commit(&asked.place, &commit, &activity)).into_response())
}

async fn find(held: &Held, name: &str) -> Result<Commit, Refused> {
    held.find(name).await?.ok_or_else(|| Refused::no_commit(name))
}

/// Those that were merged with it; of what is not on the default branch also the open ones.
async fn pulls(asked: &Asked, held: &Held, commit: &Commit) -> Result<Response, Refused> {
    let is_default = match held.head(&held.default_branch().await?).await {
        Ok(head) => held.contains(&head.id, &commit.id).await?,
        Err(_) => false,
    };
    let mut found = Vec::new();
    for pull in Pulls::read(held.directory())?.0.into_values() {
        let counts = pull.story.merged.is_some() || (pull.is_open() && !is_default);
        if counts && has(held, &pull, &commit.id).await? {
            found.push(pull);
        }
    }
    let repositories = Repositories::of(&asked.place, held, &found).await?;
    let page = page::by_number(&asked.url, found);
    Ok(page.shown(|one| pull::simple(&asked.place, &repositories, &one)).into_response())
}

/// Whether a commit is one of a pull request's own, or one that its merge made.
async fn has(held: &Held, pull: &PullRequest, commit: &str) -> Result<bool, Error> {
    let (merge, base) = match &pull.story.merged {
        Some(Merged { commit, base, .. }) => (Some(commit), base.clone()),
        None => (None, held.head(&pull.destination_branch).await?.id),
    };
    for tip in merge.into_iter().chain([&pull.head]) {
        if held.contains(tip, commit).await? {
            return Ok(!held.contains(&base, commit).await?);
        }
    }
    Ok(false)
}
