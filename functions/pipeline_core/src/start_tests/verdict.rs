//! One report for the whole run, from the results that are recorded.

mod words;

use std::collections::BTreeMap;

use crate::{
    ids::TestName,
    ports::PortError,
    start_tests::{
        params::Reporting,
        run::{Outcome, Run, TestResult},
    },
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

/// One part of a run, and how it ended.
struct Part<'a> {
    name: &'a str,
    /// Set-up and tear-down must pass, too, and are not counted.
    is_test: bool,
    outcome: Option<&'a Outcome>,
    log: Option<&'a str>,
}

/// The verdict on a run: success needs a recorded pass of every part of this very run (I18), and the report, where one is
/// declared. A run whose test settles the job itself never passes here: nobody knows what that test saw.
pub fn verdict(run: &Run, results: &[TestResult], filed: &Filed) -> Report {
    if run.reporting == Reporting::Itself {
        return Report::fail(FailureKind::JobFailed, &words::unsettled(run));
    }
    let parts: Vec<Part<'_>> = run.parts().map(|name| part(run, results, name)).collect();
    let tests = parts.iter().filter(|part| part.is_test);
    let passed = tests.filter(|part| passed(part)).count();
    let unfiled = unfiled(run, filed);
    let head = format!("{passed} of {} passed", run.tests.len());
    if passed > 0 && parts.iter().all(self::passed) && unfiled.is_none() {
        return Report::succeed(&head, outputs(passed, filed));
    }
    let why = unfiled.as_ref().map(|(_, why)| why.as_str());
    Report::fail(kind(&parts, unfiled.as_ref()), &words::failure(&head, &parts, why, place(filed)))
}

fn part<'a>(run: &'a Run, results: &'a [TestResult], name: &'a TestName) -> Part<'a> {
    let result = run.result(results, name);
    Part {
        name: name.as_str(),
        is_test: [&run.setup, &run.teardown].into_iter().flatten().all(|fixture| fixture.name != *name),
        outcome: result.map(|result| &result.outcome),
        log: result.and_then(|result| result.log.as_deref()),
    }
}

fn passed(part: &Part<'_>) -> bool {
    part.outcome == Some(&Outcome::Passed)
}

fn place(filed: &Filed) -> Option<&str> {
    match filed {
        Filed::At(place) => Some(place),
        Filed::Undeclared | Filed::Missing(_) | Filed::Unwritten(_) => None,
    }
}

/// Why the report that is declared is not there. Later actions may count on it.
fn unfiled(run: &Run, filed: &Filed) -> Option<(FailureKind, String)> {
    let missing = |why: &str| (FailureKind::SystemUnavailable, why.to_owned());
    match filed {
        Filed::At(_) => None,
        Filed::Undeclared => run.report.then(|| missing("nobody tried to write it")),
        Filed::Missing(why) => Some(missing(why)),
        Filed::Unwritten(error) => Some((error.into(), error.to_string())),
    }
}

fn outputs(passed: usize, filed: &Filed) -> BTreeMap<String, String> {
    let counts = [("Passed", passed.to_string()), ("Failed", "0".to_owned())];
    let report = place(filed).map(|place| ("Report", place.to_owned()));
    counts.into_iter().chain(report).map(|(name, value)| (name.to_owned(), value)).collect()
}

