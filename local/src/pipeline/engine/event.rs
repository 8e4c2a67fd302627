//! What the engine is told.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::state::{Execution, ExecutionId, RunId};
use crate::pipeline::action::{Outcome, Progress};
use crate::pipeline::definition::{Action, Pipeline, RetryMode};
use crate::pipeline::token::Token;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Somebody or something started the pipeline. The execution's id is a new one.
    Start(Start),
    /// Somebody stopped an execution.
    Stop(Stop),
    /// Somebody has a stage tried again.
    Retry(Retry),
    /// Somebody brings back what a stage had before.
    RollBack(RollBack),
    /// Somebody decided that a condition, which is being evaluated, does not matter.
    Override(Override),
    /// Somebody opened or closed a transition.
    Transition(TransitionChange),
    /// The pipeline has another definition: what goes through it as it was ends, unless it runs beside others.
    Replaced(Box<Pipeline>),
    /// Whoever carried out the commands is gone, and somebody else begins: work that was under way is lost. Approvals
    /// wait on, and rules that only look are asked again.
    Restarted,
    /// A running action has news.
    ActionProgressed {
        /// Which run of the action.
        run: RunId,
        /// The news; what is not set stays as it was.
        progress: Progress,
    },
    /// A running action has done one part, and goes on with the next: its silence begins anew.
    ActionContinued {
        /// Which run of the action.
        run: RunId,
        /// What it said; what is not set stays as it was.
        progress: Progress,
    },
    /// An action ended.
    ActionFinished {
        /// Which run of the action.
        run: RunId,
        /// How.
        outcome: Outcome,
    },
    /// A person answered a manual approval.
    Answered {
        /// Which run of the action.
        run: RunId,
        /// What they said.
        answer: Answer,
    },
    /// A rule that cannot decide yet says what it waits for.
    RuleProgressed {
        /// Which run of the rule.
        run: RunId,
        /// One line for people.
        summary: String,
    },
    /// A rule ended.
    RuleFinished {
        /// Which run of the rule.
        run: RunId,
        /// How.
        outcome: Outcome,
    },
    /// Time passed: what was due by now happens.
    Tick,
}

/// A person's answer to a manual approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Whether the pipeline may go on.
    pub approved: bool,
    /// Their comment; it may be empty.
    pub summary: String,
    /// Their ARN.
    pub by: String,
}

/// Where the engine's new ids come from.
pub trait Ids {
    /// A new `pipelineExecutionId`, a UUID.
    fn execution(&mut self) -> ExecutionId;
    /// A new `actionExecutionId` or `ruleExecutionId`, a UUID.
    fn run(&mut self) -> RunId;
    /// Seven random letters and digits, the last part of an artifact's key.
    fn artifact(&mut self) -> String;
    /// A new approval token.
    fn token(&mut self) -> Token;
}

/// A start of the pipeline that its definition allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    pub(super) execution: ExecutionId,
    pub(super) trigger: Trigger,
    pub(super) variables: BTreeMap<String, String>,
    pub(super) source_revisions: Vec<SourceRevision>,
}

/// A stop that the pipeline allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stop {
    pub(super) execution: ExecutionId,
    pub(super) abandon: bool,
    pub(super) reason: Option<String>,
}

/// A retry that the pipeline allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retry {
    pub(super) execution: Box<Execution>,
    pub(super) stage: usize,
    pub(super) mode: RetryMode,
}

/// A rollback that the pipeline allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RollBack {
    pub(super) target: Box<Execution>,
    pub(super) stage: usize,
    pub(super) trigger: Trigger,
}

/// An override that the pipeline allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    pub(super) execution: ExecutionId,
    /// A rule of the evaluation that it is about: the condition may be evaluated again.
    pub(super) rule: RunId,
    pub(super) by: String,
}

/// A change of a transition that the pipeline has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransitionChange {
    pub(super) stage: String,
    pub(super) way: Way,
    pub(super) by: String,
    /// Why it is closed; opened otherwise.
    pub(super) closed: Option<String>,
}

/// A transition of a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Way {
    /// Into it.
    Inbound,
    /// Out of it.
    Outbound,
}

/// What started an execution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Trigger {
    /// Which way it came.
    pub trigger_type: TriggerType,
    /// Who or what it was: the caller's ARN, the rule's ARN.
    pub trigger_detail: String,
}

