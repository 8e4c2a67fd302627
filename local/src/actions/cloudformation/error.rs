//! Why a CloudFormation action failed, with CloudFormation's own words where it has some.

use super::super::{acting, archive, config, denied, failed, store};
use crate::cloud::authority::Refused;
use crate::cloud::stack_wait::{CallError, FailedResource, Stack};
use crate::pipeline::action::Failure;

/// Why a CloudFormation action failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Its configuration is wrong.
    #[error(transparent)]
    Configuration(#[from] config::Error),
    /// An artifact, or a file in it, cannot be had or written.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// A file is not what it should be.
    #[error("{origin} cannot be read: {reason}")]
    File {
        /// The file and its artifact.
        origin: String,
        /// What is wrong, with the line.
        reason: String,
    },
    /// Parameters were given that the template has not.
    #[error("Parameters: [{}] do not exist in the template {origin}", .names.join(", "))]
    Undeclared {
        /// Their names.
        names: Vec<String>,
        /// The template and its artifact.
        origin: String,
    },
    /// The template has parameters without a value.
    #[error("Parameters: [{}] must have values: {origin} has no default for them", .names.join(", "))]
    Unset {
        /// Their names.
        names: Vec<String>,
        /// The template and its artifact.
        origin: String,
    },
    /// The template does what must be acknowledged.
    #[error("Requires capabilities : [{}]: add them to Capabilities of the action to deploy {origin}", .names.join(", "))]
    InsufficientCapabilities {
        /// The missing ones.
        names: Vec<&'static str>,
        /// The template and its artifact.
        origin: String,
    },
    /// A file lacks a key that a parameter is taken from.
    #[error("{origin} has no text under the key {key:?}")]
    NoKey {
        /// The file and its artifact.
        origin: String,
        /// The key.
        key: String,
    },
    /// CloudFormation refused, or could not be asked.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The role may not do what CodePipeline does on AWS.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The stack is in no state to be changed.
    #[error("Stack:{stack} is in {status} state and can not be updated: {remedy}")]
    State {
        /// Its ARN.
        stack: String,
        /// Its status.
        status: String,
        /// What to do.
        remedy: &'static str,
    },
    /// The operation ended badly.
    #[error("stack {name} ended in {status}: {reasons}", name = .stack.name, status = .stack.status, reasons = reasons(.stack, .failed))]
    Failed {
        /// As it is now.
        stack: Box<Stack>,
        /// What failed in it.
        failed: Vec<FailedResource>,
    },
    /// Somebody deleted it meanwhile.
    #[error("stack {0} was deleted while it was being deployed")]
    Gone(String),
    /// There is no stack to execute a change set on.
    #[error("Stack [{0}] does not exist: create a change set for it with CHANGE_SET_REPLACE first")]
    NoStack(String),
    /// There is no such change set.
    #[error(
        "ChangeSet [{name}] does not exist on stack {stack}: create it with CHANGE_SET_REPLACE, and again once one was executed"
    )]
    NoChangeSet {
        /// Its name.
        name: String,
        /// The stack's.
        stack: String,
    },
    /// The change set failed before it could be executed.
    #[error("change set {name} of stack {stack} was not created: {reason}")]
    ChangeSetFailed {
        /// Its name.
        name: String,
        /// The stack's.
        stack: String,
        /// CloudFormation's.
        reason: String,
    },
    /// The change set is there and is in no state to be executed.
    #[error("ChangeSet [{id}] cannot be executed in its current {which} of [{status}]: {remedy}")]
    NotExecutable {
        /// Its ARN.
        id: String,
        /// `status` or `execution status`.
        which: &'static str,
        /// What it is.
        status: String,
        /// Why, or what to do.
        remedy: String,
    },
    /// The outputs cannot be packed.
    #[error("the stack's outputs cannot be written: {0}")]
    Outputs(#[from] archive::Error),
}

impl Error {
    fn code(&self) -> &'static str {
        match self {
            Self::Configuration(_)
            | Self::File { .. }
            | Self::Undeclared { .. }
            | Self::Unset { .. }
            | Self::InsufficientCapabilities { .. }
            | Self::NoKey { .. } => "ConfigurationError",
            Self::Store(store) if !matches!(store, store::Error::Store { .. }) => "ConfigurationError",
            _ => "JobFailed",
        }
    }

    fn is_denial(&self) -> bool {
        match self {
            Self::Call(call) => is_denial(call),
            Self::Store(store) => store.is_denial(),
            _ => false,
        }
    }
}

/// Whether the role may not ask that.
pub(super) fn is_denial(call: &CallError) -> bool {
    call.code.as_deref().is_some_and(store::is_denial)
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match &error {
            Error::Refused(refused) => acting::refusal(refused),
            _ if error.is_denial() => denied(error),
            Error::Failed { stack, .. } => {
                let id = Some(stack.id.clone());
                Self { external_execution_id: id, ..failed(error.code(), error.to_string()) }
            }
            _ => failed(error.code(), error.to_string()),
        }
    }
}

fn reasons(stack: &Stack, failed: &[FailedResource]) -> String {
    if failed.is_empty() {
        return stack.reason.clone().unwrap_or_else(|| "cloudformation gives no reason".to_owned());
    }
    failed.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
