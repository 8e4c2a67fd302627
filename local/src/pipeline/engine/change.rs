//! What the engine says.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::state::{
    ActionRun, ActionStatus, ErrorDetails, Execution, ExecutionId, ExecutionStatus, RuleRun, RuleStatus, RunId,
    StageRun, StageStatus,
};
use crate::pipeline::action::{ConditionKind, Request, RuleRequest, TypeId};

/// Something to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Run this action and report its outcome.
    Run(Request),
    /// Run this rule and report its outcome.
    RunRule(RuleRequest),
    /// Tell those who watch.
    Changed(Change),
}

const fn first() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
fn is_first(attempt: &u32) -> bool {
    *attempt == first()
}

/// A status that changed, or news of a running action: one JSON line, one event on the bus.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// When.
    pub at: Timestamp,
    /// The pipeline's name.
    pub pipeline: String,
    /// The version of its definition.
    pub version: u32,
    /// The execution.
    pub execution: ExecutionId,
    /// Which attempt of it: 1, and one more each time that a stage of it is tried again.
    #[serde(default = "first", skip_serializing_if = "is_first")]
    pub attempt: u32,
    /// What of it changed.
    #[serde(flatten)]
    pub subject: Subject,
}

/// What changed, as it is now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "level")]
pub enum Subject {
    /// The execution as a whole.
    Pipeline {
        /// How it is doing.
        status: ExecutionStatus,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        summary: Option<String>,
    },
    /// A stage.
    Stage {
        /// The stage's name.
        stage: String,
        /// How it is doing.
        status: StageStatus,
        /// When it was tried again last, where it was.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retried: Option<Timestamp>,
    },
    /// An action.
    Action(Box<ActionChange>),
    /// A rule of a stage's condition.
    Rule(RuleChange),
}

/// An action, as it is now; the rest of it is in the state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ActionChange {
    /// The stage's name.
    pub stage: String,
    /// The action's name.
    pub action: String,
    /// Which run of it.
    pub run: RunId,
    /// What kind of action it is.
    #[serde(rename = "type")]
    pub type_id: TypeId,
    /// How it is doing.
    pub status: ActionStatus,
    /// One line for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// 0 to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percent_complete: Option<u8>,
    /// The provider's own id for what it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_execution_id: Option<String>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_details: Option<ErrorDetails>,
}

/// A rule, as it is now; the rest of it is in the state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RuleChange {
    /// The stage's name.
    pub stage: String,
    /// Of which of its conditions.
    pub kind: ConditionKind,
    /// The rule's name.
    pub rule: String,
    /// Which run of it.
    pub run: RunId,
    /// How it is doing.
    pub status: RuleStatus,
    /// One line for people: what it waits for, or why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
}

impl Subject {
    pub(super) fn pipeline(execution: &Execution) -> Self {
        Self::Pipeline { status: execution.status, summary: execution.status_summary.clone() }
    }

    pub(super) fn stage(stage: &StageRun) -> Self {
        let retried = stage.attempts.last.map(|(_, at)| at);
        Self::Stage { stage: stage.name.clone(), status: stage.status, retried }
    }

    pub(super) fn action(stage: &StageRun, run: &ActionRun) -> Self {
        Self::Action(Box::new(ActionChange {
            stage: stage.name.clone(),
            action: run.name.clone(),
            run: run.id.clone(),
            type_id: run.type_id.clone(),
            status: run.status,
            summary: run.summary.clone(),
            percent_complete: run.percent_complete,
            external_execution_id: run.external_execution_id.clone(),
            error_details: run.error_details.clone(),
        }))
    }

    pub(super) fn rule(stage: &StageRun, kind: ConditionKind, run: &RuleRun) -> Self {
        let why = run.error_details.as_ref().map(|error| error.message.clone());
        Self::Rule(RuleChange {
            stage: stage.name.clone(),
            kind,
            rule: run.name.clone(),
            run: run.id.clone(),
            status: run.status,
            summary: why.or(run.summary.clone()),
        })
    }
}
