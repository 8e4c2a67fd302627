//! Work follows what is due, never what exists.

use jiff::SignedDuration;
use pipeline_core::{
    ids::JobId,
    memory::World,
    ports::{Clock, RecordVerdicts as _},
    repair::{
        perform::{BATCH, CALLS_TO_BEGIN, CALLS_TO_CLOSE_A_RUN, CALLS_TO_SEND_A_VERDICT, CALLS_TO_SETTLE_A_RUN},
        ports::Open,
        report::Outcome,
    },
    start_tests::run::{Run, WriteRuns as _},
    verdict::{FailureKind, Report},
};

use super::{TICK, deliver, effects, outcomes, outlive, repair, repairer};
use crate::support::{job, passes, reports, stage, world};

fn id(number: usize) -> JobId {
    format!("{number:08}-abcd-1111-abcd-111111abcdef").parse().expect("a job id")
}

/// A run of one test that its owner left, and what its owner did.
fn left() -> (World, Run) {
    let world = world();
    stage(&world, &[passes()]);
    world.outage("record verdict", pipeline_core::memory::Fault::KilledBefore);
    deliver(&world);
    world.recover();
    let run = world.runs.borrow()[&job("").id].clone();
    (world, run)
}

/// A world with so many such runs, of which this many are due.
fn runs(count: usize, due: usize) -> World {
    let (world, run) = left();
    for number in 0..count {
        let ends = if number < due { run.ends } else { run.ends + SignedDuration::from_hours(2) };
        world.run(world.claim(&Run { job: id(number), ends, ..run.clone() })).expect("no fault").expect("recorded");
    }
    world.open.remove(&Open::Run(run.job));
    outlive(&world);
    effects(&world);
    world
}

#[test]
fn an_idle_run_makes_one_call_however_much_is_open() {
    for count in [0, 10, 10_000] {
        let world = runs(count, 0);
        assert_eq!(repair(&world).unwrap().entries, []);
        assert_eq!((effects(&world).len(), world.open.handed_out.get()), (CALLS_TO_BEGIN, 0), "{count}");
    }
}

#[test]
fn each_run_takes_its_stated_calls_however_much_is_open() {
    for count in [10, 10_000] {
        let world = runs(count, 10);
        assert_eq!(outcomes(&repair(&world).unwrap()), [Outcome::Settled; 10]);
        assert_eq!(effects(&world).len(), CALLS_TO_BEGIN + 10 * CALLS_TO_SETTLE_A_RUN, "{count}");
        assert_eq!(world.open.handed_out.get(), 10, "{count}");
    }
}

#[test]
fn a_run_that_has_its_verdict_takes_fewer() {
    let world = world();
    stage(&world, &[passes()]);
    deliver(&world);
    outlive(&world);
    effects(&world);
    assert_eq!(outcomes(&repair(&world).unwrap()), [Outcome::Closed]);
    assert_eq!(effects(&world).len(), CALLS_TO_BEGIN + CALLS_TO_CLOSE_A_RUN);
}

#[test]
fn verdicts_take_their_stated_calls_and_what_one_run_leaves_is_the_next_one_s() {
    let world = world();
    let count = 10_000;
    for number in 0..count {
        let report = Report::fail(FailureKind::JobFailed, "no");
        world.run(world.record(&id(number), &report)).expect("no fault").expect("recorded");
    }
    effects(&world);
    for run in 1..=count / BATCH {
        world.pass(TICK);
        let report = repair(&world).unwrap();
        assert!(report.more, "said, whether or not there is any");
        assert_eq!(effects(&world).len(), CALLS_TO_BEGIN + BATCH * CALLS_TO_SEND_A_VERDICT);
        assert_eq!(reports(&world).len(), run * BATCH, "the longest due first");
    }
    assert_eq!(repair(&world).unwrap().entries, []);
    assert_eq!(world.open.all(), []);
}

#[test]
fn what_there_is_no_time_for_is_left_and_said() {
    let world = runs(10, 10);
    let report = world.run(repairer(&world).run(world.now() + SignedDuration::from_secs(20))).unwrap();
    assert_eq!((outcomes(&report), report.more, report.troubles()), (vec![Outcome::Left; 10], true, 0));
    assert_eq!((effects(&world).len(), world.open.all().len()), (CALLS_TO_BEGIN, 10));
    assert_eq!(outcomes(&repair(&world).unwrap()), [Outcome::Settled; 10]);
    assert!(!repair(&world).unwrap().more);
}
