//! The pull requests of a repository over HTTP.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::error::Error;
use super::git::full_name;
use super::people::Caller;
use super::pulls::{PullRequest, Pulls, Status, Story};
use super::{Shared, happened};
use crate::repository::{Held, Store};
use crate::runner::Runner;

/// As GitHub has it.
pub(super) const TITLE_LIMIT: usize = 256;

/// What a pull request is to be.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Wanted {
    source_branch: String,
    destination_branch: Option<String>,
    title: Option<String>,
}

type Named = Path<(String, String, u64)>;

/// What is told of a pull request here.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Shown {
    number: u64,
    title: String,
    source_branch: String,
    destination_branch: String,
    status: Status,
    head: String,
}

impl From<PullRequest> for Shown {
    fn from(pull: PullRequest) -> Self {
        let PullRequest { number, title, source_branch, destination_branch, status, head, story: _ } = pull;
        Self { number, title, source_branch, destination_branch, status, head }
    }
}

pub(super) async fn list(
    State(shared): State<Shared>,
    Path(path): Path<(String, String)>,
) -> Result<Json<Vec<Shown>>, Error> {
    let held = hold(&shared.runner, &full_name(&path)).await?;
    Ok(Json(Pulls::read(held.directory())?.0.into_values().map(Shown::from).collect()))
}

pub(super) async fn get(
    State(shared): State<Shared>,
    Path((owner, name, number)): Named,
) -> Result<Json<Shown>, Error> {
    let held = hold(&shared.runner, &full_name(&(owner, name))).await?;
    Ok(Json(find(&held, number)?.into()))
}

pub(super) async fn put(
    State(shared): State<Shared>,
    Path((owner, name, number)): Named,
    headers: HeaderMap,
    Json(wanted): Json<Wanted>,
) -> Result<Json<Shown>, Error> {
    let held = hold(&shared.runner, &full_name(&(owner, name))).await?;
    let before = Pulls::read(held.directory())?.0.remove(&number);
    let by = login(&headers);
    let now = opened(&held, number, before.as_ref(), wanted, by.clone()).await?;
    happened::keep(&shared, &held, before.as_ref(), &now, by.as_deref()).await?;
    Ok(Json(now.into()))
}

pub(super) async fn close(
    State(shared): State<Shared>,
    Path((owner, name, number)): Named,
    headers: HeaderMap,
) -> Result<Json<Shown>, Error> {
    let held = hold(&shared.runner, &full_name(&(owner, name))).await?;
    let by = login(&headers);
    let before = find(&held, number)?;
    let mut now = before.clone();
    now.close(Timestamp::now());
    happened::keep(&shared, &held, Some(&before), &now, by.as_deref()).await?;
    Ok(Json(now.into()))
}

/// Who asks, if anybody in particular.
fn login(headers: &HeaderMap) -> Option<String> {
    Caller::of(headers).ok().and_then(|caller| caller.login().map(str::to_owned))
}

async fn hold(runner: &Runner, repository: &str) -> Result<Held, Error> {
    Ok(Store::new(&runner.context().state).hold(repository).await?)
}

fn find(held: &Held, number: u64) -> Result<PullRequest, Error> {
    let missing = || Error::NoPullRequest { repository: held.name().to_owned(), number };
    Pulls::read(held.directory())?.0.remove(&number).ok_or_else(missing)
}

/// An open pull request as it is wanted; what is not said stays as it was.
async fn opened(
    held: &Held,
    number: u64,
    before: Option<&PullRequest>,
    wanted: Wanted,
    by: Option<String>,
) -> Result<PullRequest, Error> {
    let Wanted { source_branch, destination_branch, title } = wanted;
    let destination_branch = match destination_branch.or_else(|| before.map(|before| before.destination_branch.clone()))
    {
        Some(branch) => branch,
        None => held.default_branch().await?,
    };
    if source_branch == destination_branch {
        return Err(Error::Itself(source_branch));
    }
    let base = held.head(&destination_branch).await?.id;
    let head = held.head(&source_branch).await?.id;
    let title = title.or_else(|| before.map(|before| before.title.clone())).unwrap_or_else(|| source_branch.clone());
    match title.chars().count() {
        0..=TITLE_LIMIT => {}
        length => return Err(Error::Title(length)),
    }
    let now = Timestamp::now();
    // What was merged is over: under its number this is another one.
    let story = before.map(|before| before.story.clone()).filter(|story| story.merged.is_none());
    let story = story.unwrap_or_else(|| Story { opened_by: by, opened: now, updated: now, ..Story::default() });
    let story = Story { closed: None, fork: None, ..story };
    let same = before.filter(|before| before.destination_branch == destination_branch);
    let head_before = same.map(|before| before.head.clone()).unwrap_or_default();
    let status = Status::Open;
    let mut pull = PullRequest { number, title, source_branch, destination_branch, status, head: head_before, story };
    pull.moved_to(&head, &base, now);
    Ok(pull)
}
