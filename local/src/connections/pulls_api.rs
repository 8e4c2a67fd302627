//! The pull requests of a repository over HTTP.

use axum::Json;
use axum::extract::{Path, State};
use serde::Deserialize;

use super::error::Error;
use super::git::full_name;
use super::pulls::{PullRequest, Pulls, Status};
use super::{Shared, happened};
use crate::repository::{Held, Store};
use crate::runner::Runner;

/// As GitHub has it.
const TITLE_LIMIT: usize = 256;

/// What a pull request is to be.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Wanted {
    source_branch: String,
    destination_branch: Option<String>,
    title: Option<String>,
}

type Named = Path<(String, String, u64)>;

pub(super) async fn list(
    State(shared): State<Shared>,
    Path(path): Path<(String, String)>,
) -> Result<Json<Vec<PullRequest>>, Error> {
    let held = hold(&shared.runner, &full_name(&path)).await?;
    Ok(Json(Pulls::read(held.directory())?.0.into_values().collect()))
}

pub(super) async fn get(
    State(shared): State<Shared>,
    Path((owner, name, number)): Named,
) -> Result<Json<PullRequest>, Error> {
    let held = hold(&shared.runner, &full_name(&(owner, name))).await?;
    Ok(Json(find(&held, &Pulls::read(held.directory())?, number)?.clone()))
}

pub(super) async fn put(
    State(shared): State<Shared>,
    Path((owner, name, number)): Named,
    Json(wanted): Json<Wanted>,
) -> Result<Json<PullRequest>, Error> {
    let held = hold(&shared.runner, &full_name(&(owner, name))).await?;
    let before = Pulls::read(held.directory())?.0.remove(&number);
    let now = opened(&held, number, before.as_ref(), wanted).await?;
    keep(&shared.runner, &held, before.as_ref(), now).await
}

pub(super) async fn close(
    State(shared): State<Shared>,
    Path((owner, name, number)): Named,
) -> Result<Json<PullRequest>, Error> {
    let held = hold(&shared.runner, &full_name(&(owner, name))).await?;
    let before = find(&held, &Pulls::read(held.directory())?, number)?.clone();
    let now = PullRequest { status: Status::Closed, ..before.clone() };
    keep(&shared.runner, &held, Some(&before), now).await
}

async fn hold(runner: &Runner, repository: &str) -> Result<Held, Error> {
    Ok(Store::new(&runner.context().state).hold(repository).await?)
}

fn find<'a>(held: &Held, pulls: &'a Pulls, number: u64) -> Result<&'a PullRequest, Error> {
    let missing = || Error::NoPullRequest { repository: held.name().to_owned(), number };
    pulls.0.get(&number).ok_or_else(missing)
}

/// An open pull request as it is wanted; what is not said stays as it was.
async fn opened(held: &Held, number: u64, before: Option<&PullRequest>, wanted: Wanted) -> Result<PullRequest, Error> {
    let Wanted { source_branch, destination_branch, title } = wanted;
    let destination_branch = match destination_branch.or_else(|| before.map(|before| before.destination_branch.clone()))
    {
        Some(branch) => branch,
        None => held.default_branch().await?,
    };
    if source_branch == destination_branch {
        return Err(Error::Itself(source_branch));
    }
    held.head(&destination_branch).await?;
    let head = held.head(&source_branch).await?.id;
    let title = title.or_else(|| before.map(|before| before.title.clone())).unwrap_or_else(|| source_branch.clone());
    match title.chars().count() {
        0..=TITLE_LIMIT => {}
        length => return Err(Error::Title(length)),
    }
    Ok(PullRequest { number, title, source_branch, destination_branch, status: Status::Open, head })
}

/// Writes it down first: what it starts may look at it.
async fn keep(
    runner: &Runner,
    held: &Held,
    before: Option<&PullRequest>,
    now: PullRequest,
) -> Result<Json<PullRequest>, Error> {
    let mut pulls = Pulls::read(held.directory())?;
    pulls.0.insert(now.number, now.clone());
    pulls.write(held.directory())?;
    happened::changed(runner, held, before, &now).await?;
    Ok(Json(now))
}
