//! Pull requests merged.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::change::open;
use super::events::{self as pull_events, What};
use super::record::{Merged, PullRequest, Status};
use super::request::{Request, head, refusal};
use super::shelf;
use crate::actions::Context;
use crate::codecommit::events;
use crate::json_api::Refusal;
use crate::repository::{Held, Merge, NEUTRAL, Store, Told};

/// How it is done, and what the API calls that.
type Way = (Merge, &'static str);

pub(super) const FAST_FORWARD: Way = (Merge::FastForward, "FAST_FORWARD_MERGE");
pub(super) const SQUASH: Way = (Merge::Squash, "SQUASH_MERGE");
pub(super) const THREE_WAY: Way = (Merge::ThreeWay, "THREE_WAY_MERGE");

pub(super) async fn run(
    context: &Context,
    asked: &Request,
    (how, option): Way,
    caller: &str,
) -> Result<Value, Refusal> {
    asked.repository()?;
    let (held, pull) = asked.hold(&Store::new(&context.state)).await?;
    open(&pull)?;
    check(&held, asked, &pull).await?;
    pull.evaluation().allows_merge(&pull)?;
    let destination_commit = head(&held, &pull.destination).await?;
    let message = format!("Merge branch '{}' into {}", pull.source, pull.destination);
    let told = Told {
        message: asked.commit_message.as_deref().unwrap_or(&message),
        by: (
            given(asked.author_name.as_deref()).unwrap_or(NEUTRAL.0),
            given(asked.email.as_deref()).unwrap_or(NEUTRAL.1),
        ),
    };
    let made = held.merge(&pull.source_commit, &pull.destination, how, told).await?;
    let by_hand =
        || format!("{} and {} cannot be merged so by themselves: merge them by hand", pull.source, pull.destination);
    let commit = made.ok_or_else(|| refusal("ManualMergeRequiredException", by_hand()))?;
    let merged = PullRequest {
        merged: Some(Merged { by: caller.to_owned(), commit, option: option.to_owned() }),
        status: Status::Closed,
        active: Timestamp::now(),
        destination_commit,
        ..pull
    };
    // Before the moves are told: it is not open to them any more.
    shelf::write(&held, &merged)?;
    if let Err(error) = events::publish(context, &held, caller).await {
        eprintln!("error: {error}");
    }
    pull_events::tell(context, &held, &merged, What::MergeStatusUpdated, caller).await;
    Ok(json!({"pullRequest": merged.shown(held.name())}))
}

async fn check(held: &Held, asked: &Request, pull: &PullRequest) -> Result<(), Refusal> {
    if let Some(strategy) =
        asked.conflict_resolution_strategy.as_deref().filter(|one| !["NONE", "AUTOMERGE"].contains(one))
    {
        let message = format!("conflictResolutionStrategy {strategy:?} does not run here; NONE and AUTOMERGE do");
        return Err(refusal("InvalidConflictResolutionStrategyException", message));
    }
    let tip = head(held, &pull.source).await?;
    if asked.source_commit_id.as_ref().is_some_and(|id| *id != tip) {
        let message = format!("the tip of {} is {tip}", pull.source);
        return Err(refusal("TipOfSourceReferenceIsDifferentException", message));
    }
    Ok(())
}

/// An empty text is none.
fn given(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.trim().is_empty())
}
