//! Overrides: somebody with a permission of their own answers for a rule that did not pass.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    gate::{
        decision::Rule,
        params::Params,
        people::{People, Person},
        rules::{Objection, deny},
        say,
    },
    ports::PortError,
    text,
};

/// A parameter as somebody wrote it last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// What it holds.
    pub value: String,
    /// The ARN of who wrote it, as Parameter Store recorded it.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// Reading overrides.
pub trait ReadOverrides {
    /// The parameter of this name, and who wrote it, as Parameter Store says and not the parameter; `None` when there is
    /// none.
    fn written(&self, name: &str) -> impl Future<Output = Result<Option<Written>, PortError>>;
}

/// An override of rules, for one execution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Override {
    /// Which rules need not pass.
    pub rules: BTreeSet<Rule>,
    /// Why.
    pub reason: String,
    /// Who answers for it.
    pub by: Person,
    /// When they did.
    pub at: Timestamp,
}

/// What the parameter holds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    rules: BTreeSet<Rule>,
    reason: String,
}

/// The longest reason.
const REASON: usize = 500;

/// The name of an execution's override.
pub(super) fn name(params: &Params) -> Option<String> {
    Some(format!("{}/{}", params.overrides.as_ref()?, params.execution))
}

impl Override {
    /// Reads what somebody wrote. An override is explicit: what is not understood overrides nothing, and says so.
    pub(super) fn of(written: &Written, params: &Params, people: &People) -> Result<Self, Objection> {
        let name = name(params).unwrap_or_default();
        let refused = |why: String| deny(format!("the override {name} is none: {why}"));
        let Text { rules, reason } = match serde_json::from_str(&written.value) {
            Ok(text) => text,
            Err(error) => return refused(text::complaint(&error)),
        };
        if rules.is_empty() || reason.trim().is_empty() {
            return refused("it names no rule, or no reason".to_owned());
        }
        if let Some(rule) = rules.iter().find(|rule| !rule.can_be_overridden()) {
            return refused(format!("{rule} cannot be overridden"));
        }
        match people.person(&written.by) {
            Ok(by) => Ok(Self { rules, reason: text::fit(&reason, REASON), by, at: written.at }),
            Err(nobody) => refused(format!("{}: {}", written.by, say::nobody(&params.people, nobody))),
        }
    }
}
