//! What becomes of a condition while its rules run.

use jiff::Timestamp;

use super::state::{ConditionRun, ConditionStatus, ErrorDetails, RuleRun, RuleStatus};
use crate::pipeline::action::{Failure, Outcome};

/// Ends a rule as its executor reports.
pub(super) fn finish(rule: &mut RuleRun, outcome: Outcome) {
    match outcome {
        Outcome::Succeeded(success) => {
            rule.status = RuleStatus::Succeeded;
            rule.summary = success.summary;
            rule.external_execution_id = success.external_execution_id;
        }
        Outcome::Failed(failure) => fail(rule, failure),
        Outcome::Waiting => {}
    }
}

/// Ends a rule that took too long.
pub(super) fn expire(rule: &mut RuleRun, expires: Timestamp) {
    let message = format!("the rule did not end before its timeout at {expires}");
    fail(rule, Failure { code: super::approval::TIMED_OUT.to_owned(), message, external_execution_id: None });
}

fn fail(rule: &mut RuleRun, failure: Failure) {
    rule.status = RuleStatus::Failed;
    // What it waited for is over.
    rule.summary = None;
    rule.external_execution_id = failure.external_execution_id;
    rule.error_details = Some(ErrorDetails { code: failure.code, message: failure.message });
}

/// Ends a condition as soon as its rules decide it: the first that fails decides, and the others are not waited for.
pub(super) fn settle(condition: &mut ConditionRun) {
    if condition.status != ConditionStatus::InProgress {
        return;
    }
    if let Some(failed) = condition.rules.iter().find(|rule| rule.status == RuleStatus::Failed) {
        let why = failed.error_details.as_ref().map(|error| format!(": {}", error.message)).unwrap_or_default();
        condition.summary = Some(format!("rule {:?} failed{why}", failed.name));
        condition.status = if is_verdict(failed) { ConditionStatus::Failed } else { ConditionStatus::Errored };
        for rule in condition.rules.iter_mut().filter(|rule| rule.status == RuleStatus::InProgress) {
            rule.status = RuleStatus::Abandoned;
            rule.summary = None;
        }
    } else if condition.rules.iter().all(|rule| rule.status == RuleStatus::Succeeded) {
        condition.status = ConditionStatus::Succeeded;
    }
}

/// Whether a rule that failed says that what it asks for does not hold. Else it could not be found out.
fn is_verdict(rule: &RuleRun) -> bool {
    rule.error_details.as_ref().is_some_and(|error| error.code == "JobFailed")
}
