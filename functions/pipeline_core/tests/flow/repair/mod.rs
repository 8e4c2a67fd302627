//! `repair`: whatever died, the verdict comes by its next run.

mod kills;
mod runs;
mod scale;
mod verdicts;

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use pipeline_core::{
    ids::JobId,
    memory::World,
    ports::{Clock, Settled},
    record::give_up::{Fate, GiveUp},
    repair::{
        perform::Repair,
        report::{Outcome, RepairReport},
    },
    start_tests::run,
    verdict::Report,
};

use crate::support::{PARAMETERS, job, passes, reports, stage, start_tests, world};

const SETUP: &str = "time-tests-setup";
const TEARDOWN: &str = "time-tests-teardown";
/// How often repair runs.
const TICK: SignedDuration = SignedDuration::from_mins(2);

type Repairer<'a> = Repair<'a, World, World, World, World, World, World>;

fn repairer(world: &World) -> Repairer<'_> {
    Repair { clock: world, open: world, verdicts: world, jobs: world, runs: world, sites: world }
}

fn until(world: &World) -> Timestamp {
    world.now() + SignedDuration::from_mins(5)
}

/// One run of repair, unless it was killed.
fn repair(world: &World) -> Option<RepairReport> {
    world.run(repairer(world).run(until(world)))
}

fn outcomes(report: &RepairReport) -> Vec<Outcome> {
    report.entries.iter().map(|entry| entry.outcome).collect()
}

/// Several runs, from the next tick on.
fn ticks(world: &World, count: usize) {
    for _ in 0..count {
        world.pass(TICK);
        repair(world);
    }
}

fn effects(world: &World) -> Vec<&'static str> {
    world.effects.take()
}

/// A stage of two tests with a set-up and a tear-down, all of which pass.
fn staged() -> World {
    let world = world();
    stage(&world, &[passes(), passes()]);
    let outputs = [("TestSetup".to_owned(), SETUP.to_owned()), ("TestTeardown".to_owned(), TEARDOWN.to_owned())];
    world.stacks.borrow_mut().get_mut("time-tests").expect("a stack of tests").outputs.extend(outputs);
    for function in [SETUP, TEARDOWN] {
        world.functions.borrow_mut().insert(function.into(), passes());
    }
    world
}

/// One delivery, unless it was killed.
fn deliver(world: &World) {
    world.run(start_tests(world, job(PARAMETERS)));
}

/// Past the end of a run that begins now.
fn outlive(world: &World) {
    world.pass(SignedDuration::from_mins(16));
}

/// What `record` does when Lambda has delivered the event for the last time.
fn give_up(world: &World) -> Option<Fate> {
    let give_up = GiveUp { clock: world, verdicts: world, runs: world, jobs: world };
    let settled = world.run(give_up.settle(&job("").id, "Lambda gave up", until(world)));
    settled.map(|fate| fate.expect("the record is in reach"))
}

fn teardowns(world: &World) -> usize {
    world.started.borrow().iter().filter(|(function, _)| function == TEARDOWN).count()
}

/// What holds in the end, whatever happened.
fn check(world: &World, case: &str) {
    let id: JobId = job("").id;
    let taken = world.reports.borrow().iter().filter(|(.., answer)| *answer == Settled::Accepted).count();
    let mut distinct = reports(world);
    distinct.dedup();
    assert_eq!((taken, distinct.len()), (1, 1), "I16 {case}: {distinct:?}");
    assert_eq!(world.open.all(), [], "{case}: nothing is left open");
    let started = world.started.borrow();
    let tests: Vec<&str> = started.iter().map(|(name, _)| name.as_str()).filter(|name| *name != TEARDOWN).collect();
    assert_eq!(tests.iter().collect::<BTreeSet<_>>().len(), tests.len(), "I19 {case}: {tests:?}");
    // A tear-down whose start was not heard of may have run: nobody asks again.
    let in_doubt = case.starts_with("Refused") && case.ends_with("(start test)");
    assert!(tests.is_empty() || in_doubt || teardowns(world) > 0, "{case}: what was set up was never torn down");
    if let Report::Succeed { .. } = distinct[0] {
        let (runs, results) = (world.runs.borrow(), world.results.borrow());
        let results: Vec<_> = results.values().cloned().collect();
        for part in runs[&id].parts() {
            let outcome = runs[&id].result(&results, part).map(|result| &result.outcome);
            assert_eq!(outcome, Some(&run::Outcome::Passed), "I18 {case}: {part}");
        }
    }
}
