//! What became of a repository, and the pipelines that it starts.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::activity::{self, By};
use super::detail::{Detail, EventType, PullRequestDetail};
use super::github::told;
use super::pulls::{self, Merged, PullRequest, Pulls};
use super::{Shared, forks};
use crate::pipeline::definition::{self, Action, Pipeline, PullRequestEvent};
use crate::pipeline::engine::{SourceRevision, Trigger, TriggerType};
use crate::pipeline::triggers::{self, Occurrence};
use crate::repository::{Error, Held, Move, RefKind};
use crate::runner::{self, Runner};

/// Something that happened, and the commit that it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Happened {
    occurrence: Occurrence,
    commit: String,
    event_type: EventType,
    branch: Option<String>,
    pull_request: Option<PullRequestDetail>,
}

/// Tells what was done since the repository is held: first of the branches and tags, then what became of pull requests by it.
pub(super) async fn pushed(shared: &Shared, held: &Held, by: By<'_>) -> Result<(), Error> {
    let (moves, now) = (held.settle().await?, Timestamp::now());
    // Before anything starts: it may ask who did this.
    activity::note(held, &moves, by, now).await?;
    let before = Pulls::read(held.directory())?;
    let mut after = before.clone();
    for pull in after.0.values_mut().filter(|pull| pull.is_open()) {
        moved(held, pull, &moves, by, now).await?;
    }
    after.write(held.directory())?;
    for one in &moves {
        if let Some(happened) = push(held, one).await? {
            start_all(&shared.runner, held.name(), &happened);
        }
    }
    told::moves(shared, held, &moves, by.login).await;
    for pull in after.0.values() {
        changed(shared, held, before.0.get(&pull.number), pull, by.login).await?;
    }
    follow(shared, held, by);
    Ok(())
}

/// Keeps a pull request as it is now, and tells what became of it. It is written down first: what it starts may look at it.
pub(super) async fn keep(
    shared: &Shared,
    held: &Held,
    before: Option<&PullRequest>,
    now: &PullRequest,
    by: Option<&str>,
) -> Result<(), Error> {
    write(held, now)?;
    changed(shared, held, before, now, by).await
}

/// Tells that a pull request was merged by the provider itself: first of its destination, as after a push.
pub(super) async fn merged_here(
    shared: &Shared,
    held: &Held,
    before: &PullRequest,
    now: &PullRequest,
    by: By<'_>,
) -> Result<(), Error> {
    // First of all: to the branch that moves it is not open any more.
    write(held, now)?;
    pushed(shared, held, by).await?;
    changed(shared, held, Some(before), now, by.login).await
}

/// Pull requests from here into other repositories come after it, when nobody holds this one.
fn follow(shared: &Shared, held: &Held, by: By<'_>) {
    let (shared, fork, login) = (shared.clone(), held.name().to_owned(), by.login.map(str::to_owned));
    tokio::spawn(async move {
        if let Err(error) = forks::follow(&shared, &fork, login.as_deref()).await {
            eprintln!("error: pull requests from {fork} stay where they were: {error}");
        }
    });
}

/// Keeps a pull request of which nobody is told.
pub(super) fn write(held: &Held, pull: &PullRequest) -> Result<(), Error> {
    let mut pulls = Pulls::read(held.directory())?;
    pulls.0.insert(pull.number, pull.clone());
    pulls.write(held.directory())
}

/// Tells what became of a pull request.
async fn changed(
    shared: &Shared,
    held: &Held,
    before: Option<&PullRequest>,
    now: &PullRequest,
    by: Option<&str>,
) -> Result<(), Error> {
    if let Some(event) = pulls::event(before, now) {
        start_all(&shared.runner, held.name(), &of_pull_request(held, event, now).await?);
    }
    told::pull(shared, held, before, now, by).await;
    Ok(())
}

/// What moves of branches make of an open pull request.
async fn moved(held: &Held, pull: &mut PullRequest, moves: &[Move], by: By<'_>, now: Timestamp) -> Result<(), Error> {
    let of =
        |branch: &str| moves.iter().find(|one| one.reference.kind == RefKind::Branch && one.reference.name == branch);
    // A branch of that name here is not that of a fork.
    let source = pull.story.fork.is_none().then(|| of(&pull.source_branch)).flatten();
    let destination = of(&pull.destination_branch);
    if let Some(head) = source.and_then(|one| one.to.as_ref()) {
        let base = match destination {
            Some(moved) => moved.from.clone().unwrap_or_default(),
            None => held.head(&pull.destination_branch).await?.id,
        };
        pull.moved_to(head, &base, now);
    }
    if let Some(Move { from: Some(from), to: Some(to), .. }) = destination
        && held.contains(to, &pull.head).await?
    {
        pull.story.merged = merged(held, from, to, &pull.head, by).await?;
        pull.close(now);
    }
    if [source, destination].into_iter().flatten().any(|one| one.to.is_none()) {
        pull.close(now);
    }
    Ok(())
}

