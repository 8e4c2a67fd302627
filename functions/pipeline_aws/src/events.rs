//! Events that tell of something, as EventBridge and Lambda send them; they ask for no answer.

mod pipelines;

use jiff::Timestamp;
use pipeline_core::{
    ids::{CommitId, JobId},
    preview::subject::Subject,
    record::{facts::Push, notice::Turn, perform::Fact, sign::Sign},
    text,
};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::event;

/// What an event tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Something to keep.
    Fact(Fact),
    /// Lambda gave up on an event that a function was invoked with.
    GaveUp(GaveUp),
    /// Something about a preview has changed.
    Preview(Sign),
    /// A release took a turn.
    Release(Turn),
    /// Nothing of ours, and what it is instead, in words of ours (I26).
    Foreign(&'static str),
}

/// Lambda's record of an asynchronous invocation that came to nothing. Of the event it holds the job's id alone (I26).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GaveUp {
    /// The function's ARN.
    pub function: String,
    /// Lambda's word for why.
    pub condition: String,
    /// The job that nobody settled.
    pub job: Option<JobId>,
}

/// The pipelines that events are heard of, by their names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pipelines {
    /// The one that releases the service, and has its name.
    pub release: String,
    /// The one that deploys previews.
    pub previews: String,
}

/// The event is of a kind that we keep, and not as that is documented.
#[derive(Debug, thiserror::Error)]
#[error("the event {kind:?} is malformed: {why}")]
pub struct MalformedEvent {
    kind: &'static str,
    why: String,
}

const PIPELINE: &str = "CodePipeline Pipeline Execution State Change";
const ACTION: &str = "CodePipeline Action Execution State Change";
const REPOSITORY: &str = "CodeCommit Repository State Change";
const PREVIEW: &str = "Flowgate Preview State Change";
const FAILURE: &str = "Lambda asynchronous invocation record";

/// Reads any event.
pub fn read(event: &RawValue, of: &Pipelines) -> Result<Event, MalformedEvent> {
    let Ok(outer) = serde_json::from_str::<Outer<'_>>(event.get()) else {
        return Ok(Event::Foreign("no event at all"));
    };
    match (outer.source.as_deref(), outer.detail_type.as_deref(), outer.detail) {
        (Some("aws.codepipeline"), Some(PIPELINE), Some(detail)) => {
            pipelines::execution(&parse(PIPELINE, detail)?, outer.at(), of)
        }
        (Some("aws.codepipeline"), Some(ACTION), Some(detail)) => {
            pipelines::action(&parse(ACTION, detail)?, outer.at(), of)
        }
        (Some("flowgate"), Some(PREVIEW), Some(detail)) => Ok(preview(parse(PREVIEW, detail)?, of)),
        (Some("aws.codecommit"), Some(REPOSITORY), Some(detail)) => repository(parse(REPOSITORY, detail)?, outer.at()),
        (None, None, None) => failure(&outer),
        _ => Ok(Event::Foreign("an event that is not kept")),
    }
}

fn parse<'a, T: Deserialize<'a>>(kind: &'static str, text: &'a RawValue) -> Result<T, MalformedEvent> {
    serde_json::from_str(text.get()).map_err(|error| MalformedEvent { kind, why: text::complaint(&error) })
}

/// Those of other services of the account come to the same bus.
fn preview(detail: PreviewDetail, of: &Pipelines) -> Event {
    if detail.service != of.release {
        return Event::Foreign("of another service's preview");
    }
    Event::Preview(Sign::Version { subject: detail.preview, version: detail.version })
}

fn repository(detail: RepositoryDetail, at: Option<Timestamp>) -> Result<Event, MalformedEvent> {
    if !["referenceCreated", "referenceUpdated"].contains(&detail.event.as_str()) {
        return Ok(Event::Foreign("of a repository, and not a push to a branch"));
    }
    // A tag releases nothing: who sets one on a commit has no part in it.
    if detail.reference_type.as_deref() == Some("tag") {
        return Ok(Event::Foreign("a tag"));
    }
    let missing = |field: &str| MalformedEvent { kind: REPOSITORY, why: format!("missing field `{field}`") };
    let commit = detail.commit_id.ok_or_else(|| missing("commitId"))?;
    let commit: CommitId =
        commit.parse().map_err(|error| MalformedEvent { kind: REPOSITORY, why: format!("commitId: {error}") })?;
    // CodeCommit has not always told who: then it was pushed, and nobody knows by whom.
    Ok(Event::Fact(Fact::Pushed(Push {
        repository: detail.repository_name,
        commit,
        by: detail.caller_user_arn,
        reference: detail.reference_full_name,
        at,
    })))
}

fn failure(outer: &Outer<'_>) -> Result<Event, MalformedEvent> {
    let Some(context) = outer.request_context else { return Ok(Event::Foreign("an event of no kind")) };
    // I26: the parser would repeat what it found, and next to it there are credentials.
    let context: RequestContext = serde_json::from_str(context.get())
        .map_err(|_| MalformedEvent { kind: FAILURE, why: "its requestContext is not what Lambda documents".into() })?;
    if context.condition == "Success" {
        return Ok(Event::Foreign("a successful invocation"));
    }
    let job = outer.request_payload.and_then(|payload| event::job_id(payload).ok());
    Ok(Event::GaveUp(GaveUp { function: context.function_arn, condition: context.condition, job }))
}

#[derive(Deserialize)]
struct Outer<'a> {
    source: Option<String>,
    #[serde(rename = "detail-type")]
    detail_type: Option<String>,
    time: Option<String>,
    #[serde(borrow)]
    detail: Option<&'a RawValue>,
    #[serde(rename = "requestContext", borrow)]
    request_context: Option<&'a RawValue>,
    #[serde(rename = "requestPayload", borrow)]
    request_payload: Option<&'a RawValue>,
}

impl Outer<'_> {
    /// When it happened, by EventBridge: in whole seconds.
    fn at(&self) -> Option<Timestamp> {
        self.time.as_deref().and_then(|time| time.parse().ok())
    }
}

#[derive(Deserialize)]
struct PreviewDetail {
    service: String,
    preview: Subject,
    version: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RepositoryDetail {
    event: String,
    repository_name: String,
    reference_type: Option<String>,
    reference_full_name: Option<String>,
    commit_id: Option<String>,
    caller_user_arn: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RequestContext {
    function_arn: String,
    condition: String,
}
