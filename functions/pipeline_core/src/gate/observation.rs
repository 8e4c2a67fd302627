//! What the gate looks at, and through which ports.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    gate::{decision::Decision, people::People},
    ids::{Digest, ExecutionId},
    ports::PortError,
};

/// A pipeline execution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Execution {
    /// A release, or the return to one.
    pub kind: Kind,
    /// The revision of each of its source artifacts.
    pub sources: Vec<Source>,
    /// What started it, in CodePipeline's words: the ARN of a principal, of a rule, of a webhook.
    pub started_by: Option<String>,
}

/// What an execution is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A new release.
    Standard,
    /// Brings back what this execution released. Not told of which: there is nothing to go by.
    Rollback(Option<ExecutionId>),
}

/// A source artifact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The artifact's name.
    pub name: String,
    /// Its revision, a commit id.
    pub revision: String,
}

/// One run of an approval action. A retry of its stage makes another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// The stage's name.
    pub stage: String,
    /// The action's name.
    pub action: String,
    /// The run's own id.
    pub id: String,
    /// CodePipeline's status; `Succeeded` is an approval.
    pub status: String,
    /// The ARN of who answered.
    pub by: Option<String>,
    /// When it began to ask, where CodePipeline tells.
    pub asked: Option<Timestamp>,
    /// When it was answered, where CodePipeline tells.
    pub answered: Option<Timestamp>,
}

/// Reading executions.
pub trait ReadExecutions {
    /// The execution, or [`PortError::NotFound`].
    fn execution(&self, pipeline: &str, id: &ExecutionId) -> impl Future<Output = Result<Execution, PortError>>;
    /// Every run of every approval action of the execution.
    fn approvals(&self, pipeline: &str, id: &ExecutionId) -> impl Future<Output = Result<Vec<Approval>, PortError>>;
}

/// One thing that was looked at, or why it could not be seen: a rule that needs it does not pass.
pub type Seen<T> = Result<T, PortError>;

/// Everything that was looked at.
#[derive(Debug, Clone)]
pub struct Observation {
    /// The execution.
    pub execution: Seen<Execution>,
    /// Its approvals.
    pub approvals: Seen<Vec<Approval>>,
    /// The map of people.
    pub people: Seen<People>,
    /// The ARNs of who pushed the revision; `None` when the action names no repository.
    pub pushers: Option<Seen<BTreeSet<String>>>,
    /// The digest that was recorded of the artifact when this release, or the one that a rollback brings back, was built.
    pub recorded: Seen<Option<Digest>>,
    /// The digest of what would be deployed now.
    pub found: Seen<Digest>,
    /// What was decided before about this release, or about the one that a rollback brings back.
    pub decisions: Seen<Vec<Decision>>,
}