/// The documented ways to start a pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum TriggerType {
    /// The pipeline was created.
    CreatePipeline,
    /// A call of that API.
    StartPipelineExecution,
    /// A rule of the event bus.
    CloudWatchEvent,
    /// A webhook.
    Webhook,
    /// A connection's webhook.
    WebhookV2,
    /// The provider of a source was asked, again and again, and had something new.
    PollForSourceChanges,
    /// Somebody told of a new revision.
    PutActionRevision,
    /// A call of `RollbackStage`.
    ManualRollback,
    /// Another execution failed in a stage whose condition says so.
    AutomatedRollback,
}

/// The revision that a source action must fetch, instead of the newest: the API's `SourceRevisionOverride`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SourceRevision {
    /// The source action.
    pub action_name: String,
    /// `COMMIT_ID`, or for S3 `S3_OBJECT_VERSION_ID` or `S3_OBJECT_KEY`.
    pub revision_type: String,
    /// The commit's or version's id, or the key.
    pub revision_value: String,
}

/// Why a pipeline does not start; the API's `ValidationException`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StartError {
    /// A value for a variable that the pipeline does not declare.
    #[error("variable {0:?} is not declared by the pipeline; declare it in \"variables\"")]
    UnknownVariable(String),
    /// No value for a variable without a default.
    #[error("variable {0:?} has no default value; give it one, or start the pipeline with a value")]
    MissingVariable(String),
    /// A value that is empty or longer than 1000 characters.
    #[error("the value of variable {0:?} must have 1 to 1000 characters")]
    VariableLength(String),
    /// A revision for an action that is no source action.
    #[error("the pipeline has no source action {0:?} to override the revision of")]
    UnknownSource(String),
    /// A revision of a kind that the source does not have.
    #[error("revision type {kind:?} does not fit source action {action:?}; use {}", fits.join(" or "))]
    RevisionType {
        /// The source action.
        action: String,
        /// What was asked for.
        kind: String,
        /// What it has.
        fits: Vec<&'static str>,
    },
}

impl Start {
    /// Checks a start against the pipeline and fills in the variables' default values.
    pub fn new(
        pipeline: &Pipeline,
        execution: ExecutionId,
        trigger: Trigger,
        variables: &BTreeMap<String, String>,
        source_revisions: Vec<SourceRevision>,
    ) -> Result<Self, StartError> {
        source_revisions.iter().try_for_each(|revision| check_revision(pipeline, revision))?;
        Ok(Self { execution, trigger, variables: resolve(pipeline, variables)?, source_revisions })
    }
}

fn resolve(pipeline: &Pipeline, given: &BTreeMap<String, String>) -> Result<BTreeMap<String, String>, StartError> {
    if let Some(unknown) = given.keys().find(|name| !pipeline.variables.contains_key(*name)) {
        return Err(StartError::UnknownVariable(unknown.clone()));
    }
    if let Some((name, _)) = given.iter().find(|(_, value)| !(1..=1000).contains(&value.chars().count())) {
        return Err(StartError::VariableLength(name.clone()));
    }
    let value = |(name, default): (&String, &Option<String>)| match given.get(name).or(default.as_ref()) {
        Some(value) => Ok((name.clone(), value.clone())),
        None => Err(StartError::MissingVariable(name.clone())),
    };
    pipeline.variables.iter().map(value).collect()
}

fn check_revision(pipeline: &Pipeline, revision: &SourceRevision) -> Result<(), StartError> {
    let name = &revision.action_name;
    let mut actions = pipeline.stages.iter().flat_map(|stage| &stage.actions);
    let source = actions.find(|known| known.provider.is_source() && known.name == *name);
    let fits = revision_types(source.ok_or_else(|| StartError::UnknownSource(name.clone()))?);
    match revision.revision_type.as_str() {
        kind if fits.contains(&kind) => Ok(()),
        kind => Err(StartError::RevisionType { action: name.clone(), kind: kind.to_owned(), fits }),
    }
}

fn revision_types(source: &Action) -> Vec<&'static str> {
    let may_override = source.configuration.get("AllowOverrideForS3ObjectKey").is_some_and(|value| value == "true");
    match source.provider.name {
        "S3" if may_override => vec!["S3_OBJECT_VERSION_ID", "S3_OBJECT_KEY"],
        "S3" => vec!["S3_OBJECT_VERSION_ID"],
        _ => vec!["COMMIT_ID"],
    }
}
