//! Events that tell of something, as EventBridge and Lambda send them; they ask for no answer.

use jiff::Timestamp;
use pipeline_core::{
    ids::{CommitId, ExecutionId, JobId},
    job::Artifact,
    record::{facts::Push, perform::Fact},
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

/// The event is of a kind that we keep, and not as that is documented.
#[derive(Debug, thiserror::Error)]
#[error("the event {kind:?} is malformed: {why}")]
pub struct MalformedEvent {
    kind: &'static str,
    why: String,
}

const ACTION: &str = "CodePipeline Action Execution State Change";
const REPOSITORY: &str = "CodeCommit Repository State Change";
const FAILURE: &str = "Lambda asynchronous invocation record";

/// Reads any event.
pub fn read(event: &RawValue) -> Result<Event, MalformedEvent> {
    let Ok(outer) = serde_json::from_str::<Outer<'_>>(event.get()) else {
        return Ok(Event::Foreign("no event at all"));
    };
    match (outer.source.as_deref(), outer.detail_type.as_deref(), outer.detail) {
        (Some("aws.codepipeline"), Some(ACTION), Some(detail)) => action(&parse(ACTION, detail)?),
        (Some("aws.codecommit"), Some(REPOSITORY), Some(detail)) => {
            repository(parse(REPOSITORY, detail)?, outer.time.as_deref())
        }
        (None, None, None) => failure(&outer),
        _ => Ok(Event::Foreign("an event that is not kept")),
    }
}

fn parse<'a, T: Deserialize<'a>>(kind: &'static str, text: &'a RawValue) -> Result<T, MalformedEvent> {
    serde_json::from_str(text.get()).map_err(|error| MalformedEvent { kind, why: text::complaint(&error) })
}

fn action(detail: &ActionDetail) -> Result<Event, MalformedEvent> {
    if detail.kind.category != "Build" || detail.state != "SUCCEEDED" {
        return Ok(Event::Foreign("of an action, and not a build that succeeded"));
    }
    let Some(output) = detail.output_artifacts.iter().flatten().next() else {
        return Ok(Event::Foreign("a build without an output artifact"));
    };
    let malformed = |error: &dyn std::error::Error| MalformedEvent { kind: ACTION, why: error.to_string() };
    let execution: ExecutionId = detail.execution_id.parse().map_err(|error| malformed(&error))?;
    let S3Location { bucket, key } = output.s3location.clone();
    let artifact = Artifact { name: output.name.clone(), revision: None, bucket, key };
    Ok(Event::Fact(Fact::Built { execution, artifact }))
}

fn repository(detail: RepositoryDetail, time: Option<&str>) -> Result<Event, MalformedEvent> {
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
        at: time.and_then(|time| time.parse::<Timestamp>().ok()),
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

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct ActionDetail {
    execution_id: String,
    state: String,
    #[serde(rename = "type")]
    kind: ActionType,
    output_artifacts: Option<Vec<OutputArtifact>>,
}

#[derive(Deserialize)]
struct ActionType {
    category: String,
}

#[derive(Deserialize)]
struct OutputArtifact {
    name: String,
    s3location: S3Location,
}

#[derive(Clone, Deserialize)]
struct S3Location {
    bucket: String,
    key: String,
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
