//! Which verdict the answers of the tests come to, and what a test is told.

use jiff::SignedDuration;
use pipeline_core::{
    drive::Delivered,
    memory::{Behaviour, Fault},
    ports::{Clock, Settled},
    verdict::{FailureKind, Report},
};
use serde_json::json;

use super::{run, with};
use crate::support::{
    PARAMETERS, answers, drops_the_connection, fails, failure, job, never_answers, passes, raises, reports, stage,
    success, world,
};

fn verdict(tests: &[Behaviour]) -> Vec<Report> {
    let world = world();
    stage(&world, tests);
    run(&world, PARAMETERS);
    reports(&world)
}

#[test]
fn all_pass() {
    assert_eq!(success(&verdict(&[passes(), answers(&json!("anything")), passes()])), "3 of 3 passed");
}

#[test]
fn a_failing_test_is_named_with_its_message() {
    let (kind, message) = failure(&verdict(&[passes(), fails("expected 200, got 502"), raises("KeyError", "'zone'")]));
    let expected =
        "1 of 3 passed; TestFunction001 failed: expected 200, got 502; TestFunction002 failed: KeyError: 'zone'";
    assert_eq!((kind, message.as_str()), (FailureKind::JobFailed, expected));
}

#[test]
fn i18_a_lost_answer_is_not_a_pass() {
    let (kind, message) = failure(&verdict(&[passes(), drops_the_connection()]));
    assert_eq!(kind, FailureKind::SystemUnavailable);
    assert!(message.contains("TestFunction001 was lost"), "{message}");
}

#[test]
fn i18_a_test_that_never_answers_fails_at_the_run_s_deadline_and_the_others_count() {
    let world = world();
    stage(&world, &[passes(), never_answers()]);
    let begin = world.now();
    run(&world, &with(r#""timeout_minutes": 2"#));
    assert_eq!(failure(&reports(&world)).1, "1 of 2 passed; TestFunction001 never answered");
    assert_eq!(world.now().duration_since(begin), SignedDuration::from_mins(2));
}

#[test]
fn the_payload_names_everything_a_test_may_need() {
    let world = world();
    stage(&world, &[passes()]);
    let execution = "22222222-abcd-1111-abcd-111111abcdef";
    run(&world, PARAMETERS);
    let (function, payload) = world.started.borrow()[0].clone();
    let run_id = world.runs.borrow()[&job("").id].id;
    assert_eq!(function, "time-tests-000");
    let expected = json!({
        "job_id": job("").id, "api_url": "https://api.example/Prod", "stage": "beta", "stack": "time-beta",
        "outputs": {"ApiUrl": "https://api.example/Prod"}, "execution_id": execution, "correlation_id": execution,
        "revision": "8f2c", "run_id": run_id, "test": "TestFunction000",
    });
    assert_eq!(payload, expected);
}

#[test]
fn a_result_that_cannot_be_recorded_is_no_pass_and_hides_no_other() {
    let world = world();
    stage(&world, &[passes(), fails("expected 200, got 502")]);
    world.outage("record result", Fault::Refused);
    run(&world, &with(r#""timeout_minutes": 1"#));
    let (_, message) = failure(&reports(&world));
    assert!(message.starts_with("0 of 2 passed; TestFunction000 was lost: could not record result"), "{message}");
    assert!(message.contains("TestFunction001 failed: expected 200, got 502"), "{message}");
}

#[test]
fn a_sample_test_under_auto_settles_first_and_our_report_is_refused_quietly() {
    let world = world();
    stage(&world, &[passes()]);
    world.settled_elsewhere.borrow_mut().push(job("").id);
    assert!(matches!(run(&world, PARAMETERS), Some(Delivered::Settled(_, Settled::Already))));
}