/// A test that ran and failed says most; otherwise what the pipeline's author can mend, then what a retry may. What was
/// not started follows from something else, and a test that did not answer failed.
fn kind(parts: &[Part<'_>], unfiled: Option<&(FailureKind, String)>) -> FailureKind {
    let any = |wanted: fn(&Outcome) -> bool| parts.iter().any(|part| part.outcome.is_some_and(wanted));
    if any(|outcome| matches!(outcome, Outcome::Failed { .. })) {
        FailureKind::JobFailed
    } else if any(|outcome| matches!(outcome, Outcome::Misconfigured { .. })) {
        FailureKind::ConfigurationError
    } else if any(|outcome| matches!(outcome, Outcome::Denied { .. })) {
        FailureKind::PermissionError
    } else if any(|outcome| matches!(outcome, Outcome::Lost { .. })) {
        FailureKind::SystemUnavailable
    } else if let (true, Some((kind, _))) = (parts.iter().all(passed), unfiled) {
        *kind
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
        start_tests::{
            params::Reporting,
            run::{Fixture, Subject},
            site::Site,
        },
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

    fn values(values: &[(&str, &str)]) -> BTreeMap<String, String> {
        values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    /// With a set-up and a tear-down.
    fn whole() -> Run {
        let fixture = |name: &str| {
            Some(Fixture { name: name.parse().unwrap(), function: format!("time-tests-{name}").parse().unwrap() })
        };
        Run { setup: fixture("TestSetup"), teardown: fixture("TestTeardown"), ..run(&["A", "B"]) }
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
        let expected = Report::succeed("1 of 1 passed", values(&[("Passed", "1"), ("Failed", "0")]));
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
    fn i18_set_up_and_tear_down_must_pass_and_are_not_counted() {
        let all = ["TestSetup", "A", "B", "TestTeardown"];
        let with = |missing: &str| -> Vec<TestResult> {
            all.iter().filter(|name| **name != missing).map(|name| result(name, 1, Outcome::Passed)).collect()
        };
        let expected = Report::succeed("2 of 2 passed", values(&[("Passed", "2"), ("Failed", "0")]));
        assert_eq!(verdict(&whole(), &with(""), &Filed::Undeclared), expected);
        for fixture in ["TestSetup", "TestTeardown"] {
            let expected = Report::fail(FailureKind::JobFailed, &format!("2 of 2 passed; {fixture} never answered"));
            assert_eq!(verdict(&whole(), &with(fixture), &Filed::Undeclared), expected);
        }
    }

    #[test]
    fn what_was_skipped_does_not_decide_the_kind() {
        let skipped = || Outcome::Skipped { message: "the set-up did not pass".into() };
        let results = |setup| [result("TestSetup", 1, setup), result("A", 1, skipped()), result("B", 1, skipped())];
        let denied = Outcome::Denied { message: "no".into() };
        let message = "0 of 2 passed; TestSetup could not be started: no; 2 tests were not started: the set-up did not \
                       pass; TestTeardown never answered";
        let expected = Report::fail(FailureKind::PermissionError, message);
        assert_eq!(verdict(&whole(), &results(denied), &Filed::Undeclared), expected);
        assert_eq!(failed([skipped(), skipped()]), FailureKind::JobFailed);
    }

    #[test]
    fn a_declared_report_is_named_and_without_it_nothing_passes() {
        let declared = Run { report: true, ..run(&["A"]) };
        let told = |filed: Filed| verdict(&declared, &[result("A", 1, Outcome::Passed)], &filed);
        let outputs = values(&[("Passed", "1"), ("Failed", "0"), ("Report", "s3://bucket/key")]);
        assert_eq!(told(Filed::At("s3://bucket/key".into())), Report::succeed("1 of 1 passed", outputs));
        let denied = PortError::Denied { operation: "write artifact BetaReport".into(), detail: "expired".into() };
        for (filed, kind, words) in [
            (Filed::Undeclared, FailureKind::SystemUnavailable, "nobody tried to write it"),
            (Filed::Missing("too late".into()), FailureKind::SystemUnavailable, "too late"),
            (
                Filed::Unwritten(denied),
                FailureKind::PermissionError,
                "not permitted to write artifact BetaReport: expired",
            ),
        ] {
            let expected = Report::fail(kind, &format!("1 of 1 passed; the report is missing: {words}"));
            assert_eq!(told(filed), expected);
        }
    }

    #[test]
    fn the_end_of_a_failing_test_s_log_follows_the_words() {
        let failing = TestResult {
            log: Some("GET /time\n502 Bad Gateway".into()),
            ..result("B", 1, Outcome::Failed { message: "expected 200, got 502".into() })
        };
        let message = "1 of 2 passed; B failed: expected 200, got 502\n\nthe end of the log of B:\nGET /time\n502 Bad \
                       Gateway";
        let expected = Report::fail(FailureKind::JobFailed, message);
        let results = [result("A", 1, Outcome::Passed), failing];
        assert_eq!(verdict(&run(&["A", "B"]), &results, &Filed::Undeclared), expected);
    }

    #[test]
    fn many_long_messages_stay_within_the_limit() {
        let names: Vec<String> = (0..300).map(|n| format!("TestFunction{n}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let outcome = || Outcome::Failed { message: "é".repeat(1000) };
        let results: Vec<TestResult> = names.iter().map(|name| result(name, 1, outcome())).collect();
        match verdict(&run(&names), &results, &Filed::Undeclared) {
            Report::Fail { message, .. } => {
                assert!(message.chars().count() <= crate::text::MESSAGE && message.contains(" more"), "{message}");
            }
            other => panic!("{other:?}"),
        }
    }
}
