//! Stage conditions: what must hold before a stage, after it, or when it failed.

mod check;
mod rules;
mod values;

use std::collections::BTreeMap;

pub(super) use check::check;
pub use rules::RuleType;
use serde::{Deserialize, Serialize};

use crate::pipeline::action::{ConditionKind, TypeId};

/// The conditions of a stage: at most one of each kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Conditions {
    pub(super) before_entry: Option<Condition>,
    pub(super) on_success: Option<Condition>,
    pub(super) on_failure: Option<Condition>,
    pub(super) retry: Option<RetryMode>,
}

/// A condition of a stage. It is met when all its rules succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// What happens when it is not met; of a failed stage, when it is met.
    pub result: ConditionResult,
    /// One to five; none where a failed stage needs no further reason for the result.
    pub rules: Vec<Rule>,
}

/// What comes of a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ConditionResult {
    /// The stage fails.
    Fail,
    /// The stage is skipped.
    Skip,
    /// The stage goes back to what succeeded in it last.
    Rollback,
}

/// What of a stage is tried again: the API's `StageRetryMode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RetryMode {
    /// What failed, and what did not begin.
    FailedActions,
    /// Everything, from the first action.
    AllActions,
}

/// A rule of a condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Its name, unique in the condition.
    pub name: String,
    /// Which kind of rule it is.
    pub type_id: TypeId,
    /// What the rule needs to know, with unresolved references.
    pub configuration: BTreeMap<String, String>,
    /// Names of artifacts that earlier actions write.
    pub inputs: Vec<String>,
    /// The role it runs with, instead of the pipeline's.
    pub role_arn: Option<String>,
    /// The region it runs in, the same for all actions.
    pub region: Option<String>,
    /// After how long it fails.
    pub timeout_minutes: Option<u32>,
}

/// A kind of condition in the API's spelling.
pub(super) fn field(kind: ConditionKind) -> &'static str {
    match kind {
        ConditionKind::BeforeEntry => "beforeEntry",
        ConditionKind::OnSuccess => "onSuccess",
        ConditionKind::OnFailure => "onFailure",
    }
}
