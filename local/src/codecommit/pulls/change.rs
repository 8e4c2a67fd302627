//! Pull requests made, renamed and closed.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::events::{self, What};
use super::record::{PullRequest, Status};
use super::request::{Request, Target, branch, head, refusal, required};
use super::shelf;
use crate::actions::Context;
use crate::codecommit::refusal::repository_name;
use crate::codecommit::templates;
use crate::json_api::Refusal;
use crate::repository::{Held, Store};

/// The greatest number that is given because somebody wishes for it.
const GREATEST: u64 = 999_999_999;

pub(super) async fn create(context: &Context, asked: Request, caller: &str) -> Result<Value, Refusal> {
    let store = Store::new(&context.state);
    let target = only_target(&asked)?;
    let held = store.hold(repository_name(target.repository_name.as_ref())?).await?;
    let wanted = wanted(&held, &target, &asked, caller).await?;
    if let Some(earlier) = earlier(&held, &wanted)? {
        return Ok(json!({"pullRequest": earlier.shown(held.name())}));
    }
    let rules = templates::rules(&store, &held, &wanted.destination)?;
    let id = shelf::number(&store, wish(wanted.token.as_deref())).await?;
    let pull = PullRequest { id, rules, ..wanted };
    shelf::write(&held, &pull)?;
    events::tell(context, &held, &pull, What::Created, caller).await;
    Ok(json!({"pullRequest": pull.shown(held.name())}))
}

/// The number that a token wishes for. The local cloud alone knows such tokens.
fn wish(token: Option<&str>) -> Option<u64> {
    let wish = token?.strip_prefix("flowgate-pull-request-")?.parse().ok()?;
    (1..=GREATEST).contains(&wish).then_some(wish)
}

fn only_target(asked: &Request) -> Result<Target, Refusal> {
    match asked.targets.as_deref() {
        None | Some([]) => Err(refusal("TargetsRequiredException", "targets is missing")),
        Some([target]) => Ok(target.clone()),
        Some(_) => Err(refusal("InvalidTargetsException", "a pull request has one target")),
    }
}

/// The pull request that is asked for, as yet without a number.
async fn wanted(held: &Held, target: &Target, asked: &Request, caller: &str) -> Result<PullRequest, Refusal> {
    let source = required(target.source_reference.as_ref(), "ReferenceNameRequiredException", "sourceReference")?;
    let source = branch(source).to_owned();
    let destination = match &target.destination_reference {
        Some(reference) => branch(reference).to_owned(),
        None => held.default_branch().await?,
    };
    if source == destination {
        let message = format!("a pull request cannot be from {source} into {destination}");
        return Err(refusal("SourceAndDestinationAreSameException", message));
    }
    let (source_commit, destination_commit) = (head(held, &source).await?, head(held, &destination).await?);
    let now = Timestamp::now();
    Ok(PullRequest {
        id: 0,
        title: asked.title()?,
        description: asked.description()?,
        author: caller.to_owned(),
        created: now,
        active: now,
        status: Status::Open,
        merge_base: held.merge_base(&destination_commit, &source_commit).await?,
        source,
        destination,
        source_commit,
        destination_commit,
        merged: None,
        revision: PullRequest::new_revision(),
        token: asked.client_request_token.clone(),
        comments: Vec::new(),
        approvals: Vec::new(),
        past: Vec::new(),
        rules: Vec::new(),
        overrides: Vec::new(),
    })
}

/// What a request with the same token made. A wish for a number is said anew once that one is closed.
fn earlier(held: &Held, wanted: &PullRequest) -> Result<Option<PullRequest>, Refusal> {
    if wanted.token.is_none() {
        return Ok(None);
    }
    let counts =
        |pull: &PullRequest| pull.token == wanted.token && (pull.is_open() || wish(pull.token.as_deref()).is_none());
    let Some(earlier) = shelf::all(held)?.into_iter().find(counts) else { return Ok(None) };
    let asked = |pull: &PullRequest| {
        let PullRequest { title, description, source, destination, .. } = pull;
        [Some(title.clone()), description.clone(), Some(source.clone()), Some(destination.clone())]
    };
    if asked(&earlier) == asked(wanted) {
        return Ok(Some(earlier));
    }
    Err(refusal("IdempotencyParameterMismatchException", "another request had this clientRequestToken"))
}

pub(super) async fn title(context: &Context, asked: &Request) -> Result<Value, Refusal> {
    let title = asked.title()?;
    edit(context, asked, |pull| pull.title = title).await
}

pub(super) async fn description(context: &Context, asked: &Request) -> Result<Value, Refusal> {
    let description = asked.description()?;
    edit(context, asked, |pull| pull.description = description).await
}

async fn edit(context: &Context, asked: &Request, change: impl FnOnce(&mut PullRequest)) -> Result<Value, Refusal> {
    let (held, mut pull) = asked.hold(&Store::new(&context.state)).await?;
    open(&pull)?;
    change(&mut pull);
    pull.active = Timestamp::now();
    shelf::write(&held, &pull)?;
    Ok(json!({"pullRequest": pull.shown(held.name())}))
}

/// A closed one stays closed.
pub(super) async fn status(context: &Context, asked: &Request, caller: &str) -> Result<Value, Refusal> {
    let status =
        required(asked.pull_request_status.as_ref(), "PullRequestStatusRequiredException", "pullRequestStatus")?;
    let (held, mut pull) = asked.hold(&Store::new(&context.state)).await?;
    match (status, pull.status) {
        ("CLOSED", Status::Open) => {}
        ("OPEN" | "CLOSED", _) => {
            let message = format!("pull request {} can be closed once, and not be opened again", pull.id);
            return Err(refusal("InvalidPullRequestStatusUpdateException", message));
        }
        _ => return Err(refusal("InvalidPullRequestStatusException", "pullRequestStatus is OPEN or CLOSED")),
    }
    pull.status = Status::Closed;
    pull.active = Timestamp::now();
    shelf::write(&held, &pull)?;
    events::tell(context, &held, &pull, What::StatusChanged, caller).await;
    Ok(json!({"pullRequest": pull.shown(held.name())}))
}

pub(super) fn open(pull: &PullRequest) -> Result<(), Refusal> {
    if pull.is_open() {
        return Ok(());
    }
    Err(refusal("PullRequestAlreadyClosedException", format!("pull request {} is closed", pull.id)))
}
