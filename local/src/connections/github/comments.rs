//! Comments on pull requests, which are issues to GitHub.

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::super::comments::{self, Comment};
use super::super::happened;
use super::asked::{Asked, Said};
use super::refused::Refused;
use super::{page, shape};
use crate::repository::Held;

/// The longest, in characters.
const LONGEST: usize = 65_536;
const RESOURCE: &str = "IssueComment";

/// What somebody says.
#[derive(Debug, Deserialize)]
pub(super) struct Wanted {
    body: Option<String>,
}

/// `GET /repos/OWNER/NAME/issues/NUMBER/comments`
pub(super) async fn list(asked: Asked) -> Result<Response, Refused> {
    let held = asked.hold().await?;
    let since = asked.parameter("since").map(|since| since.parse::<Timestamp>()).transpose();
    let since = since.map_err(|_| Refused::field_of(RESOURCE, "since", "invalid"))?;
    let mut all = comments::of(held.directory(), asked.pull(&held)?.number)?;
    all.retain(|one| since.is_none_or(|since| one.updated >= since));
    let page = page::by_number(&asked.url, all);
    Ok(page.shown(|one| shape::comment::comment(&asked.place, &one)).into_response())
}

/// `POST /repos/OWNER/NAME/issues/NUMBER/comments`
pub(super) async fn create(asked: Asked, Said(wanted): Said<Wanted>) -> Result<Response, Refused> {
    let (user, held) = (asked.login()?, asked.hold().await?);
    let (mut pull, body, now) = (asked.pull(&held)?, wanted.checked()?, Timestamp::now());
    let mut all = comments::read(held.directory())?;
    let id = comments::next_id(&all, now);
    let comment = Comment { id, number: pull.number, user, body, created: now, updated: now };
    all.push(comment.clone());
    comments::write(held.directory(), &all)?;
    pull.story.updated = now;
    happened::write(&held, &pull)?;
    let location = asked.place.api(&format!("/issues/comments/{id}"));
    let shown = shape::comment::comment(&asked.place, &comment);
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(shown)).into_response())
}

/// `GET /repos/OWNER/NAME/issues/comments/ID`
pub(super) async fn get(asked: Asked) -> Result<Json<Value>, Refused> {
    let held = asked.hold().await?;
    let (all, at) = place(&asked, &held)?;
    Ok(Json(shape::comment::comment(&asked.place, &all[at])))
}

/// `PATCH /repos/OWNER/NAME/issues/comments/ID`: whoever may write to the repository may, whosever it is.
pub(super) async fn edit(asked: Asked, Said(wanted): Said<Wanted>) -> Result<Json<Value>, Refused> {
    asked.login()?;
    let held = asked.hold().await?;
    let (mut all, at) = place(&asked, &held)?;
    all[at].body = wanted.checked()?;
    all[at].updated = Timestamp::now();
    comments::write(held.directory(), &all)?;
    Ok(Json(shape::comment::comment(&asked.place, &all[at])))
}

/// `DELETE /repos/OWNER/NAME/issues/comments/ID`
pub(super) async fn delete(asked: Asked) -> Result<StatusCode, Refused> {
    asked.login()?;
    let held = asked.hold().await?;
    let (mut all, at) = place(&asked, &held)?;
    all.remove(at);
    comments::write(held.directory(), &all)?;
    Ok(StatusCode::NO_CONTENT)
}

/// All comments, and where the one is that the path names.
fn place(asked: &Asked, held: &Held) -> Result<(Vec<Comment>, usize), Refused> {
    let (all, id) = (comments::read(held.directory())?, asked.number("comment")?);
    let at = all.iter().position(|one| one.id == id).ok_or_else(Refused::not_found)?;
    Ok((all, at))
}

impl Wanted {
    fn checked(self) -> Result<String, Refused> {
        let body = self.body.ok_or_else(|| Refused::malformed(&"\"body\" wasn't supplied."))?;
        match body.chars().count() {
            _ if body.trim().is_empty() => Err(Refused::of(RESOURCE, "Body cannot be blank")),
            0..=LONGEST => Ok(body),
            _ => Err(Refused::of(RESOURCE, &format!("Body is too long (maximum is {LONGEST} characters)"))),
        }
    }
}
