//! What the engine is told.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::state::{ExecutionId, RunId};
use crate::pipeline::action::{Outcome, Progress};
use crate::pipeline::definition::Pipeline;
use crate::pipeline::token::Token;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Somebody or something started the pipeline.
    Start(Start),
    /// A running action has news.
    ActionProgressed {
        /// Which run of the action.
        run: RunId,
        /// The news; what is not set stays as it was.
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
    /// Another execution failed in a stage whose condition says so.
    AutomatedRollback,
}

/// The revision that a source action must fetch, instead of the newest: the API's `SourceRevisionOverride`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SourceRevision {
    /// The source action.
    pub action_name: String,
    /// `COMMIT_ID` for the sources that run here.
    pub revision_type: String,
    /// The commit's id.
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
    /// A revision of a kind that the sources here do not have.
    #[error("revision type {kind:?} does not fit source action {action:?}; use \"COMMIT_ID\"")]
    RevisionType {
        /// The source action.
        action: String,
        /// What was asked for.
        kind: String,
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
    let action = &revision.action_name;
    let actions = pipeline.stages.iter().flat_map(|stage| &stage.actions);
    if !actions.into_iter().any(|known| known.provider.is_source() && known.name == *action) {
        return Err(StartError::UnknownSource(action.clone()));
    }
    match revision.revision_type.as_str() {
        "COMMIT_ID" => Ok(()),
        kind => Err(StartError::RevisionType { action: action.clone(), kind: kind.to_owned() }),
    }
}
