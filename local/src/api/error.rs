//! Errors as the JSON 1.1 protocol has them.

use serde_json::{Value, json};

use crate::actions::jobs::JobError;
use crate::runner;

/// A documented exception, with a message.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ApiError {
    exception: &'static str,
    message: String,
}

impl ApiError {
    pub(super) fn validation(message: String) -> Self {
        Self { exception: "ValidationException", message }
    }

    pub(super) fn unknown(operation: &str) -> Self {
        let message = format!("operation {operation:?} is not served by the local CodePipeline");
        Self { exception: "UnknownOperationException", message }
    }

    pub(super) fn body(&self) -> Value {
        json!({"__type": self.exception, "message": self.message})
    }
}

impl From<runner::Error> for ApiError {
    fn from(error: runner::Error) -> Self {
        let exception = match &error {
            runner::Error::NameInUse(_) => "PipelineNameInUseException",
            runner::Error::NotFound(_) => "PipelineNotFoundException",
            runner::Error::Busy(_) => "ConflictException",
            runner::Error::Definition(error) => error.kind.exception(),
            runner::Error::Start(_) => "ValidationException",
        };
        Self { exception, message: error.to_string() }
    }
}

impl From<JobError> for ApiError {
    fn from(error: JobError) -> Self {
        let exception = match error {
            JobError::JobNotFound(_) => "JobNotFoundException",
            JobError::InvalidJobState(_) => "InvalidJobStateException",
            JobError::Validation(_) => "ValidationException",
            JobError::OutputVariablesSizeExceeded(_) => "OutputVariablesSizeExceededException",
        };
        Self { exception, message: error.to_string() }
    }
}
