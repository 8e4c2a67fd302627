//! What CodePipeline's events tell: of the release what its build made and what people are told of, and of previews that
//! they have changed.

use jiff::Timestamp;
use pipeline_core::{
    ids::ExecutionId,
    job::Artifact,
    record::{
        notice::{News, Turn, What},
        perform::Fact,
        sign::{Move, Sign},
        watch::{ExecutionState, StepState},
    },
};
use serde::Deserialize;
use serde_json::Value;

use crate::events::{ACTION, Event, MalformedEvent, PIPELINE, Pipelines};

/// An execution's event.
pub(super) fn execution(
    detail: &ExecutionDetail,
    at: Option<Timestamp>,
    of: &Pipelines,
) -> Result<Event, MalformedEvent> {
    let execution = || id(PIPELINE, &detail.execution_id);
    let Some(state) = execution_state(&detail.state) else {
        return Ok(Event::Foreign("of an execution, in a state that is not known here"));
    };
    if detail.pipeline == of.previews {
        return Ok(Event::Preview(Sign::Moved { execution: execution()?, what: Move::Execution(state), at }));
    }
    let what = (detail.pipeline == of.release).then(|| news(&detail.state)).flatten();
    let Some(what) = what else { return Ok(Event::Foreign("of an execution, and nothing to tell people")) };
    let news = News { attempt: whole(detail.attempt.as_ref()), what };
    Ok(Event::Release(Turn { execution: execution()?, news, run: None, at }))
}

/// An action's event.
pub(super) fn action(detail: &ActionDetail, at: Option<Timestamp>, of: &Pipelines) -> Result<Event, MalformedEvent> {
    if detail.pipeline == of.previews {
        return moved(detail, at);
    }
    if detail.pipeline != of.release {
        return Ok(Event::Foreign("of an action of another pipeline"));
    }
    match (&detail.kind.category[..], &detail.state[..]) {
        ("Build", "SUCCEEDED") => built(detail),
        ("Approval", "STARTED") => {
            let news =
                News { attempt: whole(detail.attempt.as_ref()), what: What::Waits { stage: detail.stage.clone() } };
            let execution = id(ACTION, &detail.execution_id)?;
            Ok(Event::Release(Turn { execution, news, run: detail.run.clone(), at }))
        }
        _ => Ok(Event::Foreign("of an action, and neither a build that succeeded nor an approval that waits")),
    }
}

fn moved(detail: &ActionDetail, at: Option<Timestamp>) -> Result<Event, MalformedEvent> {
    let state = match &detail.state[..] {
        "STARTED" => StepState::Running,
        "SUCCEEDED" => StepState::Succeeded,
        "FAILED" => StepState::Failed,
        "ABANDONED" | "CANCELED" => StepState::Abandoned,
        _ => return Ok(Event::Foreign("of an action, in a state that is not known here")),
    };
    let missing = || MalformedEvent { kind: ACTION, why: "missing field `action-execution-id`".to_owned() };
    let run = detail.run.clone().ok_or_else(missing)?;
    let execution = id(ACTION, &detail.execution_id)?;
    Ok(Event::Preview(Sign::Moved { execution, what: Move::Step { run, state }, at }))
}

fn built(detail: &ActionDetail) -> Result<Event, MalformedEvent> {
    let Some(output) = detail.output_artifacts.iter().flatten().next() else {
        return Ok(Event::Foreign("a build without an output artifact"));
    };
    let execution = id(ACTION, &detail.execution_id)?;
    let S3Location { bucket, key } = output.s3location.clone();
    let artifact = Artifact { name: output.name.clone(), revision: None, bucket, key };
    Ok(Event::Fact(Fact::Built { execution, artifact }))
}

fn id(kind: &'static str, text: &str) -> Result<ExecutionId, MalformedEvent> {
    text.parse()
        .map_err(|error: pipeline_core::ids::InvalidId| MalformedEvent { kind, why: format!("execution-id: {error}") })
}

fn execution_state(state: &str) -> Option<ExecutionState> {
    Some(match state {
        "STARTED" | "RESUMED" => ExecutionState::Running,
        "STOPPING" => ExecutionState::Stopping,
        "STOPPED" => ExecutionState::Stopped,
        "SUPERSEDED" => ExecutionState::Superseded,
        "CANCELED" => ExecutionState::Cancelled,
        "FAILED" => ExecutionState::Failed,
        "SUCCEEDED" => ExecutionState::Succeeded,
        _ => return None,
    })
}

/// Nobody is told that a newer one took its place, as that one tells of itself, nor of what somebody is just doing.
fn news(state: &str) -> Option<What> {
    match state {
        "STARTED" => Some(What::Started),
        "STOPPED" | "CANCELED" => Some(What::Stopped),
        "FAILED" => Some(What::Failed),
        "SUCCEEDED" => Some(What::Succeeded),
        _ => None,
    }
}

/// CodePipeline writes whole numbers as 1, as 1.0 and as "1".
fn whole(number: Option<&Value>) -> u64 {
    let text = match number {
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::String(text)) => text.clone(),
        _ => return 0,
    };
    text.split('.').next().and_then(|whole| whole.parse().ok()).unwrap_or_default()
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct ExecutionDetail {
    pipeline: String,
    execution_id: String,
    state: String,
    #[serde(rename = "pipeline-execution-attempt")]
    attempt: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct ActionDetail {
    pipeline: String,
    execution_id: String,
    stage: String,
    state: String,
    #[serde(rename = "type")]
    kind: ActionType,
    #[serde(rename = "action-execution-id")]
    run: Option<String>,
    #[serde(rename = "pipeline-execution-attempt")]
    attempt: Option<Value>,
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
