//! Executions and the runs of their actions.

use aws_sdk_codepipeline::{
    Client,
    error::SdkError,
    operation::get_pipeline_execution::GetPipelineExecutionError,
    primitives::DateTime,
    types::{
        ActionExecutionDetail, ActionExecutionFilter, ActionExecutionStatus, ArtifactRevision, ExecutionType,
        PipelineExecution, PipelineExecutionStatus, PipelineExecutionSummary,
    },
};
use aws_types::SdkConfig;
use jiff::Timestamp;
use pipeline_core::{
    gate::observation::{ActionRun, Execution, Kind, ReadExecutions, Source},
    ids::ExecutionId,
    ports::PortError,
};

use crate::{error::port_error, pages};

/// The executions of our account's pipelines.
#[derive(Debug, Clone)]
pub struct Executions(pub(super) Client);

impl Executions {
    /// CodePipeline in our region.
    pub fn new(config: &SdkConfig) -> Self {
        Self(Client::new(config))
    }
}

impl ReadExecutions for Executions {
    async fn execution(&self, pipeline: &str, id: &ExecutionId) -> Result<Execution, PortError> {
        let missing = || PortError::NotFound { what: format!("execution {id} of pipeline {pipeline}") };
        let request = self.0.get_pipeline_execution().pipeline_name(pipeline).pipeline_execution_id(id.as_str());
        let answer = request.send().await.map_err(|error| match &error {
            SdkError::ServiceError(refused) if is_missing(refused.err()) => missing(),
            _ => port_error(&format!("read execution {id}"), &error),
        })?;
        answer.pipeline_execution().map(execution).ok_or_else(missing)
    }

    async fn released(&self, pipeline: &str) -> Result<Option<String>, PortError> {
        let operation = format!("list the executions of pipeline {pipeline}");
        let mut token = None;
        for _ in 0..MOST {
            let request = self.0.list_pipeline_executions().pipeline_name(pipeline).set_next_token(token);
            let page = request.send().await.map_err(|error| port_error(&operation, &error))?;
            if let Some(revision) = page.pipeline_execution_summaries().iter().find_map(succeeded) {
                return Ok(Some(revision));
            }
            token = page.next_token().filter(|next| !next.is_empty()).map(str::to_owned);
            if token.is_none() {
                return Ok(None);
            }
        }
        let detail = format!("none of the first {MOST} pages has one that succeeded");
        Err(PortError::Unavailable { operation, detail })
    }

    async fn runs(&self, pipeline: &str, id: &ExecutionId) -> Result<Vec<ActionRun>, PortError> {
        let operation = format!("list the actions of execution {id}");
        let runs = pages::all(&operation, async |token| {
            let filter = ActionExecutionFilter::builder().pipeline_execution_id(id.as_str()).build();
            let request = self.0.list_action_executions().pipeline_name(pipeline).filter(filter);
            let page = request.set_next_token(token).send().await.map_err(|error| port_error(&operation, &error))?;
            Ok((page.action_execution_details.unwrap_or_default(), page.next_token))
        });
        let runs = runs.await?;
        // A filter that was not understood would show the approvals of other releases.
        let ours = runs.iter().filter(|run| run.pipeline_execution_id() == Some(id.as_str()));
        Ok(ours.map(run).collect())
    }
}

/// The most pages of executions that are looked through, the newest first.
const MOST: usize = 50;

/// The revision of an execution that went out. A rollback succeeds when one stage has, which need not be the last.
fn succeeded(execution: &PipelineExecutionSummary) -> Option<String> {
    let is_rollback = execution.execution_type() == Some(&ExecutionType::Rollback);
    let is_out = execution.status() == Some(&PipelineExecutionStatus::Succeeded) && !is_rollback;
    let revision = execution.source_revisions().first()?.revision_id()?;
    is_out.then(|| revision.to_owned())
}

fn is_missing(error: &GetPipelineExecutionError) -> bool {
    error.is_pipeline_execution_not_found_exception() || error.is_pipeline_not_found_exception()
}

fn execution(execution: &PipelineExecution) -> Execution {
    let target = || execution.rollback_metadata()?.rollback_target_pipeline_execution_id()?.parse().ok();
    let kind = match execution.execution_type() {
        Some(ExecutionType::Rollback) => Kind::Rollback(target()),
        _ => Kind::Standard,
    };
    let started_by = execution.trigger().and_then(|trigger| trigger.trigger_detail()).map(str::to_owned);
    Execution { kind, sources: execution.artifact_revisions().iter().map(source).collect(), started_by }
}

fn source(revision: &ArtifactRevision) -> Source {
    Source {
        name: revision.name().unwrap_or_default().to_owned(),
        revision: revision.revision_id().unwrap_or_default().to_owned(),
    }
}

fn run(run: &ActionExecutionDetail) -> ActionRun {
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let kind = run.input().and_then(|input| input.action_type_id());
    ActionRun {
        stage: text(run.stage_name()),
        action: text(run.action_name()),
        id: text(run.action_execution_id()),
        category: text(kind.map(|kind| kind.category().as_str())),
        status: text(run.status().map(ActionExecutionStatus::as_str)),
        by: run.updated_by().map(str::to_owned),
        asked: instant(run.start_time()),
        answered: instant(run.last_update_time()),
    }
}

pub(super) fn instant(time: Option<&DateTime>) -> Option<Timestamp> {
    Timestamp::from_millisecond(time?.to_millis().ok()?).ok()
}
