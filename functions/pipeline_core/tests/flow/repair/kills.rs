//! I16, I18, I19: killed before, during and after every effect of a run, of repair, and of both at once, the next run of
//! repair brings the verdict.

use futures_util::future::{join, join3};
use jiff::SignedDuration;
use pipeline_core::{
    memory::{Fault, World},
    ports::Clock,
};

use super::{check, deliver, effects, give_up, outlive, repair, repairer, staged, ticks, until};
use crate::support::{PARAMETERS, job, start_tests};

const FAULTS: [Fault; 5] =
    [Fault::KilledBefore, Fault::KilledAfter, Fault::ReplyLost, Fault::Refused, Fault::Throttled];

/// Every effect of repair on a run without a verdict whose tear-down has no result.
const RUN: [&str; 10] = [
    "find open",
    "read verdict",
    "read run",
    "read results",
    "reach site",
    "start test",
    "record verdict",
    "settle job",
    "mark sent",
    "close open",
];

/// On a run that has a verdict, and on that verdict, which was not sent: at the same time.
const BOTH: [&str; 10] = [
    "find open",
    "read verdict",
    "read verdict",
    "read run",
    "settle job",
    "read results",
    "mark sent",
    "reach site",
    "start test",
    "close open",
];

/// A run that its owner left without a result.
fn abandoned() -> World {
    let world = staged();
    world.outage("record result", Fault::KilledBefore);
    deliver(&world);
    world.recover();
    outlive(&world);
    world
}

/// The same with a verdict that its sender died with.
fn unsent() -> World {
    let world = abandoned();
    world.outage("settle job", Fault::KilledBefore);
    repair(&world);
    world.recover();
    // As if a delivery had recorded it, which has no part in the tear-down.
    world.started.borrow_mut().retain(|(function, _)| function != super::TEARDOWN);
    world.pass(super::TICK);
    world
}

/// What the work calls, from the world as it stands.
fn sites(world: &World, work: impl Fn(&World)) -> Vec<&'static str> {
    effects(world);
    work(world);
    effects(world)
}

/// `work` with a fault at each of its effects, and what must come of it by the next runs of repair.
fn struck(stage: impl Fn() -> World, work: impl Fn(&World)) {
    let sites = sites(&stage(), &work);
    for (effect, site) in sites.iter().enumerate() {
        for fault in FAULTS {
            let world = stage();
            effects(&world);
            world.strike(effect, fault);
            work(&world);
            outlive(&world);
            // Lambda gives up on an event only when nobody works on it any more.
            give_up(&world);
            ticks(&world, 3);
            check(&world, &format!("{fault:?} at {effect} ({site})"));
        }
    }
}

fn pair(world: &World) {
    world.run(join(repairer(world).run(until(world)), repairer(world).run(until(world))));
}

#[test]
fn a_delivery_that_was_killed_anywhere_gets_its_verdict_by_repair() {
    struck(staged, deliver);
}

#[test]
fn a_repair_that_was_killed_anywhere_is_made_up_for_by_the_next() {
    for (stage, expected) in [(abandoned as fn() -> World, RUN), (unsent, BOTH)] {
        let work = |world: &World| drop(repair(world));
        assert_eq!(sites(&stage(), work), expected);
        struck(stage, work);
    }
}

#[test]
fn two_repairs_at_once_and_one_of_them_struck_anywhere_report_once() {
    for stage in [abandoned as fn() -> World, unsent] {
        struck(stage, pair);
    }
}

#[test]
fn a_redelivery_and_two_repairs_at_once_report_once() {
    for stage in [abandoned as fn() -> World, unsent] {
        struck(stage, |world: &World| {
            let repairs = (repairer(world), repairer(world));
            let (one, other) = (repairs.0.run(until(world)), repairs.1.run(until(world)));
            world.run(join3(one, start_tests(world, job(PARAMETERS)), other));
        });
    }
}

#[test]
fn a_repair_that_goes_on_beside_a_delivery_from_its_beginning_does_it_no_harm() {
    struck(staged, |world: &World| {
        let repairs = async {
            for _ in 0..20 {
                repairer(world).run(until(world)).await;
                world.sleep_until(world.now() + SignedDuration::from_secs(1)).await;
            }
        };
        world.run(join(start_tests(world, job(PARAMETERS)), repairs));
    });
}

#[test]
fn giving_up_that_was_killed_anywhere_is_made_up_for_by_the_next() {
    struck(staged, |world: &World| drop(give_up(world)));
}
