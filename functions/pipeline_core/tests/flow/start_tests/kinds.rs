//! The tests that `tests.yaml` declares, beside those that are functions.

use jiff::SignedDuration;
use pipeline_core::{
    job::Job,
    memory::{Behaviour, Fault},
    verdict::FailureKind,
};
use serde_json::json;

use super::whole::{URL, WORKER, behaves, check, deliver_whole, replies, whole, whole_job};
use crate::support::{answers, failure, reports, start_tests, success};

#[test]
fn a_request_goes_to_the_url_under_test_with_the_run_s_id() {
    let world = whole();
    deliver_whole(&world);
    let requests = world.requests.borrow();
    let run_id = world.runs.borrow()[&whole_job().id].id.to_string();
    assert_eq!((requests.len(), requests[0].url.as_str(), requests[0].method.as_str()), (1, URL, "GET"));
    let header = requests[0].headers.iter().find(|(name, _)| name == "x-flowgate-run-id");
    assert_eq!(header.map(|(_, value)| value.as_str()), Some(run_id.as_str()));
}

#[test]
fn an_invoke_check_sends_its_payload_with_the_run_s_id() {
    let world = whole();
    deliver_whole(&world);
    let run_id = world.runs.borrow()[&whole_job().id].id.to_string();
    let started = world.started.borrow();
    let payload = started.iter().find(|(function, _)| function == WORKER).map(|(_, payload)| payload);
    assert_eq!(payload, Some(&json!({"a": 1, "b": 2, "run_id": run_id})));
}

#[test]
fn what_they_expect_and_got_is_told() {
    let world = whole();
    replies(&world, 502);
    behaves(&world, WORKER, answers(&json!({"sum": 4})));
    deliver_whole(&world);
    let (kind, message) = failure(&reports(&world));
    assert_eq!(kind, FailureKind::JobFailed);
    assert!(message.starts_with("2 of 4 passed") && message.contains("time-is-told failed"), "{message}");
    assert!(message.contains("502") && message.contains("expected 3, got 4"), "{message}");
    check(&world, "both fail");
}

#[test]
fn i19_a_request_is_made_once_whatever_becomes_of_it() {
    let world = whole();
    world.outage("send request", Fault::ReplyLost);
    deliver_whole(&world);
    assert_eq!(world.requests.borrow().len(), 1);
    assert_eq!(failure(&reports(&world)).0, FailureKind::SystemUnavailable);
}

#[test]
fn the_time_that_throttling_took_is_not_the_function_s() {
    let world = whole();
    let file = world.test_files.borrow()["Build.zip"].clone().unwrap();
    let file = String::from_utf8(file).unwrap().replace("{ result: { sum: 3 } }", "{ within_ms: 1500 }");
    world.test_files.borrow_mut().insert("Build.zip".into(), Some(file.clone().into()));
    behaves(&world, WORKER, Behaviour { after: SignedDuration::from_secs(1), ..answers(&json!({"sum": 3})) });
    let recovery = async {
        use pipeline_core::ports::Clock;
        world.sleep_until(world.now() + SignedDuration::from_mins(3)).await;
        world.recover();
    };
    world.outage("invoke test", Fault::Throttled);
    world.run(futures_util::future::join(start_tests(&world, whole_job()), recovery));
    assert_eq!(success(&reports(&world)), "4 of 4 passed");
}

#[test]
fn an_artifact_without_tests_yaml_adds_none_and_two_artifacts_are_one_too_many() {
    let world = whole();
    world.test_files.borrow_mut().insert("Build.zip".into(), None);
    deliver_whole(&world);
    assert_eq!(success(&reports(&world)), "2 of 2 passed");

    let world = whole();
    let mut two = whole_job();
    two.inputs.push(two.inputs[0].clone());
    world.run(start_tests(&world, two));
    assert_eq!(failure(&reports(&world)).0, FailureKind::ConfigurationError);
    assert!(world.started.borrow().is_empty());
}

#[test]
fn without_an_artifact_there_is_none_to_read() {
    let world = whole();
    world.run(start_tests(&world, Job { inputs: vec![], ..whole_job() }));
    assert_eq!(success(&reports(&world)), "2 of 2 passed");
    assert!(!world.effects.borrow().contains(&"read test file"));
}
