//! The pipeline that deploys previews.

use aws_sdk_codepipeline::{
    error::ProvideErrorMetadata,
    types::{PipelineVariable, SourceRevisionOverride, SourceRevisionType},
};
use pipeline_core::{
    ids::ExecutionId,
    lease::record::Entered,
    ports::PortError,
    preview::ports::{RunPreviews, Start},
    sweep::ports::WatchExecutions,
    text,
};

use crate::{codepipeline::Executions, error::port_error};

/// The action whose revision an execution is started with.
const SOURCE: &str = "Source";

/// The longest reason of a stop, in characters.
const REASON: usize = 200;

/// The error codes by which CodePipeline says that it started nothing, and may do so a moment later.
const NOT_NOW: [&str; 2] = ["ConcurrentModificationException", "ConflictException"];

/// The pipeline that deploys previews.
#[derive(Debug, Clone)]
pub struct PreviewPipeline {
    /// CodePipeline.
    pub executions: Executions,
    /// The pipeline's name.
    pub name: String,
}

impl RunPreviews for PreviewPipeline {
    async fn start(&self, start: &Start) -> Result<Option<ExecutionId>, PortError> {
        let operation = format!("start pipeline {} for {}", self.name, start.subject);
        let unusable = |detail: String| PortError::Unavailable { operation: operation.clone(), detail };
        let variables: Result<Vec<_>, _> = variables(start).into_iter().map(variable).collect();
        let request = self.executions.0.start_pipeline_execution().name(&self.name);
        let request = request
            .set_variables(Some(variables.map_err(|error| unusable(error.to_string()))?))
            .source_revisions(revision(start).map_err(|error| unusable(error.to_string()))?)
            .client_request_token(start.holder.as_str());
        let error = match request.send().await {
            Ok(answer) => {
                let id = answer.pipeline_execution_id().and_then(|id| id.parse().ok());
                let unnamed = || unusable("CodePipeline does not say which execution it started".to_owned());
                return id.map(Some).ok_or_else(unnamed);
            }
            Err(error) => error,
        };
        let code = error.as_service_error().and_then(ProvideErrorMetadata::code).unwrap_or_default();
        match error.as_service_error() {
            Some(refused) if refused.is_concurrent_pipeline_executions_limit_exceeded_exception() => Ok(None),
            Some(refused) if refused.is_pipeline_not_found_exception() => Err(self.not_found()),
            Some(_) if NOT_NOW.contains(&code) => Err(throttled(&operation, code)),
            _ => Err(port_error(&operation, &error)),
        }
    }

    async fn stop(&self, execution: &ExecutionId, reason: &str) -> Result<(), PortError> {
        let request = self.executions.0.stop_pipeline_execution();
        let request = request.pipeline_name(&self.name).pipeline_execution_id(execution.as_str()).abandon(false);
        let stopped = request.reason(text::fit(reason, REASON)).send().await;
        stopped.map(drop).or_else(|error| match error.as_service_error() {
            Some(refused) if refused.is_duplicated_stop_request_exception() => Ok(()),
            Some(refused) if refused.is_pipeline_execution_not_stoppable_exception() => Ok(()),
            Some(refused) if refused.is_pipeline_not_found_exception() => Err(self.not_found()),
            _ => Err(port_error(&format!("stop execution {execution} of pipeline {}", self.name), &error)),
        })
    }
}

impl WatchExecutions for PreviewPipeline {
    async fn is_running(&self, entered: &Entered) -> Result<bool, PortError> {
        self.executions.is_running(entered).await
    }
}

impl PreviewPipeline {
    fn not_found(&self) -> PortError {
        PortError::NotFound { what: format!("pipeline {}", self.name) }
    }
}

/// What the actions' configuration names; the tokens are what `lease` fences with.
fn variables(start: &Start) -> [(&'static str, String); 6] {
    [
        ("Preview", start.subject.to_string()),
        ("StackName", start.stack.to_string()),
        ("TestsStackName", start.tests_stack.to_string()),
        ("Token", start.tokens.app.to_string()),
        ("TestsToken", start.tokens.tests.to_string()),
        ("Head", start.head.commit.to_string()),
    ]
}

type BuildError = aws_sdk_codepipeline::error::BuildError;

fn variable((name, value): (&str, String)) -> Result<PipelineVariable, BuildError> {
    PipelineVariable::builder().name(name).value(value).build()
}

/// A commit of any branch, whichever one the source is configured with.
fn revision(start: &Start) -> Result<SourceRevisionOverride, BuildError> {
    let revision = SourceRevisionOverride::builder().action_name(SOURCE).revision_type(SourceRevisionType::CommitId);
    revision.revision_value(start.head.commit.as_str()).build()
}

fn throttled(operation: &str, code: &str) -> PortError {
    PortError::Throttled { operation: operation.to_owned(), detail: code.to_owned() }
}
