//! The gate is told which tests run for an execution, before they are stored, and so whatever becomes of them.

use futures_util::future::join;
use jiff::SignedDuration;
use pipeline_core::{
    ids::{Digest, ExecutionId, JobId},
    job::Job,
    memory::{Fault, World},
    ports::Clock as _,
    start_tests::run::{Announced, ReadAnnounced as _},
    verdict::FailureKind,
};

use super::{run, with};
use crate::support::{PARAMETERS, action, deadline, failure, job, passes, reports, stack, stage, start_tests, world};

const EXECUTION: &str = "22222222-abcd-1111-abcd-111111abcdef";
const RETRIED: &str = "33333333-abcd-1111-abcd-111111abcdef";

fn execution() -> ExecutionId {
    EXECUTION.parse().expect("an id")
}

/// A world with a stage of one test that passes.
fn one_test() -> World {
    let world = world();
    stage(&world, &[passes()]);
    world
}

fn announced(world: &World) -> Vec<Announced> {
    world.run(world.announced(&execution())).expect("nobody is killed").expect("it can be read")
}

#[test]
fn a_run_is_announced_for_its_execution() {
    let world = one_test();
    let began = world.now();
    run(&world, PARAMETERS);
    let expected = Announced {
        job: job("").id,
        stack: "time-beta".parse().expect("a name"),
        stage: "beta".into(),
        action: Digest::of(PARAMETERS.as_bytes()),
        began,
    };
    assert_eq!(announced(&world), [expected]);
    let other = world.run(world.announced(&RETRIED.parse().expect("an id")));
    assert_eq!(other, Some(Ok(vec![])), "it is another execution");
}

#[test]
fn what_is_announced_first_stands() {
    let world = one_test();
    world.outage("claim run", Fault::KilledBefore);
    run(&world, PARAMETERS);
    world.recover();
    let first = announced(&world);
    world.pass(SignedDuration::from_mins(2));
    run(&world, PARAMETERS);
    assert!(world.runs.borrow()[&job("").id].began > first[0].began);
    assert_eq!(announced(&world), first);
}

#[test]
fn a_run_that_was_never_stored_is_announced_all_the_same() {
    let world = one_test();
    world.outage("claim run", Fault::Refused);
    run(&world, PARAMETERS);
    assert!(world.runs.borrow().is_empty());
    assert_eq!(announced(&world).len(), 1);
}

#[test]
fn a_run_that_cannot_be_announced_is_not_stored_and_starts_nothing() {
    let world = one_test();
    world.outage("announce tests", Fault::Refused);
    run(&world, PARAMETERS);
    assert!(world.runs.borrow().is_empty() && world.started.borrow().is_empty());
    let (kind, message) = failure(&reports(&world));
    assert!(kind == FailureKind::SystemUnavailable && message.contains("announce tests"), "{message}");
}

#[test]
fn a_moment_s_trouble_with_the_announcement_is_waited_for() {
    for fault in [Fault::Refused, Fault::Throttled, Fault::ReplyLost] {
        let world = one_test();
        world.outage("announce tests", fault);
        let recovery = async {
            world.sleep_until(world.now() + SignedDuration::from_mins(3)).await;
            world.recover();
        };
        world.run(join(start_tests(&world, job(PARAMETERS)), recovery));
        assert_eq!((announced(&world).len(), world.started.borrow().len()), (1, 1), "{fault:?}");
    }
}

/// The same action as another job.
fn retry(world: &World, parameters: &str) {
    let id: JobId = RETRIED.parse().expect("an id");
    let job = Job { id: id.clone(), ..job(parameters) };
    let ports = pipeline_core::drive::Ports { clock: world, verdicts: world, jobs: world };
    world.run(ports.deliver(&id, Ok((job, action(world))), deadline(world)));
}

#[test]
fn a_retry_is_announced_behind_what_it_retries_as_the_same_action() {
    let world = one_test();
    run(&world, PARAMETERS);
    world.pass(SignedDuration::from_mins(1));
    retry(&world, PARAMETERS);
    let announced = announced(&world);
    let [first, second] = &announced[..] else { panic!("{announced:?}") };
    assert_eq!((&first.job, second.job.as_str()), (&job("").id, RETRIED));
    assert_eq!(first.action, second.action);
}

#[test]
fn another_action_on_the_same_stack_is_told_from_it() {
    let world = one_test();
    run(&world, PARAMETERS);
    retry(&world, &with(r#""width": 1"#));
    let announced = announced(&world);
    let [first, second] = &announced[..] else { panic!("{announced:?}") };
    assert_eq!(first.stack, second.stack);
    assert_ne!(first.action, second.action);
}

#[test]
fn without_an_execution_or_where_the_test_settles_the_job_there_is_nothing_to_announce() {
    let itself = with(r#""report": "self""#);
    for parameters in
        [r#"{"app_stack": "time-beta", "test_stack": "time-tests"}"#, &itself, "time-beta|time-tests|beta"]
    {
        let world = one_test();
        world.stacks.borrow_mut().insert("time-tests".into(), stack(&[("TestFunction", "time-tests-000")]));
        run(&world, parameters);
        assert_eq!(world.runs.borrow().len(), 1, "{parameters}");
        assert!(world.announced.borrow().is_empty(), "{parameters}");
    }
}
