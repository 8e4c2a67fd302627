//! One report for the whole run, from the results that are recorded.

use std::collections::BTreeMap;

use crate::{
    ports::PortError,
    start_tests::run::{Outcome, Run, TestResult},
    verdict::{FailureKind, Report},
};

/// What became of the report that the action may declare.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filed {
    /// It declares none.
    Undeclared,
    /// It was written here, such as `s3://bucket/key`.
    At(String),
    /// Nobody who could write it is left, and why.
    Missing(String),
    /// Writing it failed.
    Unwritten(PortError),
}

/// The verdict on a run: success needs a recorded pass of every test of this very run (I18).
pub fn verdict(run: &Run, results: &[TestResult], _filed: &Filed) -> Report {
    let outcomes: Vec<(&str, Option<&Outcome>)> =
        run.parts().map(|part| (part.as_str(), run.result(results, part).map(|result| &result.outcome))).collect();
    let passed = outcomes.iter().filter(|(_, outcome)| matches!(outcome, Some(Outcome::Passed))).count();
    if passed == outcomes.len() && passed > 0 {
        let outputs = BTreeMap::from([("Passed".to_owned(), passed.to_string())]);
        return Report::succeed(&summary(passed, &outcomes), outputs);
    }
    Report::fail(kind(&outcomes), &summary(passed, &outcomes))
}

/// Such as `1 of 3 passed; TestFunctionB failed: expected 200, got 502; TestFunctionC never answered`.
fn summary(passed: usize, outcomes: &[(&str, Option<&Outcome>)]) -> String {
    let head = format!("{passed} of {} passed", outcomes.len());
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
        Some(Outcome::Skipped { message }) => Some(format!("{name} was not started: {message}")),
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

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::{
        ids::Nonce,
        start_tests::{params::Reporting, run::Subject, site::Site},
    };

    fn run(tests: &[&str]) -> Run {
        Run {
            job: "11111111-abcd-1111-abcd-111111abcdef".parse().unwrap(),
            id: Nonce::from_random(Uuid::from_u128(1)),
            execution: None,
            stage: "beta".into(),
            stack: "time-beta".parse().unwrap(),
            subject: Subject { api_url: "https://api.example".into(), outputs: BTreeMap::new(), revision: None },
            site: Site::default(),
            reporting: Reporting::Auto,
            setup: None,
            tests: tests.iter().map(|name| name.parse().unwrap()).collect(),
            teardown: None,
            report: false,
            began: "2026-11-21T11:47:00Z".parse().unwrap(),
            deadline: "2026-11-21T12:00:00Z".parse().unwrap(),
            ends: "2026-11-21T12:00:05Z".parse().unwrap(),
        }
    }

    fn result(test: &str, run: u128, outcome: Outcome) -> TestResult {
        TestResult {
            test: test.parse().unwrap(),
            run: Nonce::from_random(Uuid::from_u128(run)),
            millis: 1,
            log: None,
            outcome,
        }
    }

    fn failed(outcomes: [Outcome; 2]) -> FailureKind {
        let [a, b] = outcomes;
        match verdict(&run(&["A", "B"]), &[result("A", 1, a), result("B", 1, b)], &Filed::Undeclared) {
            Report::Fail { kind, .. } => kind,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn success_says_how_many_passed() {
        let expected = Report::succeed("1 of 1 passed", BTreeMap::from([("Passed".to_owned(), "1".to_owned())]));
        assert_eq!(verdict(&run(&["A"]), &[result("A", 1, Outcome::Passed)], &Filed::Undeclared), expected);
    }

    #[test]
    fn i18_a_pass_of_another_run_or_another_test_does_not_count() {
        for foreign in [result("A", 2, Outcome::Passed), result("B", 1, Outcome::Passed)] {
            let report = verdict(&run(&["A"]), &[foreign], &Filed::Undeclared);
            assert_eq!(report, Report::fail(FailureKind::JobFailed, "0 of 1 passed; A never answered"));
        }
    }

    #[test]
    fn i18_a_run_without_tests_does_not_pass() {
        assert!(matches!(verdict(&run(&[]), &[], &Filed::Undeclared), Report::Fail { .. }));
    }

    #[test]
    fn the_kind_is_that_of_what_can_best_be_acted_on() {
        use Outcome::{Denied, Failed, Lost, Misconfigured, Passed};
        let m = || "m".to_owned();
        for (outcomes, expected) in [
            ([Failed { message: m() }, Lost { message: m() }], FailureKind::JobFailed),
            ([Misconfigured { message: m() }, Failed { message: m() }], FailureKind::JobFailed),
            ([Denied { message: m() }, Misconfigured { message: m() }], FailureKind::ConfigurationError),
            ([Lost { message: m() }, Denied { message: m() }], FailureKind::PermissionError),
            ([Passed, Denied { message: m() }], FailureKind::PermissionError),
            ([Passed, Lost { message: m() }], FailureKind::SystemUnavailable),
        ] {
            let said = format!("{outcomes:?}");
            assert_eq!(failed(outcomes), expected, "{said}");
        }
    }

    #[test]
    fn many_long_messages_stay_within_the_limit() {
        let names: Vec<String> = (0..300).map(|n| format!("TestFunction{n}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let outcome = || Outcome::Failed { message: "é".repeat(1000) };
        let results: Vec<TestResult> = names.iter().map(|name| result(name, 1, outcome())).collect();
        match verdict(&run(&names), &results, &Filed::Undeclared) {
            Report::Fail { message, .. } => assert_eq!(message.chars().count(), crate::text::MESSAGE),
            other => panic!("{other:?}"),
        }
    }
}
