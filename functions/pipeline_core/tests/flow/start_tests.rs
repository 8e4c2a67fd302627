//! Runs of tests: which verdict they come to, and that nothing duplicates, loses or invents one.

use futures_util::future::join_all;
use jiff::SignedDuration;
use pipeline_core::{
    drive::Delivered,
    memory::{Behaviour, Fault, World},
    ports::{Clock, Settled},
    verdict::{FailureKind, Report},
};
use serde_json::json;

use crate::support::{
    PARAMETERS, action, answers, deliver, drops_the_connection, fails, failure, job, never_answers, passes, raises,
    reports, stack, stage, start_tests, success, world,
};

fn run(world: &World, parameters: &str) -> Option<Delivered> {
    world.run(start_tests(world, job(parameters)))
}

fn verdict(tests: &[Behaviour]) -> Vec<Report> {
    let world = world();
    stage(&world, tests);
    run(&world, PARAMETERS);
    reports(&world)
}

#[test]
fn all_pass() {
    assert_eq!(success(&verdict(&[passes(), answers(json!("anything")), passes()])), "3 of 3 passed");
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
    run(&world, &PARAMETERS.replace('}', r#", "timeout_minutes": 2}"#));
    assert_eq!(failure(&reports(&world)).1, "1 of 2 passed; TestFunction001 never answered");
    assert_eq!(world.now().duration_since(begin), SignedDuration::from_mins(2));
}

#[test]
fn the_payload_names_everything_a_test_may_need() {
    let world = world();
    stage(&world, &[passes()]);
    let execution = "22222222-abcd-1111-abcd-111111abcdef";
    run(&world, &PARAMETERS.replace('}', &format!(r#", "execution": "{execution}"}}"#)));
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
fn tests_run_width_at_a_time() {
    for (width, expected) in [(1, 1), (7, 7), (32, 32), (100, 40)] {
        let world = world();
        stage(&world, &vec![passes(); 40]);
        run(&world, &PARAMETERS.replace('}', &format!(r#", "width": {width}}}"#)));
        assert_eq!((world.overlap.get(), success(&reports(&world)).as_str()), (expected, "40 of 40 passed"));
    }
}

#[test]
fn p8_calls_grow_by_one_invoke_and_one_write_a_test() {
    let effects = |tests: usize| {
        let world = world();
        stage(&world, &vec![passes(); tests]);
        run(&world, PARAMETERS);
        world.effects.borrow().len()
    };
    let constant = 8;
    for tests in [1, 10, 100, 300] {
        assert_eq!(effects(tests), 2 * tests + constant);
    }
}

#[test]
fn i19_concurrent_deliveries_start_each_test_once_and_report_once() {
    for deliveries in 2..=5 {
        let world = world();
        stage(&world, &[passes(), passes(), passes()]);
        let all = join_all((0..deliveries).map(|_| start_tests(&world, job(PARAMETERS))));
        let ends = world.run(all).unwrap();
        assert_eq!(world.started.borrow().len(), 3);
        assert_eq!(success(&reports(&world)), "3 of 3 passed");
        assert_eq!(ends.iter().filter(|end| matches!(end, Delivered::Deferred(_))).count(), deliveries - 1);
    }
}

#[test]
fn a_redelivery_during_the_run_is_deferred_and_after_it_repeats_nothing() {
    let world = world();
    stage(&world, &[passes()]);
    run(&world, PARAMETERS);
    assert!(matches!(run(&world, PARAMETERS), Some(Delivered::Repeated(_))));
    assert_eq!((world.started.borrow().len(), reports(&world).len()), (1, 1));
}

#[test]
fn i16_i18_i19_killed_at_any_effect_a_late_redelivery_settles_without_a_pass_that_was_not_earned() {
    let whole = world();
    stage(&whole, &[passes(), passes()]);
    run(&whole, PARAMETERS);
    let sites = whole.effects.borrow().clone();
    assert_eq!(sites.len(), 12, "{sites:?}");
    for (effect, site) in sites.iter().enumerate() {
        for fault in [Fault::KilledBefore, Fault::KilledAfter, Fault::ReplyLost, Fault::Refused] {
            let world = world();
            stage(&world, &[passes(), passes()]);
            world.strike(effect, fault);
            run(&world, PARAMETERS);
            world.pass(SignedDuration::from_mins(16));
            run(&world, PARAMETERS);
            check(&world, &format!("{fault:?} at {effect} ({site})"));
        }
    }
}

fn check(world: &World, site: &str) {
    let accepted = world.reports.borrow().iter().filter(|(.., answer)| *answer == Settled::Accepted).count();
    let mut distinct = reports(world);
    distinct.dedup();
    assert_eq!((accepted, distinct.len()), (1, 1), "{site}: {distinct:?}");
    let mut started: Vec<String> = world.started.borrow().iter().map(|(function, _)| function.clone()).collect();
    let starts = started.len();
    started.sort();
    started.dedup();
    assert_eq!(started.len(), starts, "{site}: a test was started twice");
    if matches!(distinct[0], Report::Succeed { .. }) {
        assert_eq!(world.results.borrow().len(), 2, "{site}: a pass without its results");
    }
}

#[test]
fn i16_i18_i19_trouble_at_any_effect_of_concurrent_deliveries_changes_nothing_for_the_owner() {
    let pair = |world: &World| {
        world.run(join_all([start_tests(world, job(PARAMETERS)), start_tests(world, job(PARAMETERS))]));
    };
    let whole = world();
    stage(&whole, &[passes(), passes()]);
    pair(&whole);
    let sites = whole.effects.borrow().clone();
    for (effect, site) in sites.iter().enumerate().filter(|(_, site)| **site != "invoke test") {
        for fault in [Fault::Refused, Fault::Throttled, Fault::ReplyLost] {
            let world = world();
            stage(&world, &[passes(), passes()]);
            world.strike(effect, fault);
            pair(&world);
            check(&world, &format!("{fault:?} at {effect} ({site})"));
            let mut distinct = reports(&world);
            distinct.dedup();
            assert_eq!(success(&distinct), "2 of 2 passed", "{fault:?} at {effect} ({site})");
        }
    }
}

#[test]
fn a_throttled_test_was_not_started_and_waits_for_its_turn() {
    let world = world();
    stage(&world, &[passes(), passes()]);
    world.outage("invoke test", Fault::Throttled);
    let recovery = async {
        world.sleep_until(world.now() + SignedDuration::from_mins(3)).await;
        world.recover();
    };
    world.run(futures_util::future::join(start_tests(&world, job(PARAMETERS)), recovery));
    assert_eq!((success(&reports(&world)).as_str(), world.started.borrow().len()), ("2 of 2 passed", 2));
}

#[test]
fn a_result_that_cannot_be_recorded_is_no_pass_and_hides_no_other() {
    let world = world();
    stage(&world, &[passes(), fails("expected 200, got 502")]);
    world.outage("record result", Fault::Refused);
    run(&world, &PARAMETERS.replace('}', r#", "timeout_minutes": 1}"#));
    let (_, message) = failure(&reports(&world));
    assert!(message.starts_with("0 of 2 passed; TestFunction000 was lost: could not record result"), "{message}");
}

#[test]
fn settled_from_the_records_after_the_owner_s_end() {
    for (tests, lost_results, expected) in [(1, false, true), (1, true, false), (2, false, true), (2, true, false)] {
        let world = world();
        stage(&world, &vec![passes(); tests]);
        // The owner dies with all results recorded, or with the last one missing.
        let fault =
            if lost_results { ("record result", Fault::KilledBefore) } else { ("record verdict", Fault::KilledBefore) };
        world.outage(fault.0, fault.1);
        run(&world, PARAMETERS);
        world.recover();
        let before = world.started.borrow().len();
        assert!(matches!(run(&world, PARAMETERS), Some(Delivered::Deferred(_))), "the owner may still be alive");
        world.pass(SignedDuration::from_mins(16));
        world.stacks.borrow_mut().clear();
        run(&world, PARAMETERS);
        let passed = matches!(reports(&world)[..], [Report::Succeed { .. }]);
        assert_eq!((passed, world.started.borrow().len()), (expected, before), "{tests} tests, lost: {lost_results}");
    }
}

#[test]
fn no_test_is_started_after_the_deadline() {
    let world = world();
    stage(&world, &[never_answers(), passes(), passes()]);
    run(&world, &PARAMETERS.replace('}', r#", "timeout_minutes": 1, "width": 1}"#));
    assert_eq!(world.started.borrow().len(), 1);
    assert!(failure(&reports(&world)).1.starts_with("0 of 3 passed; TestFunction000 never answered"));
}

#[test]
fn a_short_lambda_timeout_ends_the_run_early_enough_to_report_it_test_by_test() {
    let world = world();
    stage(&world, &[passes(), never_answers()]);
    let until = world.now() + SignedDuration::from_mins(1);
    let action = action(&world);
    world.run(deliver(&world, Ok((job(PARAMETERS), action)), until));
    assert_eq!(failure(&reports(&world)).1, "1 of 2 passed; TestFunction001 never answered");
    assert!(until.duration_since(world.now()) >= SignedDuration::from_secs(5));
}

#[test]
fn a_self_reporting_test_that_cannot_be_started_fails_the_job_and_one_that_can_has_its_whole_time() {
    let world = world();
    stage(&world, &[]);
    world.stacks.borrow_mut().insert("time-tests".into(), stack(&[("TestFunction", "t")]));
    run(&world, "time-beta|time-tests|beta");
    assert_eq!(failure(&reports(&world)), (FailureKind::ConfigurationError, "test function t does not exist".into()));

    let world = self::world();
    stage(&world, &[]);
    world.stacks.borrow_mut().insert("time-tests".into(), stack(&[("TestFunction", "t")]));
    world.functions.borrow_mut().insert("t".into(), passes());
    let until = world.now() + SignedDuration::from_mins(1);
    let action = action(&world);
    world.run(deliver(&world, Ok((job("time-beta|time-tests|beta"), action)), until));
    let deadline = world.runs.borrow()[&job("").id].deadline;
    assert_eq!(deadline.duration_since(world.now()), SignedDuration::from_mins(13));
}

#[test]
fn a_retry_of_the_stage_is_another_job_and_runs_the_tests_again() {
    let world = world();
    stage(&world, &[passes()]);
    run(&world, PARAMETERS);
    let mut retry = job(PARAMETERS);
    retry.id = "33333333-abcd-1111-abcd-111111abcdef".parse().unwrap();
    let action = action(&world);
    let ports = pipeline_core::drive::Ports { clock: &world, verdicts: &world, jobs: &world };
    let id = retry.id.clone();
    world.run(ports.deliver(&id, Ok((retry, action)), crate::support::deadline(&world)));
    assert_eq!((world.started.borrow().len(), reports(&world).len()), (2, 2));
}

#[test]
fn a_test_that_reports_itself_is_started_and_left_alone() {
    let world = world();
    stage(&world, &[]);
    world.stacks.borrow_mut().insert("time-tests".into(), stack(&[("TestFunction", "t"), ("TestFunctionB", "u")]));
    world.functions.borrow_mut().insert("t".into(), passes());
    assert!(matches!(run(&world, "time-beta|time-tests|beta"), Some(Delivered::Deferred(_))));
    assert_eq!(world.started.borrow().len(), 1, "the sample's form knows only the output TestFunction");
    assert!(reports(&world).is_empty() && world.runs.borrow().contains_key(&job("").id));
    // I18: nobody settled it; a redelivery after the deadline says so, and starts nothing.
    world.pass(SignedDuration::from_mins(14));
    run(&world, "time-beta|time-tests|beta");
    assert_eq!(failure(&reports(&world)).1, "0 of 1 passed; TestFunction never answered");
    assert_eq!(world.started.borrow().len(), 1);
}

#[test]
fn a_sample_test_under_auto_settles_first_and_our_report_is_refused_quietly() {
    let world = world();
    stage(&world, &[passes()]);
    world.settled_elsewhere.borrow_mut().push(job("").id);
    assert!(matches!(run(&world, PARAMETERS), Some(Delivered::Settled(_, Settled::Already))));
}

#[test]
fn misconfigurations_name_the_stack_and_the_key() {
    type Spoil = fn(&World);
    let cases: &[(&str, Spoil, &str)] = &[
        (PARAMETERS, |world| drop(world.stacks.take()), "stack time-beta does not exist"),
        (PARAMETERS, |world| drop(world.stacks.borrow_mut().remove("time-tests")), "stack time-tests does not exist"),
        (
            PARAMETERS,
            |world| drop(world.stacks.borrow_mut().insert("time-beta".into(), stack(&[("Url", "x")]))),
            "stack time-beta has no output ApiUrl; it has Url",
        ),
        (
            PARAMETERS,
            |world| drop(world.stacks.borrow_mut().insert("time-tests".into(), stack(&[("Other", "x")]))),
            "stack time-tests has no output whose key starts with TestFunction, so there is no test; it has Other",
        ),
        (
            PARAMETERS,
            |world| world.stacks.borrow_mut().get_mut("time-beta").unwrap().status = "UPDATE_IN_PROGRESS".into(),
            "stack time-beta is UPDATE_IN_PROGRESS",
        ),
        (
            PARAMETERS,
            |world| world.stacks.borrow_mut().get_mut("time-beta").unwrap().status = "UPDATE_ROLLBACK_COMPLETE".into(),
            "stack time-beta is UPDATE_ROLLBACK_COMPLETE",
        ),
        (
            PARAMETERS,
            |world| world.stacks.borrow_mut().get_mut("time-tests").unwrap().status = "DELETE_COMPLETE".into(),
            "stack time-tests is DELETE_COMPLETE",
        ),
        (
            "time-beta|time-tests|beta",
            |world| world.stacks.borrow_mut().get_mut("time-tests").unwrap().status = "DELETE_FAILED".into(),
            "stack time-tests is DELETE_FAILED",
        ),
        (
            PARAMETERS,
            |world| drop(world.stacks.borrow_mut().insert("time-beta".into(), stack(&[("ApiUrl", "")]))),
            "stack time-beta has no output ApiUrl",
        ),
        (
            PARAMETERS,
            |world| drop(world.stacks.borrow_mut().insert("time-tests".into(), stack(&[("TestFunctionX", "a b")]))),
            "output TestFunctionX of stack time-tests does not name a test",
        ),
        (
            PARAMETERS,
            |world| {
                let foreign = "arn:aws:lambda:eu-west-1:999999999999:function:t";
                let tests = stack(&[("TestFunctionX", foreign)]);
                world.stacks.borrow_mut().insert("time-tests".into(), tests);
            },
            "output TestFunctionX names a function in account 999999999999, and the pipeline is in 111122223333",
        ),
        (
            r#"{"app_stack": "time-beta", "test_stack": "time-tests", "report": "self"}"#,
            |_| (),
            "\"report\": \"self\" takes one test, and there are 2: TestFunction000, TestFunction001",
        ),
        ("time-beta", |_| (), "TEST_FUNCTION is not set"),
        (
            PARAMETERS,
            |world| drop(world.functions.borrow_mut().remove("time-tests-001")),
            "TestFunction001 could not be started: test function time-tests-001 does not exist",
        ),
    ];
    for (parameters, spoil, words) in cases {
        let world = world();
        stage(&world, &[passes(), passes()]);
        spoil(&world);
        run(&world, parameters);
        let (kind, message) = failure(&reports(&world));
        assert!(message.contains(words), "{message}");
        assert_eq!(kind, FailureKind::ConfigurationError, "{message}");
    }
}
