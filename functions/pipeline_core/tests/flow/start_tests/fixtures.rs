//! The set-up and the tear-down around the tests.

use jiff::SignedDuration;
use pipeline_core::{memory::Behaviour, ports::Clock, verdict::FailureKind};

use super::whole::{SETUP, TEARDOWN, TESTS, behaves, check, deliver_whole, replies, torn_down, whole, whole_job};
use crate::support::{drops_the_connection, fails, failure, never_answers, passes, raises, reports, success};

#[test]
fn they_run_around_the_tests_and_are_not_counted_with_them() {
    let world = whole();
    for function in ["time-tests-000", "time-tests-001"] {
        behaves(&world, function, Behaviour { after: SignedDuration::from_mins(1), ..passes() });
    }
    deliver_whole(&world);
    assert_eq!(success(&reports(&world)), "4 of 4 passed");
    let started: Vec<String> = world.started.borrow().iter().map(|(function, _)| function.clone()).collect();
    assert_eq!((started.len(), started[0].as_str(), started[4].as_str()), (5, SETUP, TEARDOWN));
    let run_id = world.runs.borrow()[&whole_job().id].id;
    assert!(world.started.borrow().iter().all(|(_, payload)| payload["run_id"] == run_id.to_string()));
}

#[test]
fn i18_without_its_set_up_no_test_is_started_and_what_may_stand_is_torn_down() {
    for (setup, words) in [
        (fails("no database"), "TestSetup failed: no database"),
        (raises("KeyError", "'zone'"), "TestSetup failed: KeyError: 'zone'"),
        (drops_the_connection(), "TestSetup was lost"),
        (never_answers(), "TestSetup never answered"),
    ] {
        let world = whole();
        behaves(&world, SETUP, setup);
        deliver_whole(&world);
        let message = failure(&reports(&world)).1;
        assert!(message.starts_with("0 of 4 passed") && message.contains(words), "{message}");
        assert!(message.contains("the set-up did not pass"), "{message}");
        assert_eq!((world.started.borrow().len(), world.requests.borrow().len(), torn_down(&world)), (2, 0, 1));
        check(&world, words);
    }
}

#[test]
fn i18_a_set_up_whose_pass_could_not_be_recorded_is_none() {
    let world = whole();
    world.outage("record result", pipeline_core::memory::Fault::Refused);
    deliver_whole(&world);
    assert_eq!((failure(&reports(&world)).0, torn_down(&world)), (FailureKind::SystemUnavailable, 1));
    assert_eq!(world.started.borrow().len(), 2);
}

#[test]
fn the_tear_down_runs_whatever_became_of_the_tests() {
    for test in [fails("expected 200, got 502"), drops_the_connection(), never_answers()] {
        let world = whole();
        behaves(&world, "time-tests-000", test);
        deliver_whole(&world);
        let message = failure(&reports(&world)).1;
        assert!(message.starts_with("3 of 4 passed; TestFunction000 "), "{message}");
        assert_eq!(torn_down(&world), 1, "{message}");
    }
    let world = whole();
    replies(&world, 502);
    deliver_whole(&world);
    assert!(failure(&reports(&world)).1.contains("time-is-told failed"));
    assert_eq!(torn_down(&world), 1);
}

#[test]
fn i18_all_tests_passed_is_no_success_when_the_tear_down_did_not_pass() {
    for (teardown, words) in [
        (fails("17 rows left"), "TestTeardown failed: 17 rows left"),
        (drops_the_connection(), "TestTeardown was lost"),
        (never_answers(), "TestTeardown never answered"),
    ] {
        let world = whole();
        behaves(&world, TEARDOWN, teardown);
        deliver_whole(&world);
        let message = failure(&reports(&world)).1;
        assert!(message.starts_with(&format!("{TESTS} of {TESTS} passed; {words}")), "{message}");
    }
}

#[test]
fn a_tear_down_has_a_minute_behind_the_deadline_and_what_is_left_before_it() {
    let world = whole();
    behaves(&world, "time-tests-000", never_answers());
    behaves(&world, TEARDOWN, Behaviour { after: SignedDuration::from_secs(59), ..passes() });
    deliver_whole(&world);
    let message = failure(&reports(&world)).1;
    assert!(message.ends_with("; TestFunction000 never answered; report: s3://artifacts/BetaReport.zip"), "{message}");
    let run = world.runs.borrow()[&whole_job().id].clone();
    assert_eq!(world.now().duration_since(run.deadline), SignedDuration::from_secs(59));

    let world = whole();
    behaves(&world, TEARDOWN, Behaviour { after: SignedDuration::from_mins(10), ..passes() });
    deliver_whole(&world);
    assert_eq!(success(&reports(&world)), "4 of 4 passed");
}
