//! `VariableCheck`: a rule that compares what a variable holds.

use regex_lite::Regex;

use super::{Error, failed, malformed, required};
use crate::pipeline::action::{Failure, RuleRequest, Success};

/// Whether the variable, which is resolved already, is as the rule says.
pub(super) fn run(request: &RuleRequest) -> Result<Success, Failure> {
    let text = |key| request.configuration.get(key).map(String::as_str).ok_or_else(|| missing(request, key));
    let (variable, value) = (text("Variable")?, text("Value")?);
    let operator = required(request, "Operator")?;
    let said = format!("{variable:?} {operator} {value:?}");
    if holds(request, variable, operator, value)? {
        return Ok(Success { summary: Some(said), ..Success::default() });
    }
    Err(failed("JobFailed", format!("{said} does not hold")))
}

fn holds(request: &RuleRequest, variable: &str, operator: &str, value: &str) -> Result<bool, Error> {
    match operator {
        "EQ" => Ok(variable == value),
        "NE" => Ok(variable != value),
        "CONTAINS" => Ok(variable.contains(value)),
        // As a whole, as Java's `matches` does.
        "MATCHES" => match Regex::new(&format!("^(?:{value})$")) {
            Ok(regex) => Ok(regex.is_match(variable)),
            Err(error) => Err(malformed(request, "Value", value, &error)),
        },
        _ => Err(malformed(request, "Operator", operator, &"use EQ, NE, CONTAINS or MATCHES")),
    }
}

fn missing(request: &RuleRequest, key: &'static str) -> Error {
    Error::Missing { rule: request.rule.clone(), key }
}
