//! What the gate looks at, and through which ports.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    gate::{
        decision::Decision,
        drift::Drift,
        overrides::Written,
        people::People,
        source::{Maker, PullRequest},
    },
    ids::{Digest, ExecutionId, JobId, StackName},
    ports::PortError,
};

/// A pipeline execution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Execution {
    /// A release, or the return to one.
    pub kind: Kind,
    /// The revision of each of its source artifacts.
    pub sources: Vec<Source>,
    /// What started it, in CodePipeline's words: the ARN of a principal, of a rule, of a webhook.
    pub started_by: Option<String>,
}

/// What an execution is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A new release.
    Standard,
    /// Brings back what this execution released. Not told of which: there is nothing to go by.
    Rollback(Option<ExecutionId>),
}

/// A source artifact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The artifact's name.
    pub name: String,
    /// Its revision, a commit id.
    pub revision: String,
}

/// One run of an action. A retry of its stage makes another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionRun {
    /// The stage's name.
    pub stage: String,
    /// The action's name.
    pub action: String,
    /// The run's own id.
    pub id: String,
    /// CodePipeline's word for what the action is, such as `Approval`.
    pub category: String,
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
    /// The revision that the newest execution was of that succeeded to the end, if one did.
    fn released(&self, pipeline: &str) -> impl Future<Output = Result<Option<String>, PortError>>;
    /// Every run of every action of the execution.
    fn runs(&self, pipeline: &str, id: &ExecutionId) -> impl Future<Output = Result<Vec<ActionRun>, PortError>>;
}

/// What the tests of a stack came to that ran last for the execution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestedStack {
    /// The stack.
    pub stack: StackName,
    /// The job that they settled.
    pub job: JobId,
    /// Whether they passed, by our record; `None` until there is one.
    pub passed: Option<bool>,
}

/// One thing that was looked at, or why it could not be seen: a rule that needs it does not pass.
pub type Seen<T> = Result<T, PortError>;

/// Everything that was looked at. `None` is what this decision does not need.
#[derive(Debug, Clone)]
pub struct Observation {
    /// When.
    pub at: Timestamp,
    /// The execution.
    pub execution: Seen<Execution>,
    /// The runs of its actions.
    pub runs: Seen<Vec<ActionRun>>,
    /// The map of people.
    pub people: Seen<People>,
    /// Who pushed, wrote and committed what would be released.
    pub makers: Option<Seen<Vec<Maker>>>,
    /// The pull request that brought the revision.
    pub pull_request: Option<Seen<Option<PullRequest>>>,
    /// What the tests came to.
    pub tests: Option<Seen<Vec<TestedStack>>>,
    /// The digest that was recorded of the artifact when this release, or the one that a rollback brings back, was built.
    pub recorded: Seen<Option<Digest>>,
    /// The digest of what would be deployed now.
    pub found: Seen<Digest>,
    /// Whether the stack is as its template says.
    pub drift: Option<Seen<Drift>>,
    /// What was decided before about this release, or about the one that a rollback brings back.
    pub decisions: Seen<Vec<Decision>>,
    /// What somebody wrote to override rules.
    pub written: Option<Seen<Option<Written>>>,
}
