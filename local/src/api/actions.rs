//! `ListActionExecutions`.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::error::ApiError;
use super::history::{self, Entry, List, Listed, Run};
use super::json::{artifacts, error_details, external_id, summary, time};
use crate::cloud::client::REGION;
use crate::pipeline::definition::{Action, Pipeline};
use crate::pipeline::engine::{ActionRun, ActionStatus, ConditionKind, Execution, StageRun};
use crate::runner::History;

impl Run for &ActionRun {
    fn id(&self) -> &str {
        &self.id.0
    }

    fn what(&self) -> (&str, Option<ConditionKind>) {
        (&self.name, None)
    }

    fn started(&self) -> Timestamp {
        self.started
    }
}

struct Actions;

impl Listed for Actions {
    const MEMBER: &'static str = "actionExecutionDetails";
    type Run<'s> = &'s ActionRun;

    fn runs(stage: &StageRun) -> impl Iterator<Item = &ActionRun> {
        stage.actions.iter()
    }

    fn write(entry: &Entry<&ActionRun>, pipeline: Option<&Pipeline>) -> Value {
        detail(entry, pipeline)
    }
}

pub(super) fn list(request: &List, history: &History) -> Result<Value, ApiError> {
    history::answer::<Actions>(request, history)
}

fn detail(entry: &Entry<&ActionRun>, pipeline: Option<&Pipeline>) -> Value {
    let Entry { execution, stage, run } = entry;
    json!({
        "pipelineExecutionId": execution.id,
        "actionExecutionId": run.id,
        "pipelineVersion": execution.pipeline_version,
        "stageName": stage.name,
        "actionName": run.name,
        "startTime": time(run.started),
        "lastUpdateTime": time(run.updated),
        "updatedBy": run.updated_by,
        "status": run.status,
        "input": input(run, pipeline.and_then(|pipeline| declared(pipeline, &stage.name, run))),
        "output": output(run, &own_id(execution, run)),
    })
}

/// The action as the pipeline declared it.
fn declared<'p>(pipeline: &'p Pipeline, stage: &str, run: &ActionRun) -> Option<&'p Action> {
    let stage = pipeline.stages.iter().find(|declared| declared.name == stage)?;
    stage.actions.iter().find(|action| action.name == run.name)
}

fn input(run: &ActionRun, declared: Option<&Action>) -> Value {
    json!({
        "actionTypeId": run.type_id,
        "configuration": declared.map(|action| &action.configuration),
        "resolvedConfiguration": run.resolved_configuration,
        "roleArn": declared.and_then(|action| action.role_arn.as_ref()),
        "region": declared.and_then(|action| action.region.as_deref()).unwrap_or(REGION),
        "inputArtifacts": artifacts(&run.input_artifacts),
        "namespace": run.namespace,
    })
}

/// In a pipeline that shows no state, an approval is answered with this.
fn own_id(execution: &Execution, run: &ActionRun) -> Value {
    match &run.approval {
        Some(approval) if !execution.in_turn() => json!(approval.token),
        _ => external_id(run.external_execution_id.as_ref()),
    }
}

/// An action that runs has no output yet, but may have an id where it runs; one that failed wrote no artifact.
fn output(run: &ActionRun, own_id: &Value) -> Value {
    let ended = run.status != ActionStatus::InProgress;
    let outputs = if run.status == ActionStatus::Succeeded { &run.output_artifacts[..] } else { &[] };
    json!({
        "outputArtifacts": artifacts(outputs),
        "executionResult": {
            "externalExecutionId": own_id,
            "externalExecutionSummary": summary(run.summary.as_ref()),
            "errorDetails": error_details(run.error_details.as_ref()),
        },
        "outputVariables": ended.then_some(&run.output_variables),
    })
}