/// How a push brought a pull request's head into its destination, unless it was there before.
async fn merged(held: &Held, from: &str, to: &str, head: &str, by: By<'_>) -> Result<Option<Merged>, Error> {
    if held.contains(from, head).await? {
        return Ok(None);
    }
    let mut base = from.to_owned();
    for step in held.steps(from, to).await? {
        if held.contains(&step, head).await? {
            // The commits up to the head itself are all its own.
            let base = if step == head { from.to_owned() } else { base };
            return Ok(Some(Merged { by: by.login.map(str::to_owned), commit: step, base }));
        }
        base = step;
    }
    Ok(None)
}

/// What a move of a branch or a tag is; that it is gone starts nothing.
async fn push(held: &Held, moved: &Move) -> Result<Option<Happened>, Error> {
    let Some(commit) = moved.to.clone() else { return Ok(None) };
    let name = moved.reference.name.clone();
    let (occurrence, branch) = match moved.reference.kind {
        RefKind::Tag => (Occurrence::Tag { name }, None),
        RefKind::Branch => {
            let files = match &moved.from {
                Some(from) => Some(held.changed(from, &commit).await?),
                None => None,
            };
            (Occurrence::Push { branch: name.clone(), files }, Some(name))
        }
    };
    Ok(Some(Happened { occurrence, commit, event_type: EventType::Push, branch, pull_request: None }))
}

async fn of_pull_request(held: &Held, event: PullRequestEvent, pull: &PullRequest) -> Result<Happened, Error> {
    let destination = pull.destination_branch.clone();
    let files = match held.head(&destination).await {
        Ok(base) => held.changed_since(&base.id, &pull.head).await?,
        // It is gone, and the pull request with it.
        Err(Error::NoBranch { .. }) => Vec::new(),
        Err(error) => return Err(error),
    };
    let detail = PullRequestDetail {
        pull_request_id: pull.number.to_string(),
        pull_request_title: pull.title.clone(),
        source_branch_name: pull.source_branch.clone(),
        destination_branch_name: destination.clone(),
    };
    Ok(Happened {
        occurrence: Occurrence::PullRequest { event, destination, files },
        commit: pull.head.clone(),
        event_type: event.into(),
        branch: Some(pull.source_branch.clone()),
        pull_request: Some(detail),
    })
}

/// Starts every pipeline that has a source action of this repository whose triggers let it.
fn start_all(runner: &Runner, repository: &str, happened: &Happened) {
    for listed in runner.names() {
        // One that is deleted at this moment is not started.
        let Ok(Some(start)) = runner.inspect(&listed.name, |pipeline, _| start(pipeline, repository, happened)) else {
            continue;
        };
        if let Err(error) = run(runner, &listed.name, start) {
            eprintln!("warning: what was pushed to {repository} did not start pipeline {}: {error}", listed.name);
        }
    }
}

fn run(
    runner: &Runner,
    pipeline: &str,
    (trigger, revisions): (Trigger, Vec<SourceRevision>),
) -> Result<(), runner::Error> {
    runner.start(pipeline, trigger, &BTreeMap::new(), revisions).map(drop)
}

/// How it starts a pipeline, if it does: once, whichever of its source actions want to.
fn start(pipeline: &Pipeline, repository: &str, happened: &Happened) -> Option<(Trigger, Vec<SourceRevision>)> {
    let actions = pipeline.stages.iter().flat_map(|stage| &stage.actions);
    let sources: Vec<&Action> = actions
        .filter(|action| is_of(action, repository) && triggers::starts(pipeline, action, &happened.occurrence))
        .collect();
    let detail = detail(sources.first()?, repository, happened);
    let trigger_detail = serde_json::to_string(&detail).ok()?;
    let revision = |source: &&Action| SourceRevision {
        action_name: source.name.clone(),
        revision_type: "COMMIT_ID".to_owned(),
        revision_value: happened.commit.clone(),
    };
    let revisions = sources.iter().map(revision).collect();
    Some((Trigger { trigger_type: trigger_type(pipeline, &sources), trigger_detail }, revisions))
}

/// As the guide's page on triggers tells them apart: what no filter chose comes by the older way.
fn trigger_type(pipeline: &Pipeline, sources: &[&Action]) -> TriggerType {
    let is_filtered = |trigger: &definition::Trigger| sources.iter().any(|source| source.name == trigger.source_action);
    if pipeline.triggers.iter().any(is_filtered) { TriggerType::WebhookV2 } else { TriggerType::Webhook }
}

fn is_of(action: &Action, repository: &str) -> bool {
    action.type_id.provider == "CodeStarSourceConnection"
        && action.configuration.get("FullRepositoryId").is_some_and(|id| id == repository)
}

fn detail(source: &Action, repository: &str, happened: &Happened) -> Detail {
    let tag_name = match &happened.occurrence {
        Occurrence::Tag { name } => Some(name.clone()),
        _ => None,
    };
    Detail {
        connection_arn: source.configuration.get("ConnectionArn").cloned().unwrap_or_default(),
        full_repository_name: repository.to_owned(),
        event_type: happened.event_type,
        commit_id: happened.commit.clone(),
        branch_name: happened.branch.clone(),
        tag_name,
        pull_request: happened.pull_request.clone(),
    }
}
