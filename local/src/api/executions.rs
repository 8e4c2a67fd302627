//! `GetPipelineExecution` and `ListPipelineExecutions`.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::{Value, json};

use super::OfPipeline;
use super::error::ApiError;
use super::json::{summary, time};
use super::page::Paging;
use crate::pipeline::engine::{ActionRun, Execution, ExecutionId, StageStatus};
use crate::runner::History;

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

pub(super) fn get(request: &Get, history: &History) -> Result<Value, ApiError> {
    let execution = history.execution(&request.pipeline_execution_id)?;
    let brought = brought(&execution, history)?;
    Ok(json!({"pipelineExecution": {
        "pipelineName": history.pipeline().name,
        "pipelineVersion": execution.pipeline_version,
        "pipelineExecutionId": execution.id,
        "status": execution.status,
        "statusSummary": execution.status_summary,
        "artifactRevisions": revisions(&brought).flat_map(artifact_revisions).collect::<Vec<_>>(),
        "variables": variables(&execution),
        "trigger": execution.trigger,
        "executionMode": execution.mode,
        "executionType": execution.execution_type,
        "rollbackMetadata": rollback(&execution),
    }}))
}

pub(super) fn list(request: &List, history: &History) -> Result<Value, ApiError> {
    let stage = request.filter.succeeded_in_stage.as_ref().and_then(|filter| filter.stage_name.as_ref());
    let after = request.paging.after(|token| {
        let last = history.execution(&ExecutionId(token.to_owned()));
        last.map(|execution| execution.number).map_err(|_| ApiError::next_token(token))
    })?;
    let current = history.pipeline().version;
    let wanted = |execution: &Execution| {
        stage.is_none_or(|name| execution.pipeline_version == current && succeeded_in(execution, name))
    };
    let newest_first = history.newest_first(after).map(|read| read.map_err(ApiError::from));
    let page = request.paging.gather(newest_first, |execution| execution.id.0.clone(), wanted)?;
    let summaries = page.items.iter().map(|execution| outline(execution, history)).collect::<Result<Vec<_>, _>>()?;
    Ok(json!({"pipelineExecutionSummaries": summaries, "nextToken": page.next_token}))
}

fn succeeded_in(execution: &Execution, stage: &str) -> bool {
    let latest = execution.stages.iter().rfind(|run| run.name == stage);
    latest.is_some_and(|run| run.status == StageStatus::Succeeded)
}

fn outline(execution: &Execution, history: &History) -> Result<Value, ApiError> {
    let brought = brought(execution, history)?;
    Ok(json!({
        "pipelineExecutionId": execution.id,
        "status": execution.status,
        "statusSummary": execution.status_summary,
        "startTime": time(execution.started),
        "lastUpdateTime": time(execution.updated),
        "sourceRevisions": revisions(&brought).map(source_revision).collect::<Vec<_>>(),
        "trigger": execution.trigger,
        "stopTrigger": execution.stop_reason.as_ref().map(|reason| json!({"reason": reason})),
        "executionMode": execution.mode,
        "executionType": execution.execution_type,
        "rollbackMetadata": rollback(execution),
    }))
}

/// The execution that brought what this one carries: a rollback carries what its target did.
fn brought<'e>(execution: &'e Execution, history: &History) -> Result<Cow<'e, Execution>, ApiError> {
    Ok(match &execution.rollback_target {
        None => Cow::Borrowed(execution),
        Some(target) => Cow::Owned(history.execution(target)?),
    })
}

/// The source actions that brought something.
fn revisions(execution: &Execution) -> impl Iterator<Item = &ActionRun> {
    execution.succeeded().filter(|run| run.revision.is_some())
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
