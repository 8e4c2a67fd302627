//! A run whose owner is dead is settled from what it recorded.

use jiff::SignedDuration;
use pipeline_core::{drive::Delivered, memory::Fault, verdict::Report};

use super::{
    run,
    whole::{TEARDOWN, behaves, check, deliver_whole, torn_down, whole},
};
use crate::support::{PARAMETERS, failure, never_answers, passes, reports, stage, world};

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
