//! Stage conditions: what must hold before a stage, after it, or when it failed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::pipeline::action::TypeId;

/// A condition of a stage: its result applies when one of its rules fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// What happens when it is not met. On a failure: when it is met.
    pub result: ConditionResult,
    /// One to five; none on a failure whose result needs no reason.
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

/// A rule of a condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Its name, unique in the condition.
    pub name: String,
    /// Which kind of rule it is.
    pub type_id: TypeId,
    /// What the rule needs to know, with unresolved references.
    pub configuration: BTreeMap<String, String>,
    /// After how long it fails.
    pub timeout_minutes: Option<u32>,
}
