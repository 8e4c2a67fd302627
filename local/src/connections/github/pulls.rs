//! Pull requests: opened, changed, listed.

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde_json::Value;

use super::super::activity;
use super::super::happened;
use super::super::pulls::{PullRequest, Pulls, Status, Story};
use super::asked::{Asked, Said};
use super::page;
use super::refused::Refused;
use super::shape::{self, pull, repository};
use super::wanted::{Edit, Listed, Open, State, branch, title};
use crate::repository::{Error, Held};

/// As many commits of a pull request as are ever told.
const COMMITS: usize = 250;

/// `GET /repos/OWNER/NAME/pulls`
pub(super) async fn list(asked: Asked) -> Result<Response, Refused> {
    let (wanted, held) = (Listed::of(&asked)?, asked.hold().await?);
    let chosen = wanted.choose(Pulls::read(held.directory())?.0.into_values(), asked.place.owner());
    let repository = repository::of(&asked.place, &held).await?;
    let page = page::by_number(&asked.url, chosen);
    Ok(page.shown(|one| pull::simple(&asked.place, &repository, &one)).into_response())
}

/// `GET /repos/OWNER/NAME/pulls/NUMBER`
pub(super) async fn get(asked: Asked) -> Result<Json<Value>, Refused> {
    let held = asked.hold().await?;
    shown(&asked, &held, &asked.pull(&held)?).await.map(Json)
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
    let pull = opened(&asked, &held, &pulls, wanted, by).await?;
    happened::keep(&asked.runner, &held, None, &pull).await?;
    let shown = shown(&asked, &held, &pull).await?;
    let location = asked.place.api(&format!("/pulls/{}", pull.number));
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(shown)).into_response())
}

/// `PATCH /repos/OWNER/NAME/pulls/NUMBER`
pub(super) async fn edit(asked: Asked, Said(wanted): Said<Edit>) -> Result<Json<Value>, Refused> {
    asked.login()?;
    let held = asked.hold().await?;
    let before = asked.pull(&held)?;
    let now = edited(&held, before.clone(), wanted).await?;
    happened::keep(&asked.runner, &held, Some(&before), &now).await?;
    shown(&asked, &held, &now).await.map(Json)
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

async fn shown(asked: &Asked, held: &Held, pull: &PullRequest) -> Result<Value, Refused> {
    let base = base(held, pull).await?;
    let mergeable = if pull.is_open() { Some(held.can_join(&base, &pull.head).await?) } else { None };
    let commits = held.commits(&base, &pull.head).await?.len();
    let detail = pull::Detail { commits, extent: held.extent(&base, &pull.head).await?, mergeable };
    let repository = repository::of(&asked.place, held).await?;
    Ok(pull::whole(&asked.place, &repository, pull, detail))
}

async fn opened(asked: &Asked, held: &Held, pulls: &Pulls, wanted: Open, by: String) -> Result<PullRequest, Refused> {
    let owner = asked.place.owner();
    let title = title(wanted.title)?;
    let base_branch = wanted.base.ok_or_else(|| Refused::field("base", "missing_field"))?;
    let head = wanted.head.ok_or_else(|| Refused::field("head", "missing_field"))?;
    let source = branch(&head, owner).ok_or_else(|| Refused::field("head", "invalid"))?;
    let (base, head) = (at(held, &base_branch, "base").await?, at(held, source, "head").await?);
    if held.contains(&base, &head).await? {
        return Err(Refused::custom(&format!("No commits between {base_branch} and {source}")));
    }
    let is_same = |one: &PullRequest| one.source_branch == source && one.destination_branch == base_branch;
    if pulls.0.values().any(|one| one.is_open() && is_same(one)) {
        return Err(Refused::custom(&format!("A pull request already exists for {owner}:{source}.")));
    }
    let now = Timestamp::now();
    Ok(PullRequest {
        number: pulls.0.keys().last().map_or(1, |last| last + 1),
        title,
        source_branch: source.to_owned(),
        destination_branch: base_branch,
        status: Status::Open,
        head,
        story: Story { opened_by: Some(by), body: wanted.body, base, opened: now, updated: now, ..Story::default() },
    })
}

async fn edited(held: &Held, mut pull: PullRequest, wanted: Edit) -> Result<PullRequest, Refused> {
    let now = Timestamp::now();
    if let Some(given) = wanted.title {
        pull.title = title(Some(given))?;
    }
    if let Some(body) = wanted.body {
        pull.story.body = Some(body);
    }
    if let Some(base) = wanted.base {
        pull.story.base = at(held, &base, "base").await?;
        pull.destination_branch = base;
    }
    match wanted.state {
        Some(State::Closed) => pull.close(now),
        Some(State::Open) if !pull.is_open() => reopen(held, &mut pull, now).await?,
        _ => {}
    }
    pull.story.updated = now;
    Ok(pull)
}

async fn reopen(held: &Held, pull: &mut PullRequest, now: Timestamp) -> Result<(), Refused> {
    if pull.story.merged.is_some() {
        return Err(Refused::custom("state cannot be changed. The pull request is merged."));
    }
    let gone =
        |branch: &str| Refused::custom(&format!("state cannot be changed. The {branch} branch has been deleted."));
    let head = at(held, &pull.source_branch, "head").await.map_err(|_| gone(&pull.source_branch))?;
    let base = at(held, &pull.destination_branch, "base").await.map_err(|_| gone(&pull.destination_branch))?;
    pull.moved_to(&head, &base, now);
    pull.status = Status::Open;
    pull.story.closed = None;
    Ok(())
}

/// Where a branch is that a field names.
async fn at(held: &Held, branch: &str, field: &str) -> Result<String, Refused> {
    match held.head(branch).await {
        Ok(head) => Ok(head.id),
        Err(Error::NoBranch { .. }) => Err(Refused::field(field, "invalid")),
        Err(error) => Err(error.into()),
    }
}
