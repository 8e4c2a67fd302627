//! Whether executions still run.

use aws_sdk_codepipeline::types::PipelineExecutionStatus;
use pipeline_core::{ids::ExecutionId, lease::record::Entered, ports::PortError, sweep::ports::WatchExecutions};

use crate::{codepipeline::Executions, error::port_error};

impl WatchExecutions for Executions {
    async fn is_running(&self, Entered { pipeline, execution }: &Entered) -> Result<bool, PortError> {
        let request = self.0.get_pipeline_execution().pipeline_name(pipeline).pipeline_execution_id(execution.as_str());
        match request.send().await {
            Ok(answer) => Ok(!answer.pipeline_execution().and_then(|told| told.status()).is_some_and(has_ended)),
            Err(error) => match error.as_service_error() {
                // CodePipeline forgets executions after a year.
                Some(refused) if refused.is_pipeline_execution_not_found_exception() => Ok(false),
                Some(refused) if refused.is_pipeline_not_found_exception() => Err(nobody_knows(pipeline, execution)),
                _ => Err(port_error(&format!("read execution {execution} of pipeline {pipeline}"), &error)),
            },
        }
    }
}

/// I6, I10: an execution may outlive its pipeline, and where there never was one of that name, it runs somewhere else.
fn nobody_knows(pipeline: &str, execution: &ExecutionId) -> PortError {
    PortError::Unusable {
        what: format!("pipeline {pipeline}"),
        why: format!(
            "it does not exist, so that nobody can tell whether execution {execution} still deploys; if it was deleted, a \
             pipeline made again under this name ends that"
        ),
    }
}

/// I10: a status that AWS adds may mean anything, so it has not ended.
fn has_ended(status: &PipelineExecutionStatus) -> bool {
    use PipelineExecutionStatus::{Cancelled, Failed, Stopped, Succeeded, Superseded};
    matches!(status, Cancelled | Failed | Stopped | Succeeded | Superseded)
}
