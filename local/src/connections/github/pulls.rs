//! Pull requests: opened, changed, listed.

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::super::pulls::{PullRequest, Pulls};
use super::super::{activity, comments, happened};
use super::asked::{Asked, Said};
use super::link::Place;
use super::opening::{edited, opened};
use super::page;
use super::refused::Refused;
use super::shape::repository::Repositories;
use super::shape::{self, pull};
use super::wanted::{Edit, Listed, Open};
use crate::repository::{Error, Held};

/// As many commits of a pull request as are ever told.
const COMMITS: usize = 250;

/// `GET /repos/OWNER/NAME/pulls`
pub(super) async fn list(asked: Asked) -> Result<Response, Refused> {
    let (wanted, held) = (Listed::of(&asked)?, asked.hold().await?);
    let chosen = wanted.choose(Pulls::read(held.directory())?.0.into_values(), asked.place.owner());
    let repositories = Repositories::of(&asked.place, &held, &chosen).await?;
    let page = page::by_number(&asked.url, chosen);
    Ok(page.shown(|one| pull::simple(&asked.place, &repositories, &one)).into_response())
}

/// `GET /repos/OWNER/NAME/pulls/NUMBER`
pub(super) async fn get(asked: Asked) -> Result<Json<Value>, Refused> {
    let held = asked.hold().await?;
    Ok(Json(shown(&asked.place, &held, &asked.pull(&held)?).await?))
}

/// `GET /repos/OWNER/NAME/pulls/NUMBER/commits`
pub(super) async fn commits(asked: Asked) -> Result<Response, Refused> {
    let held = asked.hold().await?;
    let pull = asked.pull(&held)?;
    let mut commits = held.commits(&base(&held, &pull).await?, &pull.head).await?;
    commits.truncate(COMMITS);
    let activity = activity::read(held.directory())?;
    let page = page::by_number(&asked.url, commits);
    Ok(page.shown(|one| shape::commit::commit(&asked.place, &one, &activity)).into_response())
}

/// `POST /repos/OWNER/NAME/pulls`
pub(super) async fn open(asked: Asked, Said(wanted): Said<Open>) -> Result<Response, Refused> {
    let (by, held) = (asked.login()?, asked.hold().await?);
    let pulls = Pulls::read(held.directory())?;
    let pull = opened(&asked.place, &held, &pulls, wanted, by.clone()).await?;
    happened::keep(&asked.shared, &held, None, &pull, Some(&by)).await?;
    let shown = shown(&asked.place, &held, &pull).await?;
    let location = asked.place.api(&format!("/pulls/{}", pull.number));
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(shown)).into_response())
}

/// `PATCH /repos/OWNER/NAME/pulls/NUMBER`
pub(super) async fn edit(asked: Asked, Said(wanted): Said<Edit>) -> Result<Json<Value>, Refused> {
    let (by, held) = (asked.login()?, asked.hold().await?);
    let before = asked.pull(&held)?;
    let now = edited(&held, before.clone(), wanted).await?;
    happened::keep(&asked.shared, &held, Some(&before), &now, Some(&by)).await?;
    Ok(Json(shown(&asked.place, &held, &now).await?))
}

/// What a pull request's own commits begin behind.
pub(super) async fn base(held: &Held, pull: &PullRequest) -> Result<String, Error> {
    if let Some(merged) = &pull.story.merged {
        return Ok(merged.base.clone());
    }
    match held.head(&pull.destination_branch).await {
        Ok(head) => Ok(head.id),
        // It went, and the pull request is closed.
        Err(Error::NoBranch { .. }) => Ok(pull.story.base.clone()),
        Err(error) => Err(error),
    }
}

/// One that is looked at by itself.
pub(super) async fn shown(place: &Place, held: &Held, pull: &PullRequest) -> Result<Value, Error> {
    let base = base(held, pull).await?;
    let mergeable = if pull.is_open() { Some(held.can_join(&base, &pull.head).await?) } else { None };
    let comments = comments::of(held.directory(), pull.number)?.len();
    let commits = held.commits(&base, &pull.head).await?.len();
    let detail = pull::Detail { comments, commits, extent: held.extent(&base, &pull.head).await?, mergeable };
    let repositories = Repositories::of(place, held, [pull]).await?;
    Ok(pull::whole(place, &repositories, pull, detail))
}
