//! Tests that settle the job themselves, as the AWS sample's do.

use jiff::SignedDuration;
use pipeline_core::{drive::Delivered, ports::Clock, verdict::FailureKind};

use super::run;
use crate::support::{action, deliver, failure, job, passes, reports, stack, stage, world};

#[test]
fn a_self_reporting_test_that_cannot_be_started_fails_the_job_and_one_that_can_has_its_whole_time() {
    let world = world();
    stage(&world, &[]);
    world.stacks.borrow_mut().insert("time-tests".into(), stack(&[("TestFunction", "time-tests-t")]));
    run(&world, "time-beta|time-tests|beta");
    assert_eq!(
        failure(&reports(&world)),
        (FailureKind::ConfigurationError, "test function time-tests-t does not exist".into())
    );

    let world = self::world();
    stage(&world, &[]);
    world.stacks.borrow_mut().insert("time-tests".into(), stack(&[("TestFunction", "time-tests-t")]));
    world.functions.borrow_mut().insert("time-tests-t".into(), passes());
    let until = world.now() + SignedDuration::from_mins(1);
    let action = action(&world);
    world.run(deliver(&world, Ok((job("time-beta|time-tests|beta"), action)), until));
    let deadline = world.runs.borrow()[&job("").id].deadline;
    assert_eq!(deadline.duration_since(world.now()), SignedDuration::from_mins(13));
}

#[test]
fn a_test_that_reports_itself_is_started_and_left_alone() {
    let world = world();
    stage(&world, &[]);
    world
        .stacks
        .borrow_mut()
        .insert("time-tests".into(), stack(&[("TestFunction", "time-tests-t"), ("TestFunctionB", "time-tests-u")]));
    world.functions.borrow_mut().insert("time-tests-t".into(), passes());
    assert!(matches!(run(&world, "time-beta|time-tests|beta"), Some(Delivered::Deferred(_))));
    assert_eq!(world.started.borrow().len(), 1, "the sample's form knows only the output TestFunction");
    assert!(reports(&world).is_empty() && world.runs.borrow().contains_key(&job("").id));
    // I18: nobody settled it; a redelivery after the deadline says so, and starts nothing.
    world.pass(SignedDuration::from_mins(15));
    run(&world, "time-beta|time-tests|beta");
    let message = "TestFunction did not settle the job until 2026-11-21T12:13:00Z; with \"report\": \"self\" the test must \
                   call PutJobSuccessResult or PutJobFailureResult";
    assert_eq!(failure(&reports(&world)), (FailureKind::JobFailed, message.into()));
    assert_eq!(world.started.borrow().len(), 1);
}
