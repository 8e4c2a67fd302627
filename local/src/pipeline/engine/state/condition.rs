//! What became of a stage's conditions.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{ErrorDetails, RunId};
use crate::pipeline::action::{ConditionKind, TypeId};
use crate::pipeline::definition::ConditionResult;

/// One evaluation of a condition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConditionRun {
    /// Which of the stage's conditions.
    pub kind: ConditionKind,
    /// What comes of it.
    pub result: ConditionResult,
    /// How it is doing.
    pub status: ConditionStatus,
    /// One line for people.
    pub summary: Option<String>,
    /// When it started.
    pub started: Timestamp,
    /// When anything of it changed last.
    pub updated: Timestamp,
    /// Its rules, as declared.
    pub rules: Vec<RuleRun>,
}

/// One run of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RuleRun {
    /// Its id.
    pub id: RunId,
    /// The rule's name.
    pub name: String,
    /// Which kind of rule it is.
    pub type_id: TypeId,
    /// How it is doing.
    pub status: RuleStatus,
    /// When it started.
    pub started: Timestamp,
    /// When anything of it changed last.
    pub updated: Timestamp,
    /// When it fails, if it runs on until then.
    pub expires: Option<Timestamp>,
    /// One line for people.
    pub summary: Option<String>,
    /// The provider's own id for what it did.
    pub external_execution_id: Option<String>,
    /// Why it failed.
    pub error_details: Option<ErrorDetails>,
    /// The configuration, resolved; empty where it could not be.
    pub resolved_configuration: BTreeMap<String, String>,
}

/// The documented statuses of a condition's execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ConditionStatus {
    /// Its rules run.
    InProgress,
    /// A rule failed.
    Failed,
    /// It could not be evaluated.
    Errored,
    /// Every rule succeeded.
    Succeeded,
    /// The pipeline's definition changed under it.
    Cancelled,
    /// Its outcome was not waited for.
    Abandoned,
    /// Somebody decided that it does not matter.
    Overridden,
}

/// The documented statuses of a rule's execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum RuleStatus {
    /// It runs.
    InProgress,
    /// Its outcome was not waited for.
    Abandoned,
    /// What it asks for holds.
    Succeeded,
    /// It does not, or could not be found out in time.
    Failed,
}
