//! Statuses of commits.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Deserialize;

use super::super::ids;
use super::super::statuses::{self, State, Status};
use super::asked::{Asked, Said};
use super::page;
use super::refused::Refused;
use super::shape::{repository, status};
use crate::repository::{Commit, Held};

/// The most of a commit and a context.
const LIMIT: usize = 1000;
/// The longest description and context, in characters.
const LONGEST: (usize, usize) = (140, 255);

/// What is said of a commit.
#[derive(Debug, Deserialize)]
pub(super) struct Wanted {
    state: Option<State>,
    target_url: Option<String>,
    description: Option<String>,
    context: Option<String>,
}

/// `POST /repos/OWNER/NAME/statuses/SHA`
pub(super) async fn create(asked: Asked, Said(wanted): Said<Wanted>) -> Result<Response, Refused> {
    let (creator, held) = (asked.login()?, asked.hold().await?);
    let commit = asked.part("sha").to_owned();
    if held.find(&commit).await?.is_none_or(|found| found.id != commit) {
        return Err(Refused::no_commit(&commit));
    }
    let said = wanted.status(creator)?;
    let mut all = statuses::read(held.directory(), &commit)?;
    if all.iter().filter(|one| statuses::is_same(&one.context, &said.context)).count() >= LIMIT {
        let why = "This SHA and context has reached the maximum number of statuses.";
        return Err(Refused::of("Status", why));
    }
    all.push(said.clone());
    statuses::write(held.directory(), &commit, &all)?;
    let shown = status::status(&asked.place, &commit, &said);
    Ok((StatusCode::CREATED, Json(shown)).into_response())
}

impl Wanted {
    fn status(self, creator: String) -> Result<Status, Refused> {
        let Self { state, target_url, description, context } = self;
        let state = state.ok_or_else(|| Refused::field_of("Status", "state", "missing_field"))?;
        let context = context.filter(|context| !context.is_empty()).unwrap_or_else(|| "default".to_owned());
        let description_length = description.as_deref().unwrap_or_default().chars().count();
        let lengths = [("description", description_length, LONGEST.0), ("context", context.chars().count(), LONGEST.1)];
        if let Some((what, _, most)) = lengths.into_iter().find(|(_, length, most)| length > most) {
            return Err(Refused::of("Status", &format!("{what} is too long (maximum is {most} characters)")));
        }
        let (id, at) = (ids::fresh(), Timestamp::now());
        Ok(Status { id, state, target_url, description, context, creator, at })
    }
}

/// `GET /repos/OWNER/NAME/commits/COMMIT/statuses`, the newest first
pub(super) fn list(asked: &Asked, held: &Held, commit: &Commit) -> Result<Response, Refused> {
    let mut all = statuses::read(held.directory(), &commit.id)?;
    all.reverse();
    let page = page::by_number(&asked.url, all);
    Ok(page.shown(|one| status::status(&asked.place, &commit.id, &one)).into_response())
}

/// `GET /repos/OWNER/NAME/commits/COMMIT/status`
pub(super) async fn combined(asked: &Asked, held: &Held, commit: &Commit) -> Result<Response, Refused> {
    let all = statuses::read(held.directory(), &commit.id)?;
    let latest = statuses::latest(&all);
    let told = status::Combined { commit: &commit.id, state: statuses::combined(&latest), count: latest.len() };
    let repository = repository::of(&asked.place, held).await?;
    let page = page::by_number(&asked.url, latest);
    let page = page.shown(|one| status::simple(&asked.place, &commit.id, one));
    Ok(page.within(|statuses| status::combined(&asked.place, told, &statuses, &repository)))
}
