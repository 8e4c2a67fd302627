//! Reviews of pull requests.

use axum::Json;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::super::pulls::{PullRequest, Review, Verdict};
use super::super::{happened, ids};
use super::asked::{Asked, Said};
use super::refused::Refused;
use super::{page, pulls, shape};
use crate::repository::Held;

/// What somebody wants to say; without `event` they have not made up their mind yet.
#[derive(Debug, Deserialize)]
pub(super) struct Wanted {
    commit_id: Option<String>,
    #[serde(default)]
    body: String,
    event: Option<Event>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum Event {
    Approve,
    RequestChanges,
    Comment,
}

/// Why a review is not to count any more.
#[derive(Debug, Deserialize)]
pub(super) struct Dismissal {
    message: Option<String>,
}

/// `GET …/pulls/NUMBER/reviews`: what is not submitted only they see who wrote it.
pub(super) async fn list(asked: Asked) -> Result<Response, Refused> {
    let held = asked.hold().await?;
    let pull = asked.pull(&held)?;
    let reviews = pull.story.reviews.iter().filter(|review| is_visible(&asked, review)).collect();
    let page = page::by_number(&asked.url, reviews);
    Ok(page.shown(|one| shape::review::review(&asked.place, pull.number, one)).into_response())
}

/// `GET …/pulls/NUMBER/reviews/ID`
pub(super) async fn get(asked: Asked) -> Result<Json<Value>, Refused> {
    let held = asked.hold().await?;
    let pull = asked.pull(&held)?;
    let at = place(&asked, &pull)?;
    Ok(shown(&asked, &pull, at))
}

/// `POST …/pulls/NUMBER/reviews`
pub(super) async fn create(asked: Asked, Said(wanted): Said<Wanted>) -> Result<Json<Value>, Refused> {
    let (user, held) = (asked.login()?, asked.hold().await?);
    let pull = asked.pull(&held)?;
    let is_pending = |one: &Review| one.verdict == Verdict::Pending && one.user == user;
    if wanted.event.is_none() && pull.story.reviews.iter().any(is_pending) {
        return Err(Refused::unprocessable("User can only have one pending review per pull request"));
    }
    let verdict = wanted.event.map_or(Ok(Verdict::Pending), |event| verdict(&pull, &user, event, &wanted.body))?;
    let commit = reviewed(&held, &pull, wanted.commit_id).await?;
    let submitted = wanted.event.map(|_| Timestamp::now());
    let review = Review { id: ids::fresh(), user, body: wanted.body, verdict, commit, submitted };
    let mut now = pull.clone();
    now.story.reviews.push(review);
    keep(&asked, &held, &pull, now, pull.story.reviews.len()).await
}

/// `POST …/pulls/NUMBER/reviews/ID/events`
pub(super) async fn submit(asked: Asked, Said(wanted): Said<Wanted>) -> Result<Json<Value>, Refused> {
    let (user, held) = (asked.login()?, asked.hold().await?);
    let pull = asked.pull(&held)?;
    let at = own_pending(&asked, &pull, &user)?;
    let event = wanted.event.ok_or_else(|| Refused::unprocessable("Event can't be blank"))?;
    let mut now = pull.clone();
    let review = &mut now.story.reviews[at];
    if !wanted.body.is_empty() {
        review.body = wanted.body;
    }
    review.verdict = verdict(&pull, &user, event, &review.body)?;
    review.submitted = Some(Timestamp::now());
    keep(&asked, &held, &pull, now, at).await
}

/// `DELETE …/pulls/NUMBER/reviews/ID`: only what is not submitted goes.
pub(super) async fn delete(asked: Asked) -> Result<Json<Value>, Refused> {
    let (user, held) = (asked.login()?, asked.hold().await?);
    let pull = asked.pull(&held)?;
    let at = own_pending(&asked, &pull, &user)?;
    let mut now = pull.clone();
    now.story.reviews.remove(at);
    happened::keep(&asked.shared, &held, Some(&pull), &now, Some(&user)).await?;
    Ok(shown(&asked, &pull, at))
}

/// `PUT …/pulls/NUMBER/reviews/ID/dismissals`
pub(super) async fn dismiss(asked: Asked, Said(wanted): Said<Dismissal>) -> Result<Json<Value>, Refused> {
    asked.login()?;
    let held = asked.hold().await?;
    let pull = asked.pull(&held)?;
    let at = place(&asked, &pull)?;
    if wanted.message.is_none_or(|message| message.trim().is_empty()) {
        return Err(Refused::unprocessable("Message can't be blank"));
    }
    if ![Verdict::Approved, Verdict::ChangesRequested].contains(&pull.story.reviews[at].verdict) {
        return Err(Refused::unprocessable("Can only dismiss a review that approves or requests changes"));
    }
    let mut now = pull.clone();
    now.story.reviews[at].verdict = Verdict::Dismissed;
    keep(&asked, &held, &pull, now, at).await
}

/// What an event makes of a review, if this one may be.
fn verdict(pull: &PullRequest, user: &str, event: Event, body: &str) -> Result<Verdict, Refused> {
    let is_own = pull.story.opened_by.as_deref() == Some(user);
    match event {
        Event::Approve if is_own => Err(Refused::unprocessable("Can not approve your own pull request")),
        Event::RequestChanges if is_own => {
            Err(Refused::unprocessable("Can not request changes on your own pull request"))
        }
        Event::RequestChanges | Event::Comment if body.trim().is_empty() => {
            Err(Refused::unprocessable("Body can't be blank"))
        }
        Event::Approve => Ok(Verdict::Approved),
        Event::RequestChanges => Ok(Verdict::ChangesRequested),
        Event::Comment => Ok(Verdict::Commented),
    }
}

/// The commit that a review is of: one of the pull request's, its head unless it is said.
async fn reviewed(held: &Held, pull: &PullRequest, commit: Option<String>) -> Result<String, Refused> {
    let Some(commit) = commit.filter(|commit| *commit != pull.head) else { return Ok(pull.head.clone()) };
    let commits = held.commits(&pulls::base(held, pull).await?, &pull.head).await?;
    if commits.iter().any(|one| one.id == commit) {
        return Ok(commit);
    }
    Err(Refused::unprocessable(&format!("commit_id {commit} is not part of the pull request")))
}

/// Where the review is that the path names.
fn place(asked: &Asked, pull: &PullRequest) -> Result<usize, Refused> {
    let id = asked.number("review")?;
    let found = pull.story.reviews.iter().position(|review| review.id == id && is_visible(asked, review));
    found.ok_or_else(Refused::not_found)
}

/// Likewise, of this user, who may still change it.
fn own_pending(asked: &Asked, pull: &PullRequest, user: &str) -> Result<usize, Refused> {
    let at = place(asked, pull)?;
    let review = &pull.story.reviews[at];
    match (review.user == user, review.verdict) {
        (true, Verdict::Pending) => Ok(at),
        (false, Verdict::Pending) => Err(Refused::not_found()),
        _ => Err(Refused::unprocessable("Can not change a review that was submitted")),
    }
}

fn is_visible(asked: &Asked, review: &Review) -> bool {
    review.verdict != Verdict::Pending || asked.caller.login() == Some(&review.user)
}

async fn keep(
    asked: &Asked,
    held: &Held,
    before: &PullRequest,
    mut now: PullRequest,
    at: usize,
) -> Result<Json<Value>, Refused> {
    now.story.updated = Timestamp::now();
    happened::keep(&asked.shared, held, Some(before), &now, asked.caller.login()).await?;
    Ok(shown(asked, &now, at))
}

fn shown(asked: &Asked, pull: &PullRequest, at: usize) -> Json<Value> {
    Json(shape::review::review(&asked.place, pull.number, &pull.story.reviews[at]))
}
