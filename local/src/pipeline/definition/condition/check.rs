//! The checks of a stage's conditions by themselves.

use std::collections::BTreeSet;

use super::super::error::{DefinitionError, ErrorKind, Place};
use super::super::{names, wire};
use super::{Condition, ConditionResult, Conditions, Rule, field, rules};
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
    let fail = |declared| failing(&at(ConditionKind::OnFailure), declared);
    Ok(Conditions {
        before_entry: pass(ConditionKind::BeforeEntry, declared.before_entry.as_ref())?,
        on_success: pass(ConditionKind::OnSuccess, declared.on_success.as_ref())?,
        on_failure: declared.on_failure.as_ref().map(fail).transpose()?,
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
    Ok(Condition { result, rules: checked_rules(&place, &condition.rules)? })
}

/// A condition of a stage that failed. Its result stands beside the condition, inside it, or in both places.
fn failing(place: &Place, declared: &wire::FailureConditions) -> Checked<Condition> {
    if declared.retry_configuration.is_some() {
        let message = "a stage cannot be retried automatically here; remove it";
        return Err(place.within("retryConfiguration").error(ErrorKind::Stage, message));
    }
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
        ConditionKind::BeforeEntry => "use \"FAIL\"",
        ConditionKind::OnSuccess => "use \"FAIL\" or \"ROLLBACK\"",
        ConditionKind::OnFailure => "use \"ROLLBACK\"",
    };
    let refuse = |error, why: String| Err(place.error(error, format!("{why}; {use_those}")));
    let Some(text) = declared else { return refuse(ErrorKind::Stage, "is missing".to_owned()) };
    let Some((_, result)) = RESULTS.iter().find(|(name, _)| *name == text) else {
        return refuse(ErrorKind::Validation, format!("{text:?} is unknown"));
    };
    match (kind, result) {
        (ConditionKind::BeforeEntry, Some(ConditionResult::Skip)) => {
            let why = "\"SKIP\" takes LambdaInvoke and VariableCheck rules only, which cannot run here";
            refuse(ErrorKind::Stage, why.to_owned())
        }
        (ConditionKind::BeforeEntry | ConditionKind::OnSuccess, Some(result @ ConditionResult::Fail))
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
        let message = "two rules of the condition have this name";
        return Err(place.within(&twice.name).error(ErrorKind::Stage, message));
    }
    declared.iter().map(|declared| rule(&place, declared)).collect()
}

fn rule(place: &Place, declared: &wire::Rule) -> Checked<Rule> {
    let name = names::name(&place.within("name"), &declared.name)?;
    let place = place.within(&name);
    let (type_id, keys) = rules::find(&place.within("ruleTypeId"), &declared.rule_type_id)?;
    refuse_what_others_have(&place, declared)?;
    keys.check(&place.within("configuration"), &declared.configuration)?;
    if let Some(minutes) = declared.timeout_in_minutes {
        names::timeout(&place.within("timeoutInMinutes"), minutes)?;
    }
    Ok(Rule {
        name,
        type_id,
        configuration: declared.configuration.clone(),
        role_arn: declared.role_arn.clone(),
        region: declared.region.clone(),
        timeout_minutes: declared.timeout_in_minutes,
    })
}

fn refuse_what_others_have(place: &Place, declared: &wire::Rule) -> Checked {
    let foreign = [
        ("commands", "is for Commands rules; remove it", !declared.commands.is_empty()),
        ("inputArtifacts", "is for rules that read artifacts; remove it", !declared.input_artifacts.is_empty()),
    ];
    match foreign.into_iter().find(|(.., used)| *used) {
        None => Ok(()),
        Some((field, why, _)) => Err(place.within(field).error(ErrorKind::Stage, why)),
    }
}
