//! Errors as the JSON 1.1 protocol has them.

use serde_json::{Value, json};

use super::unserved;
use crate::actions::jobs::JobError;
use crate::pipeline::engine::{ApprovalError, Refusal, RunId};
use crate::{repository, runner};

/// A documented exception, with a message.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(super) struct ApiError {
    exception: &'static str,
    message: String,
}

impl ApiError {
    fn new(exception: &'static str, message: impl Into<String>) -> Self {
        Self { exception, message: message.into() }
    }

    /// A request that breaks a constraint of the model.
    pub(super) fn validation(message: impl Into<String>) -> Self {
        Self::new("ValidationException", message)
    }

    /// A request that is no JSON, or has a value of another type at `path`.
    pub(super) fn serialization(what: &str, path: &str) -> Self {
        let message = if path.is_empty() { what.to_owned() } else { format!("{what} at '{path}'") };
        Self::new("SerializationException", message)
    }

    pub(super) fn unknown(operation: &str) -> Self {
        let message = format!("operation {operation:?} is not served by the local CodePipeline");
        let why = unserved::why(operation).map(|why| format!(": {why}")).unwrap_or_default();
        Self::new("UnknownOperationException", message + &why)
    }

    pub(super) fn no_version(name: &str, version: u32) -> Self {
        Self::new("PipelineVersionNotFoundException", format!("pipeline {name} has no version {version}"))
    }

    pub(super) fn next_token(token: &str) -> Self {
        Self::new(
            "InvalidNextTokenException",
            format!("{token:?} is no token of this listing; begin again without one"),
        )
    }

    pub(super) fn arn(arn: &str) -> Self {
        Self::new(
            "InvalidArnException",
            format!("{arn:?} is not the ARN of a pipeline or a webhook of this account and region"),
        )
    }

    pub(super) fn no_resource(arn: &str) -> Self {
        Self::new("ResourceNotFoundException", format!("there is no {arn}"))
    }

    pub(super) fn tags(message: impl Into<String>) -> Self {
        Self::new("InvalidTagsException", message)
    }

    pub(super) fn too_many_tags(count: usize) -> Self {
        Self::new("TooManyTagsException", format!("{count} tags; a resource may have 50"))
    }

    pub(super) fn limit(message: impl Into<String>) -> Self {
        Self::new("LimitExceededException", message)
    }

    pub(super) fn webhook_filter(message: impl Into<String>) -> Self {
        Self::new("InvalidWebhookFilterPatternException", message)
    }

    pub(super) fn webhook_authentication(message: impl Into<String>) -> Self {
        Self::new("InvalidWebhookAuthenticationParametersException", message)
    }

    pub(super) fn completed(action: &str) -> Self {
        Self::new("ApprovalAlreadyCompletedException", format!("what action {action:?} asked was answered already"))
    }

    pub(super) fn no_stage(stage: &str) -> Self {
        Self::new("StageNotFoundException", format!("the pipeline has no stage {stage:?}"))
    }

    pub(super) fn no_action(stage: &str, action: &str) -> Self {
        Self::new("ActionNotFoundException", format!("stage {stage:?} has no action {action:?}"))
    }

    pub(super) fn no_action_execution(id: &RunId) -> Self {
        Self::new("ActionExecutionNotFoundException", format!("there is no action execution {id}"))
    }

    /// The same as another exception, where an operation does not document this one.
    pub(super) fn instead_of(self, undocumented: &str, exception: &'static str) -> Self {
        if self.exception == undocumented { Self { exception, ..self } } else { self }
    }

    /// The exception's name.
    pub(super) fn exception(&self) -> &'static str {
        self.exception
    }

    pub(super) fn body(&self) -> Value {
        json!({"__type": self.exception(), "message": self.message})
    }
}

impl From<runner::Error> for ApiError {
    fn from(error: runner::Error) -> Self {
        let exception = match &error {
            runner::Error::NameInUse(_) => "PipelineNameInUseException",
            runner::Error::NotFound(_) => "PipelineNotFoundException",
            runner::Error::NoExecution(_) => "PipelineExecutionNotFoundException",
            runner::Error::Definition(error) => error.kind.exception(),
            runner::Error::Start(_) => "ValidationException",
            runner::Error::Refused(refusal) => refused(refusal),
            runner::Error::Store(_) => "InternalFailure",
            runner::Error::Approval(ApprovalError::StageNotFound(_)) => "StageNotFoundException",
            runner::Error::Approval(ApprovalError::ActionNotFound { .. }) => "ActionNotFoundException",
            runner::Error::Approval(ApprovalError::InvalidToken { .. }) => "InvalidApprovalTokenException",
        };
        Self::new(exception, error.to_string())
    }
}

fn refused(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::TooMany => "ConcurrentPipelineExecutionsLimitExceededException",
        Refusal::StageNotFound(_) => "StageNotFoundException",
        Refusal::NotStoppable(_) => "PipelineExecutionNotStoppableException",
        Refusal::DuplicateStop(_) => "DuplicatedStopRequestException",
        Refusal::NotRetryable { .. } => "StageNotRetryableException",
        Refusal::NotLatest { .. } => "NotLatestPipelineExecutionException",
        Refusal::NoRollback { .. } => "UnableToRollbackStageException",
        Refusal::Outdated(_) => "PipelineExecutionOutdatedException",
        Refusal::NotOverridable { .. } => "ConditionNotOverridableException",
    }
}

impl From<repository::Error> for ApiError {
    fn from(error: repository::Error) -> Self {
        Self::new("InternalFailure", error.to_string())
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
        Self::new(exception, error.to_string())
    }
}
