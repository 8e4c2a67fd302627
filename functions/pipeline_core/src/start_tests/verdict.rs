//! One report for the whole run, from the results that are recorded.

use std::collections::BTreeMap;

use crate::{
    start_tests::run::{Outcome, Run, TestResult},
    verdict::{FailureKind, Report},
};

/// The verdict on a run: success needs a recorded pass of every test of this very run (I18).
pub fn verdict(run: &Run, results: &[TestResult]) -> Report {
    let outcomes: Vec<(&str, Option<&Outcome>)> = run
        .tests
        .iter()
        .map(|test| {
            let result = results.iter().find(|result| result.test == test.name && result.run == run.id);
            (test.name.as_str(), result.map(|result| &result.outcome))
        })
        .collect();
    let passed = outcomes.iter().filter(|(_, outcome)| matches!(outcome, Some(Outcome::Passed))).count();
    if passed == outcomes.len() && passed > 0 {
        return Report::succeed(&summary(passed, outcomes.len(), &outcomes), counts(passed, 0));
    }
    Report::fail(kind(&outcomes), &summary(passed, outcomes.len(), &outcomes))
}

fn counts(passed: usize, failed: usize) -> BTreeMap<String, String> {
    BTreeMap::from([("Passed".into(), passed.to_string()), ("Failed".into(), failed.to_string())])
}

/// Such as `1 of 3 passed; TestFunctionB failed: expected 200, got 502; TestFunctionC never answered`.
fn summary(passed: usize, total: usize, outcomes: &[(&str, Option<&Outcome>)]) -> String {
    let head = format!("{passed} of {total} passed");
    let troubles = outcomes.iter().filter_map(|(name, outcome)| trouble(name, *outcome));
    std::iter::once(head).chain(troubles).collect::<Vec<_>>().join("; ")
}

fn trouble(name: &str, outcome: Option<&Outcome>) -> Option<String> {
    match outcome {
        Some(Outcome::Passed) => None,
        Some(Outcome::Failed { message }) => Some(format!("{name} failed: {message}")),
        Some(Outcome::Misconfigured { message } | Outcome::Denied { message }) => {
            Some(format!("{name} could not be started: {message}"))
        }
        Some(Outcome::Lost { message }) => Some(format!("{name} was lost: {message}")),
        None => Some(format!("{name} never answered")),
    }
}

/// A test that ran and failed says most; otherwise what the pipeline's author can mend, then what a retry may.
fn kind(outcomes: &[(&str, Option<&Outcome>)]) -> FailureKind {
    let any = |wanted: fn(&Outcome) -> bool| outcomes.iter().any(|(_, outcome)| outcome.is_some_and(wanted));
    if any(|outcome| matches!(outcome, Outcome::Failed { .. })) {
        FailureKind::JobFailed
    } else if any(|outcome| matches!(outcome, Outcome::Misconfigured { .. })) {
        FailureKind::ConfigurationError
    } else if any(|outcome| matches!(outcome, Outcome::Denied { .. })) {
        FailureKind::PermissionError
    } else if any(|outcome| matches!(outcome, Outcome::Lost { .. })) {
        FailureKind::SystemUnavailable
    } else {
        FailureKind::JobFailed
    }
}
