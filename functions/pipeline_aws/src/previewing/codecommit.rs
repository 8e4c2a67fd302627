//! What CodeCommit tells by EventBridge.

use pipeline_core::{lease::place::Place, text};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::previewing::change::Change;

/// An event that `EventBridge` brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Told {
    /// Something that previews depend on may have changed.
    Changed(Change),
    /// Nothing of ours, and what it is instead, in words of ours (I26).
    Foreign(&'static str),
}

/// The event is of a kind that previews depend on, and not as that is documented.
#[derive(Debug, thiserror::Error)]
#[error("the event {kind:?} is malformed: {why}")]
pub(super) struct MalformedEvent {
    kind: &'static str,
    why: String,
}

/// The repository that previews are made of, and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    /// The account and region.
    pub place: Place,
    /// Its name at CodeCommit; `None` where previews are made of a repository elsewhere.
    pub repository: Option<String>,
}

const PULL: &str = "CodeCommit Pull Request State Change";
const REPOSITORY: &str = "CodeCommit Repository State Change";

/// What is done to pull requests that can change what is wanted. Under the same name come reviews.
const CHANGES: [&str; 4] = [
    "pullRequestCreated",
    "pullRequestSourceBranchUpdated",
    "pullRequestStatusChanged",
    "pullRequestMergeStatusUpdated",
];

/// Reads one.
pub(super) fn read(event: &RawValue, home: &Home) -> Result<Told, MalformedEvent> {
    let Ok(outer) = serde_json::from_str::<Outer<'_>>(event.get()) else {
        return Ok(Told::Foreign("no event of EventBridge"));
    };
    let Some(repository) = home.repository.as_deref() else {
        return Ok(Told::Foreign("an event, though pull requests come by webhook"));
    };
    if outer.source != "aws.codecommit" || outer.account != home.place.account || outer.region != home.place.region {
        return Ok(Told::Foreign("not of CodeCommit, or of another account or region"));
    }
    match outer.detail_type.as_str() {
        PULL => pull(&parse(PULL, outer.detail)?, repository),
        REPOSITORY => reference(parse(REPOSITORY, outer.detail)?, repository),
        _ => Ok(Told::Foreign("nothing that previews depend on")),
    }
}

fn parse<'a, T: Deserialize<'a>>(kind: &'static str, text: &'a RawValue) -> Result<T, MalformedEvent> {
    serde_json::from_str(text.get()).map_err(|error| MalformedEvent { kind, why: text::complaint(&error) })
}

fn pull(detail: &PullDetail, repository: &str) -> Result<Told, MalformedEvent> {
    if !CHANGES.contains(&detail.event.as_str()) {
        return Ok(Told::Foreign("of a pull request, and nothing that changes it"));
    }
    if !detail.repository_names.iter().any(|name| name == repository) {
        return Ok(Told::Foreign("of another repository"));
    }
    let number = detail.pull_request_id.parse().ok().filter(|number| *number > 0);
    let number = number.ok_or_else(|| MalformedEvent { kind: PULL, why: "pullRequestId: it is no number".into() })?;
    Ok(Told::Changed(Change::of_pull_request(number)))
}

fn reference(detail: ReferenceDetail, repository: &str) -> Result<Told, MalformedEvent> {
    if detail.event != "referenceDeleted" || detail.repository_name != repository {
        return Ok(Told::Foreign("of another repository, or no deletion"));
    }
    if detail.reference_type.as_deref().is_some_and(|kind| kind != "branch") {
        return Ok(Told::Foreign("a tag"));
    }
    match detail.reference_name {
        Some(branch) => Ok(Told::Changed(Change::BranchDeleted { branch })),
        None => Err(MalformedEvent { kind: REPOSITORY, why: "missing field `referenceName`".into() }),
    }
}

#[derive(Deserialize)]
struct Outer<'a> {
    source: String,
    #[serde(rename = "detail-type")]
    detail_type: String,
    account: String,
    region: String,
    #[serde(borrow)]
    detail: &'a RawValue,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PullDetail {
    event: String,
    pull_request_id: String,
    repository_names: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReferenceDetail {
    event: String,
    repository_name: String,
    reference_type: Option<String>,
    reference_name: Option<String>,
}
