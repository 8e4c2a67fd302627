//! A run whose owner is dead is settled from what it recorded.

use futures_util::future::join;
use jiff::SignedDuration;
use pipeline_core::{
    drive::Delivered,
    memory::Fault,
    ports::Clock as _,
    verdict::{FailureKind, Report},
};

use super::{
    run,
    whole::{SETUP, TEARDOWN, behaves, check, deliver_whole, torn_down, whole, whole_job},
};
use crate::support::{PARAMETERS, fails, failure, job, never_answers, passes, reports, stage, start_tests, world};

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
fn clocks_a_minute_apart_fail_no_run_whose_owner_lives() {
    let world = whole();
    world.outage("record verdict", Fault::KilledBefore);
    deliver_whole(&world);
    world.recover();
    let ends = world.runs.borrow()[&job("").id].ends;
    world.pass(ends.duration_since(world.now()) + SignedDuration::from_secs(59));
    assert!(matches!(deliver_whole(&world), Some(Delivered::Deferred(_))));
    world.pass(SignedDuration::from_secs(1));
    deliver_whole(&world);
    check(&world, "a minute after the owner's end");
}

#[test]
fn what_the_owner_did_not_live_to_hear_is_its_death_and_no_failed_test() {
    let world = whole();
    let death = async {
        while !world.results.borrow().values().any(|result| result.test.as_str() == "TestSetup") {
            world.sleep_until(world.now() + SignedDuration::from_millis(10)).await;
        }
        world.outage("record result", Fault::KilledBefore);
    };
    world.run(join(start_tests(&world, whole_job()), death));
    world.recover();
    world.pass(SignedDuration::from_mins(16));
    deliver_whole(&world);
    let (kind, message) = failure(&reports(&world));
    let expected = "0 of 4 passed; TestFunction000 was lost: what ran the tests came to an end before it was known; ";
    assert!(message.starts_with(expected) && !message.contains("never answered"), "{message}");
    assert_eq!(kind, FailureKind::SystemUnavailable);
}

#[test]
fn tests_that_were_not_started_for_want_of_their_set_up_are_told_of_so() {
    let world = whole();
    behaves(&world, SETUP, fails("no database"));
    world.outage("record verdict", Fault::KilledBefore);
    deliver_whole(&world);
    world.recover();
    world.pass(SignedDuration::from_mins(16));
    deliver_whole(&world);
    let expected = "0 of 4 passed; TestSetup failed: no database; 4 tests were not started: the set-up did not pass";
    let (kind, message) = failure(&reports(&world));
    assert!(kind == FailureKind::JobFailed && message.starts_with(expected), "{message}");
}

#[test]
fn a_tear_down_that_nobody_heard_is_started_again_and_the_verdict_says_so() {
    let world = whole();
    behaves(&world, TEARDOWN, never_answers());
    world.outage("write report", Fault::KilledBefore);
    deliver_whole(&world);
    world.recover();
    world.pass(SignedDuration::from_mins(16));
    deliver_whole(&world);
    let message = failure(&reports(&world)).1;
    assert!(message.starts_with("4 of 4 passed; TestTeardown") && message.contains("started again"), "{message}");
    assert_eq!(torn_down(&world), 2);
    check(&world, "late");
}

#[test]
fn a_tear_down_that_cannot_be_started_again_keeps_no_verdict_waiting() {
    for outage in ["start test", "reach site"] {
        let world = whole();
        world.outage("invoke test", Fault::KilledAfter);
        deliver_whole(&world);
        world.recover();
        world.pass(SignedDuration::from_mins(16));
        world.outage(outage, Fault::Throttled);
        let begin = pipeline_core::ports::Clock::now(&world);
        deliver_whole(&world);
        let message = failure(&reports(&world)).1;
        assert!(message.contains("could not be started again"), "{message}");
        let took = pipeline_core::ports::Clock::now(&world).duration_since(begin);
        assert!(took <= SignedDuration::from_mins(1), "{took}");
    }
}

#[test]
fn results_that_cannot_be_read_are_no_pass() {
    let world = whole();
    world.outage("record verdict", Fault::KilledBefore);
    deliver_whole(&world);
    world.recover();
    world.pass(SignedDuration::from_mins(16));
    world.outage("read results", Fault::Refused);
    deliver_whole(&world);
    assert!(failure(&reports(&world)).1.contains("read results"));
}
