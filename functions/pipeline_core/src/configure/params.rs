//! The action's `UserParameters`.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::ids::ExecutionId;

/// What the action asks for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The service, which names its stacks and its profiles.
    pub service: String,
    /// The pipeline execution.
    pub execution: ExecutionId,
    /// The source revision, such as a commit id.
    pub revision: String,
    /// For each stage the packaged template that it deploys, as a path in the input artifact.
    pub stages: BTreeMap<String, String>,
}

/// Why `UserParameters` cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("UserParameters: {0}")]
pub struct InvalidParams(String);

/// Reads and checks the parameters.
pub fn parse(text: Option<&str>) -> Result<Params, InvalidParams> {
    let text =
        text.ok_or_else(|| InvalidParams(r#"missing; give {"service", "execution", "revision", "stages"}"#.into()))?;
    let params: Params = serde_json::from_str(text).map_err(|error| InvalidParams(error.to_string()))?;
    if !is_name(&params.service) || ["-pr-", "-dev-", "-pool-"].iter().any(|infix| params.service.contains(infix)) {
        return Err(InvalidParams(format!(
            "service {:?} is not a name (a-z, 0-9 and -, without -pr-, -dev- and -pool-)",
            params.service
        )));
    }
    match params.stages.keys().find(|stage| !is_name(stage)) {
        Some(stage) => Err(InvalidParams(format!("stage {stage:?} is not a name (a-z, 0-9 and -)"))),
        None if params.stages.is_empty() => Err(InvalidParams("no stage to configure".into())),
        None => Ok(params),
    }
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.len() <= 100
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}
