//! `VariableCheck`: a rule that compares what a variable holds.

use super::{Error, Verdict, holds, malformed, required, unmet};
use crate::pipeline::action::RuleRequest;
use crate::pipeline::rules::Pattern;

/// Whether the variable, which is resolved already, is as the rule says.
pub(super) fn run(request: &RuleRequest) -> Result<Verdict, Error> {
    let text = |key| request.configuration.get(key).map(String::as_str).ok_or_else(|| missing(request, key));
    let (variable, value) = (text("Variable")?, text("Value")?);
    let operator = required(request, "Operator")?;
    let said = format!("{variable:?} {operator} {value:?}");
    let is = compare(request, variable, operator, value)?;
    Ok(if is { Ok(holds(said)) } else { unmet(format!("{said} does not hold")) })
}

fn compare(request: &RuleRequest, variable: &str, operator: &str, value: &str) -> Result<bool, Error> {
    match operator {
        "EQ" => Ok(variable == value),
        "NE" => Ok(variable != value),
        "CONTAINS" => Ok(variable.contains(value)),
        "MATCHES" => match value.parse::<Pattern>() {
            Ok(pattern) => Ok(pattern.matches(variable)),
            Err(error) => Err(malformed(request, "Value", value, &error)),
        },
        _ => Err(malformed(request, "Operator", operator, &"use EQ, NE, CONTAINS or MATCHES")),
    }
}

fn missing(request: &RuleRequest, key: &'static str) -> Error {
    Error::Missing { rule: request.rule.clone(), key }
}
