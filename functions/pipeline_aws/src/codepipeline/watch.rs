//! Whether executions still run.

use aws_sdk_codepipeline::types::PipelineExecutionStatus;
use pipeline_core::{lease::record::Entered, ports::PortError, sweep::ports::WatchExecutions};

use crate::{codepipeline::Executions, error::port_error};

impl WatchExecutions for Executions {
    async fn is_running(&self, Entered { pipeline, execution }: &Entered) -> Result<bool, PortError> {
        let request = self.0.get_pipeline_execution().pipeline_name(pipeline).pipeline_execution_id(execution.as_str());
        match request.send().await {
            Ok(answer) => Ok(!answer.pipeline_execution().and_then(|told| told.status()).is_some_and(has_ended)),
            // CodePipeline forgets executions after a year, and all of a pipeline that is deleted.
            Err(error) if error.as_service_error().is_some_and(super::executions::is_missing) => Ok(false),
            Err(error) => Err(port_error(&format!("read execution {execution} of pipeline {pipeline}"), &error)),
        }
    }
}

/// I10: a status that AWS adds may mean anything, so it has not ended.
fn has_ended(status: &PipelineExecutionStatus) -> bool {
    use PipelineExecutionStatus::{Cancelled, Failed, Stopped, Succeeded, Superseded};
    matches!(status, Cancelled | Failed | Stopped | Succeeded | Superseded)
}
