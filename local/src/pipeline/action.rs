//! What passes between the engine, which decides that an action runs, and an executor, which runs it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::engine::{SourceRevision, Trigger};
use super::token::Token;

/// One run of one action: everything an executor needs, with all variables resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// This run of the action; a retry has another. CodePipeline's `actionExecutionId`, a UUID.
    pub id: String,
    /// The pipeline's name.
    pub pipeline: String,
    /// The pipeline execution's id, a UUID.
    pub execution: String,
    /// The stage's name.
    pub stage: String,
    /// The action's name.
    pub action: String,
    /// Which kind of action this is.
    pub type_id: TypeId,
    /// The action's configuration, its `#{namespace.Name}` references resolved.
    pub configuration: BTreeMap<String, String>,
    /// Whom it works as.
    pub roles: Roles,
    /// The artifacts the action reads, in the order it declares them.
    pub inputs: Vec<Artifact>,
    /// The artifacts the action writes, each with the key it must upload to.
    pub outputs: Vec<Artifact>,
    /// What whoever answers a manual approval must know; other actions have none.
    pub approval: Option<Approval>,
    /// What started the execution.
    pub trigger: Trigger,
    /// The revisions that a source action must fetch, where the start named any.
    pub source_revisions: Vec<SourceRevision>,
}

/// A question to a person: a manual approval that waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// The answer must name it, so that it cannot be meant for another question.
    pub token: Token,
    /// When it is too late for an answer.
    pub expires: Timestamp,
}

/// One run of one rule of a stage's condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleRequest {
    /// This run of the rule. CodePipeline's `ruleExecutionId`, a UUID.
    pub id: String,
    /// The pipeline's name.
    pub pipeline: String,
    /// The pipeline execution's id, a UUID.
    pub execution: String,
    /// The stage's name.
    pub stage: String,
    /// When in the stage it is evaluated.
    pub kind: ConditionKind,
    /// The rule's name.
    pub rule: String,
    /// When this run of it began, however often it has been asked since.
    pub started: Timestamp,
    /// Which kind of rule it is.
    pub type_id: TypeId,
    /// The rule's configuration, its references resolved.
    pub configuration: BTreeMap<String, String>,
    /// Whom it works as.
    pub roles: Roles,
    /// The artifacts that it reads.
    pub inputs: Vec<Artifact>,
}

/// The roles that an action or a rule works as, by their ARNs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roles {
    /// The pipeline's, which CodePipeline assumes.
    pub pipeline: String,
    /// Its own where it has one, which the pipeline's assumes.
    pub own: Option<String>,
}

/// When in a stage a condition is evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ConditionKind {
    /// Before the first action.
    BeforeEntry,
    /// After every action succeeded.
    OnSuccess,
    /// After the stage failed.
    OnFailure,
}

/// CodePipeline's `actionTypeId`, or its `ruleTypeId`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TypeId {
    /// `Source`, `Build`, `Test`, `Deploy`, `Invoke`, `Approval` or `Compute`; of a rule always `Rule`.
    pub category: String,
    /// `AWS`, `ThirdParty` or `Custom`.
    pub owner: String,
    /// The service that runs it, such as `CodeBuild`.
    pub provider: String,
    /// The version of the action type, always `1` for AWS's own.
    pub version: String,
}

/// A named bundle of files in the artifact store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Artifact {
    /// The name that actions refer to it by.
    pub name: String,
    /// Where its zip lies.
    pub location: Location,
    /// The source revision, where a source action made it. On an output of a source action's request: the revision it
    /// must fetch, where the start names one, instead of the newest.
    pub revision: Option<String>,
}

/// An object in S3.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Location {
    /// The bucket's name.
    pub bucket: String,
    /// The object's key.
    pub key: String,
}

/// How an action or a rule ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It did what it should.
    Succeeded(Success),
    /// It did not, and the stage fails.
    Failed(Failure),
    /// The executor did its part, and somebody else ends it: a manual approval that was asked for.
    Waiting,
}

/// The result of an action that succeeded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Success {
    /// One line for people.
    pub summary: Option<String>,
    /// The provider's own id for what it did: a build id, a commit id, a stack's ARN.
    pub external_execution_id: Option<String>,
    /// Output variables, readable by later actions when the action has a namespace.
    pub variables: BTreeMap<String, String>,
    /// The source revision of the output artifacts; only source actions have one.
    pub revision: Option<String>,
}

/// Why an action failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// CodePipeline's failure type, such as `JobFailed` or `ConfigurationError`.
    pub code: String,
    /// What failed, on what, and what to do.
    pub message: String,
    /// The provider's own id for what it did, when it got that far.
    pub external_execution_id: Option<String>,
}

/// News of an action that is still running.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// One line for people.
    pub summary: Option<String>,
    /// 0 to 100.
    pub percent: Option<u8>,
    /// The provider's own id, as soon as it is known.
    pub external_execution_id: Option<String>,
}
