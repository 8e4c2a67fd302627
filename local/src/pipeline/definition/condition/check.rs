//! The checks of a stage's conditions by themselves.

use std::collections::BTreeSet;

use super::super::error::{DefinitionError, ErrorKind, Place};
use super::super::{names, wire};
use super::{Condition, ConditionResult, Conditions, RetryMode, Rule, field, rules, values};
use crate::pipeline::action::ConditionKind;

type Checked<T = ()> = Result<T, DefinitionError>;

/// The results that the API knows.
const RESULTS: [(&str, Option<ConditionResult>); 4] = [
    ("FAIL", Some(ConditionResult::Fail)),
    ("SKIP", Some(ConditionResult::Skip)),
    ("ROLLBACK", Some(ConditionResult::Rollback)),
    ("RETRY", None),
];

/// The stage's conditions, if they can run.
pub(in super::super) fn check(stage: &Place, declared: &wire::Stage) -> Checked<Conditions> {
    let at = |kind| stage.field(field(kind));
    let pass = |kind, declared: Option<&wire::Conditions>| {
        declared.map(|declared| passing(&at(kind), kind, declared)).transpose()
    };
    let place = at(ConditionKind::OnFailure);
    let failing = match &declared.on_failure {
        Some(declared) if retries(declared) => (None, Some(retry(&place, declared)?)),
        Some(declared) => (Some(failing(&place, declared)?), None),
        None => (None, None),
    };
    Ok(Conditions {
        before_entry: pass(ConditionKind::BeforeEntry, declared.before_entry.as_ref())?,
        on_success: pass(ConditionKind::OnSuccess, declared.on_success.as_ref())?,
        on_failure: failing.0,
        retry: failing.1,
    })
}

/// A condition on the way into or out of a stage that does well.
fn passing(place: &Place, kind: ConditionKind, declared: &wire::Conditions) -> Checked<Condition> {
    let [condition] = declared.conditions.as_slice() else {
        let message = format!("has {} conditions; it must have one", declared.conditions.len());
        return Err(place.within("conditions").error(ErrorKind::Validation, message));
    };
    let place = place.within("conditions");
    let result = result(&place, kind, condition.result.as_deref())?;
    let rules = checked_rules(&place, &condition.rules)?;
    let skips = |rule: &&Rule| rules::SKIPPING.contains(&rule.type_id.provider.as_str());
    match rules.iter().find(|rule| result == ConditionResult::Skip && !skips(rule)) {
        None => Ok(Condition { result, rules }),
        Some(rule) => {
            let message = format!("\"SKIP\" takes {} rules only", rules::SKIPPING.join(" and "));
            Err(place.within("rules").within(&rule.name).error(ErrorKind::Stage, message))
        }
    }
}

/// Whether a failed stage is tried again, instead of going back.
fn retries(declared: &wire::FailureConditions) -> bool {
    let results = declared.conditions.iter().map(|condition| &condition.result).chain([&declared.result]);
    declared.retry_configuration.is_some() || results.into_iter().any(|result| result.as_deref() == Some("RETRY"))
}

/// How it is tried again. What else could be done about the failure would never come to pass.
fn retry(place: &Place, declared: &wire::FailureConditions) -> Checked<RetryMode> {
    if let Some(other) = declared.result.as_deref().filter(|result| *result != "RETRY") {
        let message = format!("{other:?} and retryConfiguration exclude each other; remove one");
        return Err(place.within("result").error(ErrorKind::Stage, message));
    }
    if !declared.conditions.is_empty() {
        let message = "automatic retry cannot be used with conditions; remove one";
        return Err(place.within("conditions").error(ErrorKind::Stage, message));
    }
    let mode = declared.retry_configuration.as_ref().and_then(|configuration| configuration.retry_mode);
    Ok(mode.unwrap_or(RetryMode::FailedActions))
}

