//! The limits CodePipeline puts on what settles a job.

use std::collections::BTreeMap;

use super::jobs::{ExecutionDetails, FailureDetails};

/// At most this many bytes of output variables, names and values together, an action.
pub(super) const VARIABLES_BYTES: usize = 122_880;

const FAILURE_TYPES: [&str; 6] = [
    "JobFailed",
    "ConfigurationError",
    "PermissionError",
    "RevisionOutOfSync",
    "RevisionUnavailable",
    "SystemUnavailable",
];

/// A value that CodePipeline's API refuses.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Invalid {
    /// A text is too short or too long, counted in characters.
    #[error("{field} has {length} characters, between 1 and {max} are allowed")]
    Length {
        /// Its name in the request.
        field: &'static str,
        /// Its length.
        length: usize,
        /// The most that is allowed.
        max: usize,
    },
    /// `percentComplete` is out of range.
    #[error("executionDetails.percentComplete is {0}, between 0 and 100 is allowed")]
    Percent(i64),
    /// The failure type is not one of CodePipeline's.
    #[error("failureDetails.type is {0:?}, one of {types} is allowed", types = FAILURE_TYPES.join(", "))]
    FailureType(String),
    /// An output variable has a name that cannot be referred to.
    #[error("output variable {0:?} has a name outside [A-Za-z0-9@_-]+")]
    VariableName(String),
    /// Both a continuation token and output variables.
    #[error("outputVariables are not allowed together with a continuationToken")]
    VariablesWithToken,
}

pub(super) fn execution_details(details: &ExecutionDetails) -> Result<(), Invalid> {
    optional("executionDetails.summary", details.summary.as_deref(), 2048)?;
    optional("executionDetails.externalExecutionId", details.external_execution_id.as_deref(), 1500)?;
    match details.percent_complete {
        Some(percent) if !(0..=100).contains(&percent) => Err(Invalid::Percent(percent)),
        _ => Ok(()),
    }
}

pub(super) fn failure_details(details: &FailureDetails) -> Result<(), Invalid> {
    if !FAILURE_TYPES.contains(&details.kind.as_str()) {
        return Err(Invalid::FailureType(details.kind.clone()));
    }
    length("failureDetails.message", &details.message, 5000)?;
    optional("failureDetails.externalExecutionId", details.external_execution_id.as_deref(), 1500)
}

pub(super) fn continuation_token(token: Option<&str>, variables: &BTreeMap<String, String>) -> Result<(), Invalid> {
    optional("continuationToken", token, 2048)?;
    if token.is_some() && !variables.is_empty() {
        return Err(Invalid::VariablesWithToken);
    }
    Ok(())
}

pub(super) fn variable_names(variables: &BTreeMap<String, String>) -> Result<(), Invalid> {
    match variables.keys().find(|name| !is_variable_name(name)) {
        Some(name) => Err(Invalid::VariableName(name.clone())),
        None => Ok(()),
    }
}

pub(super) fn variables_bytes(variables: &BTreeMap<String, String>) -> usize {
    variables.iter().map(|(name, value)| name.len() + value.len()).sum()
}

fn is_variable_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '@' | '-' | '_'))
}

fn optional(field: &'static str, value: Option<&str>, max: usize) -> Result<(), Invalid> {
    value.map_or(Ok(()), |value| length(field, value, max))
}

fn length(field: &'static str, value: &str, max: usize) -> Result<(), Invalid> {
    let length = value.chars().count();
    if (1..=max).contains(&length) { Ok(()) } else { Err(Invalid::Length { field, length, max }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(kind: &str, message: &str) -> FailureDetails {
        FailureDetails { kind: kind.into(), message: message.into(), external_execution_id: None }
    }

    #[test]
    fn texts_may_be_as_long_as_documented_and_no_longer() {
        let summary = |length| ExecutionDetails { summary: Some("é".repeat(length)), ..Default::default() };
        let id = |length| ExecutionDetails { external_execution_id: Some("x".repeat(length)), ..Default::default() };
        for (details, accepted) in [
            (summary(0), false),
            (summary(1), true),
            (summary(2048), true),
            (summary(2049), false),
            (id(0), false),
            (id(1500), true),
            (id(1501), false),
        ] {
            assert_eq!(execution_details(&details).is_ok(), accepted, "{:?}", execution_details(&details));
        }
        for (length, accepted) in [(0, false), (1, true), (5000, true), (5001, false)] {
            let answer = failure_details(&failure("JobFailed", &"m".repeat(length)));
            assert_eq!(answer.is_ok(), accepted, "{answer:?}");
        }
    }

    #[test]
    fn percent_and_failure_type_are_checked() {
        for (percent, accepted) in [(-1, false), (0, true), (100, true), (101, false)] {
            let details = ExecutionDetails { percent_complete: Some(percent), ..Default::default() };
            assert_eq!(execution_details(&details).is_ok(), accepted, "{percent}");
        }
        assert!(failure_details(&failure("SystemUnavailable", "m")).is_ok());
        assert_eq!(failure_details(&failure("jobfailed", "m")), Err(Invalid::FailureType("jobfailed".into())));
    }

    #[test]
    fn variables_need_names_that_can_be_referred_to_and_no_token() {
        for (name, accepted) in [("Url", true), ("a@b-c_1", true), ("", false), ("a.b", false), ("é", false)] {
            let variables = BTreeMap::from([(name.to_owned(), String::new())]);
            assert_eq!(variable_names(&variables).is_ok(), accepted, "{name}");
            assert_eq!(continuation_token(Some("t"), &variables), Err(Invalid::VariablesWithToken));
        }
        for (length, accepted) in [(0, false), (1, true), (2048, true), (2049, false)] {
            let answer = continuation_token(Some(&"t".repeat(length)), &BTreeMap::new());
            assert_eq!(answer.is_ok(), accepted, "{answer:?}");
        }
    }
}
