//! `GetPipelineExecution` and `ListPipelineExecutions`.

use serde::Deserialize;
use serde_json::{Value, json};

use super::OfPipeline;
use super::error::ApiError;
use super::json::{summary, time};
use super::page::Paging;
use crate::pipeline::definition::Pipeline;
use crate::pipeline::engine::{ActionRun, Execution, ExecutionId, StageStatus, State};

/// `GetPipelineExecution`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Get {
    pipeline_name: String,
    pipeline_execution_id: ExecutionId,
}

/// `ListPipelineExecutions`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct List {
    pipeline_name: String,
    #[serde(default)]
    filter: Filter,
    #[serde(flatten)]
    paging: Paging,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Filter {
    succeeded_in_stage: Option<SucceededInStage>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct SucceededInStage {
    stage_name: Option<String>,
}

impl OfPipeline for Get {
    fn pipeline(&self) -> &str {
        &self.pipeline_name
    }
}

impl OfPipeline for List {
    fn pipeline(&self) -> &str {
        &self.pipeline_name
    }
}

pub(super) fn get(request: &Get, pipeline: &Pipeline, state: &State) -> Result<Value, ApiError> {
    let execution = find(state, &request.pipeline_execution_id)?;
    Ok(json!({"pipelineExecution": {
        "pipelineName": pipeline.name,
        "pipelineVersion": execution.pipeline_version,
        "pipelineExecutionId": execution.id,
        "status": execution.status,
        "statusSummary": execution.status_summary,
        "artifactRevisions": revisions(execution, state).flat_map(artifact_revisions).collect::<Vec<_>>(),
        "variables": variables(execution),
        "trigger": execution.trigger,
        "executionMode": pipeline.execution_mode,
        "executionType": execution.execution_type,
        "rollbackMetadata": rollback(execution),
    }}))
}

pub(super) fn list(request: &List, pipeline: &Pipeline, state: &State) -> Result<Value, ApiError> {
    let stage = request.filter.succeeded_in_stage.as_ref().and_then(|filter| filter.stage_name.as_ref());
    let succeeded = |execution: &Execution, name: &String| {
        let latest = execution.stages.iter().rfind(|run| run.name == *name);
        latest.is_some_and(|run| run.status == StageStatus::Succeeded)
    };
    let newest_first = state.executions.iter().rev();
    let wanted = |execution: &&Execution| stage.is_none_or(|name| succeeded(execution, name));
    let page = request.paging.page(newest_first, |execution| &execution.id.0, wanted)?;
    let summaries: Vec<_> = page.items.into_iter().map(|execution| outline(execution, pipeline, state)).collect();
    Ok(json!({"pipelineExecutionSummaries": summaries, "nextToken": page.next_token}))
}

/// The execution of this id.
pub(super) fn find<'s>(state: &'s State, id: &ExecutionId) -> Result<&'s Execution, ApiError> {
    state.execution(id).ok_or_else(|| ApiError::no_execution(id))
}

fn outline(execution: &Execution, pipeline: &Pipeline, state: &State) -> Value {
    json!({
        "pipelineExecutionId": execution.id,
        "status": execution.status,
        "statusSummary": execution.status_summary,
        "startTime": time(execution.started),
        "lastUpdateTime": time(execution.updated),
        "sourceRevisions": revisions(execution, state).map(source_revision).collect::<Vec<_>>(),
        "trigger": execution.trigger,
        "executionMode": pipeline.execution_mode,
        "executionType": execution.execution_type,
        "rollbackMetadata": rollback(execution),
    })
}

/// The source actions that brought what the execution carries: a rollback carries what its target did.
fn revisions<'s>(execution: &'s Execution, state: &'s State) -> impl Iterator<Item = &'s ActionRun> {
    let target = execution.rollback_target.as_ref().and_then(|target| state.execution(target));
    target.unwrap_or(execution).succeeded().filter(|run| run.revision.is_some())
}

fn source_revision(run: &ActionRun) -> Value {
    json!({"actionName": run.name, "revisionId": run.revision, "revisionSummary": summary(run.summary.as_ref())})
}

fn artifact_revisions(run: &ActionRun) -> impl Iterator<Item = Value> {
    run.output_artifacts.iter().map(|artifact| {
        json!({
            "name": artifact.name,
            "revisionId": run.revision,
            "revisionSummary": summary(run.summary.as_ref()),
            "created": time(run.updated),
        })
    })
}

fn variables(execution: &Execution) -> Option<Vec<Value>> {
    let variable = |(name, value): (&String, &String)| json!({"name": name, "resolvedValue": value});
    (!execution.variables.is_empty()).then(|| execution.variables.iter().map(variable).collect())
}

fn rollback(execution: &Execution) -> Option<Value> {
    let target = execution.rollback_target.as_ref()?;
    Some(json!({"rollbackTargetPipelineExecutionId": target}))
}