/// A condition of a stage that failed. Its result stands beside the condition, inside it, or in both places.
fn failing(place: &Place, declared: &wire::FailureConditions) -> Checked<Condition> {
    let kind = ConditionKind::OnFailure;
    let outer = declared.result.as_deref().map(|text| result(place, kind, Some(text))).transpose()?;
    let place = place.within("conditions");
    match declared.conditions.as_slice() {
        [] => Ok(Condition { result: outer.map_or_else(|| result(&place, kind, None), Ok)?, rules: Vec::new() }),
        [condition] => {
            let inner = condition.result.as_deref().or(declared.result.as_deref());
            Ok(Condition { result: result(&place, kind, inner)?, rules: checked_rules(&place, &condition.rules)? })
        }
        many => {
            Err(place.error(ErrorKind::Validation, format!("has {} conditions; it must have one at most", many.len())))
        }
    }
}

fn result(place: &Place, kind: ConditionKind, declared: Option<&str>) -> Checked<ConditionResult> {
    let place = place.within("result");
    let use_those = match kind {
        ConditionKind::BeforeEntry => "use \"FAIL\" or \"SKIP\"",
        ConditionKind::OnSuccess => "use \"FAIL\" or \"ROLLBACK\"",
        ConditionKind::OnFailure => "use \"ROLLBACK\" or \"RETRY\"",
    };
    let refuse = |error, why: String| Err(place.error(error, format!("{why}; {use_those}")));
    let Some(text) = declared else { return refuse(ErrorKind::Stage, "is missing".to_owned()) };
    let Some((_, result)) = RESULTS.iter().find(|(name, _)| *name == text) else {
        return refuse(ErrorKind::Validation, format!("{text:?} is unknown"));
    };
    match (kind, result) {
        (ConditionKind::BeforeEntry, Some(result @ ConditionResult::Skip))
        | (ConditionKind::BeforeEntry | ConditionKind::OnSuccess, Some(result @ ConditionResult::Fail))
        | (ConditionKind::OnSuccess | ConditionKind::OnFailure, Some(result @ ConditionResult::Rollback)) => {
            Ok(*result)
        }
        _ => refuse(ErrorKind::Stage, format!("{text:?} cannot run here")),
    }
}

fn checked_rules(place: &Place, declared: &[wire::Rule]) -> Checked<Vec<Rule>> {
    let place = place.within("rules");
    if !(1..=5).contains(&declared.len()) {
        let message = format!("has {} rules; it must have 1 to 5", declared.len());
        return Err(place.error(ErrorKind::Validation, message));
    }
    let mut seen = BTreeSet::new();
    if let Some(twice) = declared.iter().find(|rule| !seen.insert(&rule.name)) {
        let message = "two rules of the condition have this name; rename one";
        return Err(place.within(&twice.name).error(ErrorKind::Stage, message));
    }
    declared.iter().map(|declared| rule(&place, declared)).collect()
}

fn rule(place: &Place, declared: &wire::Rule) -> Checked<Rule> {
    let name = names::name(&place.within("name"), &declared.name)?;
    let place = place.within(&name);
    let (type_id, keys) = rules::find(&place.within("ruleTypeId"), &declared.rule_type_id)?;
    refuse_what_others_have(&place, declared)?;
    let configuration = place.within("configuration");
    keys.check(&configuration, &declared.configuration)?;
    values::check(&configuration, &type_id.provider, &declared.configuration)?;
    if let Some(minutes) = declared.timeout_in_minutes {
        names::timeout(&place.within("timeoutInMinutes"), minutes)?;
    }
    Ok(Rule {
        name,
        type_id,
        configuration: declared.configuration.clone(),
        inputs: declared.input_artifacts.iter().map(|input| input.name.clone()).collect(),
        role_arn: declared.role_arn.clone(),
        region: declared.region.clone(),
        timeout_minutes: declared.timeout_in_minutes,
    })
}

fn refuse_what_others_have(place: &Place, declared: &wire::Rule) -> Checked {
    let reads = declared.rule_type_id.provider == rules::LAMBDA_INVOKE;
    let foreign = [
        ("commands", "is for Commands rules; remove it", !declared.commands.is_empty()),
        ("inputArtifacts", "is for LambdaInvoke rules; remove it", !reads && !declared.input_artifacts.is_empty()),
    ];
    match foreign.into_iter().find(|(.., used)| *used) {
        None => Ok(()),
        Some((field, why, _)) => Err(place.within(field).error(ErrorKind::Stage, why)),
    }
}
