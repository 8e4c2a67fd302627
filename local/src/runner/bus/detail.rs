//! CodePipeline's own events: "CodePipeline Pipeline, Stage and Action Execution State Change".

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::git;
use crate::cloud::client::REGION;
use crate::pipeline::action::Artifact;
use crate::pipeline::engine::{
    ActionChange, ActionRun, ActionStatus, Change, Ending, Execution, ExecutionStatus, RunId, StageRun, StageStatus,
    State, Subject, Trigger,
};

/// Something that happened, as the bus tells it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Occurrence {
    pub(super) at: Timestamp,
    pub(super) pipeline: String,
    pub(super) detail_type: &'static str,
    pub(super) detail: Value,
    /// The action's run, of an action.
    pub(super) run: Option<RunId>,
    /// Whether it goes on after that.
    pub(super) running: bool,
}

/// The event of a change; none for what CodePipeline sends no event of.
pub(super) fn occurrence(change: &Change, state: &State) -> Option<Occurrence> {
    let execution = state.execution(&change.execution)?;
    let stage = |name: &str| execution.stages.iter().rev().find(|stage| stage.name == name);
    let (detail_type, own, run, running) = match &change.subject {
        Subject::Pipeline { status, .. } => {
            let running = *status == ExecutionStatus::InProgress;
            let detail = of_pipeline(*status, change.attempt, execution);
            ("CodePipeline Pipeline Execution State Change", detail, None, running)
        }
        Subject::Stage { stage: name, status, retried } => {
            let running = *status == StageStatus::InProgress;
            let detail = of_stage(*status, *retried, stage(name)?)?;
            ("CodePipeline Stage Execution State Change", detail, None, running)
        }
        Subject::Action(action) => {
            let run = stage(&action.stage)?.actions.iter().find(|run| run.id == action.run)?;
            let running = action.status == ActionStatus::InProgress;
            let run_id = Some(action.run.clone());
            (
                "CodePipeline Action Execution State Change",
                of_action(action, run, ends_with_its_definition(execution)),
                run_id,
                running,
            )
        }
        Subject::Rule(_) => return None,
    };
    let mut detail = own;
    detail.insert("pipeline".to_owned(), json!(change.pipeline));
    detail.insert("execution-id".to_owned(), json!(change.execution));
    detail.insert("version".to_owned(), json!(change.version));
    detail.insert("pipeline-execution-attempt".to_owned(), json!(change.attempt));
    let (at, pipeline) = (change.at, change.pipeline.clone());
    Some(Occurrence { at, pipeline, detail_type, detail: Value::Object(detail), run, running })
}

fn of_pipeline(status: ExecutionStatus, attempt: u32, execution: &Execution) -> Map<String, Value> {
    let state = match status {
        ExecutionStatus::InProgress if attempt > 1 => "RESUMED",
        ExecutionStatus::InProgress => "STARTED",
        ExecutionStatus::Succeeded => "SUCCEEDED",
        ExecutionStatus::Failed => "FAILED",
        ExecutionStatus::Superseded => "SUPERSEDED",
        ExecutionStatus::Cancelled => "CANCELED",
        ExecutionStatus::Stopping => "STOPPING",
        ExecutionStatus::Stopped => "STOPPED",
    };
    let mut detail = object(json!({"state": state, "start-time": time(execution.started)}));
    let more = match status {
        ExecutionStatus::InProgress if attempt == 1 => {
            let Trigger { trigger_type, trigger_detail } = &execution.trigger;
            let trigger = json!({"trigger-type": trigger_type, "trigger-detail": trigger_detail});
            Some(("execution-trigger", trigger))
        }
        ExecutionStatus::Stopping => {
            execution.stop_reason.as_ref().map(|reason| ("stop-execution-comments", json!(reason)))
        }
        ExecutionStatus::Succeeded | ExecutionStatus::Failed => {
            git::trigger(execution).map(|trigger| ("execution-trigger", trigger))
        }
        _ => None,
    };
    detail.extend(more.map(|(name, value)| (name.to_owned(), value)));
    detail
}

/// None of a skipped stage, of which no event is documented.
fn of_stage(status: StageStatus, retried: Option<Timestamp>, stage: &StageRun) -> Option<Map<String, Value>> {
    let state = match status {
        StageStatus::InProgress if retried.is_some() => "RESUMED",
        StageStatus::InProgress => "STARTED",
        StageStatus::Succeeded => "SUCCEEDED",
        StageStatus::Failed => "FAILED",
        StageStatus::Cancelled => "CANCELED",
        StageStatus::Stopping => "STOPPING",
        StageStatus::Stopped => "STOPPED",
        StageStatus::Skipped => return None,
    };
    let mut detail = object(json!({"state": state, "stage": stage.name, "start-time": time(stage.started)}));
    if let Some(at) = retried {
        detail.insert("stage-last-retry-attempt-time".to_owned(), json!(time(at)));
    }
    Some(detail)
}

/// Whether it ends, or has ended, because the pipeline was changed.
fn ends_with_its_definition(execution: &Execution) -> bool {
    execution.ending == Some(Ending::Cancelled) || execution.status == ExecutionStatus::Cancelled
}

fn of_action(change: &ActionChange, run: &ActionRun, cancelled: bool) -> Map<String, Value> {
    let state = match change.status {
        ActionStatus::InProgress => "STARTED",
        ActionStatus::Succeeded => "SUCCEEDED",
        ActionStatus::Failed => "FAILED",
        ActionStatus::Abandoned if cancelled => "CANCELED",
        ActionStatus::Abandoned => "ABANDONED",
    };
    let mut detail = object(json!({
        "state": state,
        "stage": change.stage,
        "action": change.action,
        "type": change.type_id,
        "region": REGION,
        "action-execution-id": run.id,
        "start-time": time(run.started),
    }));
    // Before it has succeeded nothing lies where its output will be.
    let outputs = if change.status == ActionStatus::Succeeded { &run.output_artifacts[..] } else { &[] };
    for (name, artifacts) in [("input-artifacts", &run.input_artifacts[..]), ("output-artifacts", outputs)] {
        if !artifacts.is_empty() {
            detail.insert(name.to_owned(), written(artifacts));
        }
    }
    let result = result(change);
    if !result.is_empty() {
        detail.insert("execution-result".to_owned(), Value::Object(result));
    }
    detail
}

/// What the action's provider said of it.
fn result(change: &ActionChange) -> Map<String, Value> {
    let error = change.error_details.as_ref();
    let said = [
        ("external-execution-summary", error.map(|error| &error.message).or(change.summary.as_ref())),
        ("external-execution-id", change.external_execution_id.as_ref()),
        ("error-code", error.map(|error| &error.code)),
    ];
    said.into_iter().filter_map(|(name, value)| Some((name.to_owned(), json!(value?)))).collect()
}

fn written(artifacts: &[Artifact]) -> Value {
    let artifact = |artifact: &Artifact| {
        let location = json!({"bucket": artifact.location.bucket, "key": artifact.location.key});
        json!({"name": artifact.name, "s3location": location})
    };
    artifacts.iter().map(artifact).collect()
}

/// In milliseconds, as CodePipeline writes it.
fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests;
