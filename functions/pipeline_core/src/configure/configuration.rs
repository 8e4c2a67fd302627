//! The template configuration of one stage, as CodePipeline's CloudFormation action reads it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use crate::{
    configure::params::{Params, Target},
    sweep::policy,
};

/// A template configuration file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Configuration {
    /// Parameter values; only parameters that the template declares, since CloudFormation refuses others.
    pub parameters: BTreeMap<String, String>,
    /// Stack tags.
    pub tags: BTreeMap<String, String>,
}

/// A stage's profile: what its SSM parameter holds, a JSON object of parameter values.
pub type Profile = BTreeMap<String, String>;

/// Why a profile cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("parameter {name} is not a JSON object of strings, numbers and booleans: {detail}")]
pub struct InvalidProfile {
    name: String,
    detail: String,
}

/// Reads a profile. CloudFormation takes strings, so numbers and booleans become their text.
pub fn profile(name: &str, text: &str) -> Result<Profile, InvalidProfile> {
    let invalid = |detail: String| InvalidProfile { name: name.to_owned(), detail };
    // The values may be nobody's business, so the parser's message, which repeats them, is not passed on.
    let values: BTreeMap<String, Value> =
        serde_json::from_str(text).map_err(|error| invalid(format!("line {}", error.line())))?;
    let text_of = |(key, value): (String, Value)| match value {
        Value::String(text) => Ok((key, text)),
        Value::Number(_) | Value::Bool(_) => Ok((key, value.to_string())),
        Value::Null | Value::Array(_) | Value::Object(_) => Err(invalid(format!("{key} is something else"))),
    };
    values.into_iter().map(text_of).collect()
}

/// The configuration of `target`, whose template declares `declared`.
pub fn configuration(
    params: &Params,
    target: &Target,
    declared: &BTreeSet<String>,
    profile: &Profile,
) -> Configuration {
    let stage = || ("Stage".to_owned(), target.stage.clone());
    let mut values = BTreeMap::from([stage()]);
    values.extend(profile.clone());
    // All previews have one profile: what it said of the stage would be the same for all.
    values.extend(target.lease.map(|_| stage()));
    values.retain(|name, _| declared.contains(name));
    Configuration { parameters: values, tags: tags(params, target) }
}

fn tags(params: &Params, target: &Target) -> BTreeMap<String, String> {
    let tag = |key: &str, value: &str| (format!("flowgate:{key}"), value.to_owned());
    let mut tags = BTreeMap::from([
        tag("stage", &target.stage),
        tag("revision", &params.revision),
        tag("execution", params.execution.as_str()),
        (policy::SERVICE.to_owned(), params.service.clone()),
    ]);
    if let Some(token) = target.lease {
        let (ephemeral, permitted) = policy::EPHEMERAL;
        tags.insert(ephemeral.to_owned(), permitted.to_owned());
        tags.insert(policy::TOKEN.to_owned(), token.to_string());
    }
    tags
}
