//! Which rules can run here: the one list of them.

use std::ops::RangeInclusive;

use super::super::configuration::Keys;
use super::super::error::{DefinitionError, ErrorKind, Place};
use super::super::wire;
use crate::pipeline::action::TypeId;

/// Everything that can run here, by its provider. All of it is owned by `AWS`, in version `1`.
const RULES: &[(&str, Keys)] = &[
    (DEPLOYMENT_WINDOW, keys(DEPLOYMENT_WINDOW, &["Cron"], &["TimeZone"])),
    (CLOUD_WATCH_ALARM, keys(CLOUD_WATCH_ALARM, &["AlarmName"], &["AlarmStates", "WaitTime"])),
    (LAMBDA_INVOKE, keys(LAMBDA_INVOKE, &["FunctionName"], &["UserParameters"])),
    (VARIABLE_CHECK, Keys { only: OPERATORS, ..keys(VARIABLE_CHECK, &["Variable", "Value", "Operator"], &[]) }),
];

/// A kind of rule that can run here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleType {
    /// Its provider.
    pub name: &'static str,
    /// Configuration that must be there.
    pub required: &'static [&'static str],
    /// Configuration that may be there.
    pub optional: &'static [&'static str],
    /// How many artifacts it reads.
    pub inputs: RangeInclusive<usize>,
}

impl RuleType {
    /// Everything that can run here.
    pub fn all() -> impl Iterator<Item = Self> {
        RULES.iter().map(|(name, keys)| Self {
            name,
            required: keys.required,
            optional: keys.optional,
            inputs: 0..=if *name == LAMBDA_INVOKE { 5 } else { 0 },
        })
    }
}

/// The rules that may skip a stage.
pub(super) const SKIPPING: [&str; 2] = [LAMBDA_INVOKE, VARIABLE_CHECK];
/// The one rule that reads artifacts.
pub(super) const LAMBDA_INVOKE: &str = "LambdaInvoke";
pub(super) const DEPLOYMENT_WINDOW: &str = "DeploymentWindow";
pub(super) const CLOUD_WATCH_ALARM: &str = "CloudWatchAlarm";
pub(super) const VARIABLE_CHECK: &str = "VariableCheck";
const OPERATORS: &[(&str, &[&str])] = &[("Operator", &["EQ", "NE", "CONTAINS", "MATCHES"])];

const fn keys(of: &'static str, required: &'static [&'static str], optional: &'static [&'static str]) -> Keys {
    Keys { of, required, also: &[], optional, only: &[], longest: 10_000, kind: ErrorKind::Stage }
}

/// The whole type, and the keys of its configuration, where it can run here.
pub(super) fn find(place: &Place, declared: &wire::RuleTypeId) -> Result<(TypeId, &'static Keys), DefinitionError> {
    let type_id = TypeId {
        category: declared.category.clone(),
        owner: declared.owner.clone().unwrap_or_else(|| "AWS".to_owned()),
        provider: declared.provider.clone(),
        version: declared.version.clone().unwrap_or_else(|| "1".to_owned()),
    };
    let TypeId { category, owner, provider, version } = &type_id;
    let runs = (category.as_str(), owner.as_str(), version.as_str()) == ("Rule", "AWS", "1");
    if let Some((_, keys)) = RULES.iter().find(|(name, _)| runs && name == provider) {
        return Ok((type_id, keys));
    }
    let known: Vec<String> = RULES.iter().map(|(name, _)| format!("Rule/AWS/{name}")).collect();
    let message = format!("{category}/{owner}/{provider} version {version} cannot run here; use {}", known.join(", "));
    Err(place.error(ErrorKind::Stage, message))
}
