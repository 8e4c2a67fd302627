//! Tests that misbehave, each in its own way: the right result, and the right words.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::function::Function;
use crate::proxy::counts;
use crate::start_tests::jobs::{Action, Job};
use crate::start_tests::lab::{Lab, Report};
use crate::start_tests::stage::{BRIEF, name};

/// What is said of a test that took longer than its function may.
const TIMED_OUT: &str = "timed out after 5.00 seconds";

/// Longer than that, in seconds.
const LONG: u8 = 6 * BRIEF;

/// Tests, by the function that each is; what they do; how they end; and what their result says.
fn tests() -> Vec<(&'static str, &'static str, Value, &'static str, &'static str)> {
    let panic = json!({"errorType": "&'static str", "errorMessage": "assertion failed: left == right"});
    let lines: Vec<_> = (0..200).map(|number| format!("line {number} of a log")).collect();
    vec![
        ("Fine", "Probe", json!({"return": {"passed": true}}), "passed", ""),
        ("Null", "Probe", json!({"return": null}), "passed", ""),
        ("Junk", "Probe", json!({"bytes": b"<html>"}), "passed", ""),
        ("NotText", "Probe", json!({"bytes": [0xff, 0xfe, 0x00]}), "passed", ""),
        ("SixMegabytes", "Probe", json!({"size": (6 << 20) - 2}), "passed", ""),
        (
            "Twice",
            "Probe",
            json!({"return": {"passed": false, "message": "the first answer"}, "again": [{"passed": true}]}),
            "failed",
            "the first answer",
        ),
        ("TooMuch", "Probe", json!({"size": 7 << 20}), "failed", "Function.ResponseSizeTooLarge"),
        (
            "Panics",
            "Probe",
            json!({"error": panic, "print": ["about to panic"]}),
            "failed",
            "assertion failed: left == right",
        ),
        ("Exits", "Probe", json!({"exit": 3, "print": ["about to exit"]}), "failed", "Runtime.ExitError"),
        ("Broken", "Probe", json!({"bytes": b"{\"passed\": tru"}), "failed", "what is not JSON"),
        ("NotTrue", "Probe", json!({"return": {"passed": "yes"}}), "failed", "neither true nor false"),
        ("Late", "Brief", json!({"sleep": LONG, "print": ["about to sleep"]}), "failed", TIMED_OUT),
        (
            "Raises",
            "Python",
            json!({"raise": "expected 200, got 502", "print": lines}),
            "failed",
            "AssertionError: expected 200, got 502",
        ),
        ("PythonExits", "Python", json!({"exit": 1, "print": ["about to exit"]}), "failed", "Runtime exited"),
        ("NoJson", "Python", json!({"object": true}), "failed", "not JSON serializable"),
        ("PythonLate", "BriefPython", json!({"sleep": LONG, "print": ["about to sleep"]}), "failed", TIMED_OUT),
    ]
}

fn outputs() -> Vec<(String, Value)> {
    let bad = tests().into_iter().map(|(test, function, ..)| (format!("Bad{test}"), json!(name(function))));
    let single = [("SettlesTest", "Python"), ("NodeTest", "Node")];
    bad.chain(single.map(|(key, function)| (key.to_owned(), json!(name(function))))).collect()
}

fn of(prefix: &str) -> Action {
    Action::with(&json!({"app_stack": "shop-beta", "test_stack": "shop-tests", "outputs": {"tests": prefix}}))
}

#[tokio::test]
async fn tests_that_misbehave_get_the_result_and_the_words_that_fit() {
    let lab = Lab::new(&outputs()).await;
    let function = lab.start_tests();
    each_in_its_way(&lab, &function).await;
    settles_itself(&lab, &function).await;
    node(&lab, &function).await;
}

pub(super) async fn settled(lab: &Lab, function: &Function, prefix: &str) -> (Job, Report) {
    let job = lab.job(&of(prefix)).await;
    let report = lab.settle(function, &job).await;
    (job, report)
}

async fn each_in_its_way(lab: &Lab, function: &Function) {
    for (test, _, act, ..) in tests() {
        lab.desk.tell(&format!("Bad{test}"), &act);
    }
    let (job, report) = settled(lab, function, "Bad").await;
    assert_eq!(report.kind(), "JobFailed", "{report:?}");
    let (all, passed) = (tests(), tests().iter().filter(|(.., outcome, _)| *outcome == "passed").count());
    assert!(report.words().starts_with(&format!("{passed} of {} passed; ", all.len())), "{}", report.words());
    assert!(report.words().chars().count() <= 5000, "{}", report.words());
    let results = lab.results_of(&job.id).await;
    let results: BTreeMap<_, _> = results.iter().map(|result| (result["test"].as_str().unwrap(), result)).collect();
    for (test, _, act, outcome, words) in all {
        let result = results[&*format!("Bad{test}")];
        let message = result["message"].as_str().unwrap_or_default();
        assert!(result["outcome"] == outcome && message.contains(words), "{test}: {result:#}");
        assert!(outcome == "passed" || report.words().contains(message), "{message}: {}", report.words());
        told_its_last_lines(test, &act, result);
    }
}

fn told_its_last_lines(test: &str, act: &Value, result: &Value) {
    let Some(last) = act["print"].as_array().and_then(|lines| lines.last()?.as_str()) else { return };
    let log = result["log"].as_str().unwrap_or_else(|| panic!("{test} has no log: {result:#}"));
    assert!(log.contains(last), "{test}: {log}");
    assert!(log.chars().count() <= 1000 && !log.contains("REPORT RequestId"), "{test}: {log}");
}

/// A test that was written for the AWS sample settles the job, and that is that: our own report is refused.
async fn settles_itself(lab: &Lab, function: &Function) {
    for how in ["success", "it says so"] {
        lab.desk.tell("SettlesTest", &json!({"settle": how, "return": null}));
        let job = lab.job(&of("Settles")).await;
        lab.deliver(function, &job).await;
        let reports = lab.world.codepipeline.reports(&job.id);
        let first = if how == "success" { "PutJobSuccessResult" } else { "PutJobFailureResult" };
        let [own, ours @ ..] = &reports[..] else { panic!("nobody settled it") };
        assert_eq!(own.0, first, "{reports:#?}");
        assert!(!ours.is_empty() && ours.iter().all(|report| *report == ours[0]), "I16: {reports:#?}");
        assert_eq!(ours[0].0, "PutJobSuccessResult", "{reports:#?}");
        lab.world.wire.take();
        lab.deliver(function, &job).await;
        let calls = counts(&lab.world.wire.take());
        assert!(
            calls.keys().all(|call| !call.starts_with("codepipeline:")),
            "I20: it is quiet from then on: {calls:?}"
        );
    }
}

/// Node is not on every machine that builds services in other languages.
async fn node(lab: &Lab, function: &Function) {
    if std::process::Command::new("node").arg("--version").output().is_err() {
        eprintln!("not tested: there is no node on the PATH");
        return;
    }
    lab.desk.tell("NodeTest", &json!({"raise": "expected 200, got 502", "print": ["about to throw"]}));
    let (_, report) = settled(lab, function, "Node").await;
    assert!(report.words().contains("NodeTest failed: TypeError: expected 200, got 502"), "{report:?}");
    assert!(report.words().contains("about to throw"), "{report:?}");
}
