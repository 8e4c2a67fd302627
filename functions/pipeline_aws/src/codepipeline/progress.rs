//! How far executions are.

use aws_sdk_codepipeline::types::{
    ActionExecutionDetail, ActionExecutionFilter, ActionExecutionStatus, ArtifactRevision, ExecutionType,
    PipelineExecution, PipelineExecutionStatus,
};
use pipeline_core::{
    ids::ExecutionId,
    ports::PortError,
    record::watch::{ExecutionState, Progress, ReadProgress, Revision, Step, StepState},
};

use crate::{
    codepipeline::{Executions, executions::instant},
    error::port_error,
    pages,
};

impl ReadProgress for Executions {
    /// The execution first, then its actions: what is told of it rests on all that they came to.
    async fn progress(&self, pipeline: &str, id: &ExecutionId) -> Result<Option<Progress>, PortError> {
        let request = self.0.get_pipeline_execution().pipeline_name(pipeline).pipeline_execution_id(id.as_str());
        let answer = match request.send().await {
            Ok(answer) => answer,
            Err(error) => match error.as_service_error() {
                Some(refused) if refused.is_pipeline_execution_not_found_exception() => return Ok(None),
                _ => return Err(port_error(&format!("read execution {id} of pipeline {pipeline}"), &error)),
            },
        };
        let Some(execution) = answer.pipeline_execution() else { return Ok(None) };
        Ok(Some(progress(execution, self.steps(pipeline, id).await?)))
    }
}

impl Executions {
    /// All runs of its actions, in the order in which they began.
    async fn steps(&self, pipeline: &str, id: &ExecutionId) -> Result<Vec<Step>, PortError> {
        let operation = format!("list the actions of execution {id}");
        let runs = pages::all(&operation, async |token| {
            let filter = ActionExecutionFilter::builder().pipeline_execution_id(id.as_str()).build();
            let request = self.0.list_action_executions().pipeline_name(pipeline).filter(filter);
            let page = request.set_next_token(token).send().await.map_err(|error| port_error(&operation, &error))?;
            Ok((page.action_execution_details.unwrap_or_default(), page.next_token))
        });
        let runs = runs.await?;
        let ours = runs.iter().filter(|run| run.pipeline_execution_id() == Some(id.as_str()));
        let mut steps: Vec<Step> = ours.map(step).collect();
        steps.sort_by_key(|step| step.began);
        Ok(steps)
    }
}

fn progress(execution: &PipelineExecution, steps: Vec<Step>) -> Progress {
    let variables = execution.variables().iter();
    let variables =
        variables.filter_map(|variable| Some((variable.name()?.to_owned(), variable.resolved_value()?.to_owned())));
    Progress {
        state: execution.status().map_or(ExecutionState::Running, state),
        why: execution.status_summary().map(str::to_owned),
        is_rollback: execution.execution_type() == Some(&ExecutionType::Rollback),
        variables: variables.collect(),
        revisions: execution.artifact_revisions().iter().filter_map(revision).collect(),
        steps,
    }
}

/// What AWS adds may mean anything, so it has not ended.
fn state(status: &PipelineExecutionStatus) -> ExecutionState {
    match status {
        PipelineExecutionStatus::Stopping => ExecutionState::Stopping,
        PipelineExecutionStatus::Stopped => ExecutionState::Stopped,
        PipelineExecutionStatus::Superseded => ExecutionState::Superseded,
        PipelineExecutionStatus::Cancelled => ExecutionState::Cancelled,
        PipelineExecutionStatus::Failed => ExecutionState::Failed,
        PipelineExecutionStatus::Succeeded => ExecutionState::Succeeded,
        _ => ExecutionState::Running,
    }
}

fn revision(revision: &ArtifactRevision) -> Option<Revision> {
    let id = revision.revision_id().filter(|id| !id.is_empty())?.to_owned();
    Some(Revision { id, summary: revision.revision_summary().map(str::to_owned) })
}

fn step(run: &ActionExecutionDetail) -> Step {
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let said = |text: Option<&str>| text.filter(|text| !text.trim().is_empty()).map(str::to_owned);
    let kind = run.input().and_then(|input| input.action_type_id());
    let result = run.output().and_then(|output| output.execution_result());
    let error = result.and_then(|result| result.error_details());
    Step {
        id: text(run.action_execution_id()),
        stage: text(run.stage_name()),
        action: text(run.action_name()),
        category: text(kind.map(|kind| kind.category().as_str())),
        state: match run.status() {
            Some(ActionExecutionStatus::Succeeded) => StepState::Succeeded,
            Some(ActionExecutionStatus::Failed) => StepState::Failed,
            Some(ActionExecutionStatus::Abandoned) => StepState::Abandoned,
            _ => StepState::Running,
        },
        summary: said(result.and_then(|result| result.external_execution_summary())),
        error: said(error.and_then(|error| error.message().or(error.code()))),
        outputs: run
            .output()
            .and_then(|output| output.output_variables().cloned())
            .unwrap_or_default()
            .into_iter()
            .collect(),
        began: instant(run.start_time()),
        changed: instant(run.last_update_time()),
    }
}
