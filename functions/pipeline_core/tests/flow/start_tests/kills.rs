//! I16, I18, I19: killed before, during and after every effect, the verdict comes by a redelivery all the same, and is
//! never a pass that was not earned.

use jiff::SignedDuration;
use pipeline_core::{
    memory::{Fault, World},
    verdict::Report,
};

use super::whole::{TEARDOWN, check, deliver_whole, in_order, repaired, torn_down, whole};
use crate::support::{reports, success};

/// All effects of the delivery that owns the run. Whoever adds one finds it struck here.
const OWNER: [&str; 24] = [
    "read verdict",
    "read run",
    "reach site",
    "describe stack",
    "describe stack",
    "read test file",
    "announce tests",
    "claim run",
    "invoke test",
    "record result",
    "invoke test",
    "invoke test",
    "send request",
    "invoke test",
    "record result",
    "record result",
    "record result",
    "record result",
    "invoke test",
    "record result",
    "write report",
    "record verdict",
    "settle job",
    "mark sent",
];

/// All effects of a delivery that settles a run whose tear-down is missing.
const LATE: [&str; 9] = [
    "read verdict",
    "read run",
    "read results",
    "reach site",
    "start test",
    "write report",
    "record verdict",
    "settle job",
    "mark sent",
];

const FAULTS: [Fault; 5] =
    [Fault::KilledBefore, Fault::KilledAfter, Fault::ReplyLost, Fault::Refused, Fault::Throttled];

fn redeliver_late(world: &World) {
    world.pass(SignedDuration::from_mins(16));
    deliver_whole(world);
}

#[test]
fn the_owner_is_struck_at_any_effect() {
    let undisturbed = whole();
    deliver_whole(&undisturbed);
    assert_eq!(success(&reports(&undisturbed)), "4 of 4 passed");
    let sites = undisturbed.effects.borrow().clone();
    assert_eq!(sites, OWNER);
    for (effect, name) in sites.iter().enumerate() {
        for fault in FAULTS {
            let (world, site) = (whole(), format!("{fault:?} at {effect} ({name})"));
            world.strike(effect, fault);
            deliver_whole(&world);
            redeliver_late(&world);
            repaired(&world);
            check(&world, &site);
            in_order(&world, &site, false);
        }
    }
}

/// The owner died in its tear-down.
fn orphaned() -> World {
    let world = whole();
    let teardown = OWNER.iter().rposition(|name| *name == "invoke test").expect("a tear-down");
    world.strike(teardown, Fault::KilledBefore);
    assert!(deliver_whole(&world).is_none());
    world.pass(SignedDuration::from_mins(16));
    world.effects.borrow_mut().clear();
    world
}

#[test]
fn whoever_settles_late_is_struck_at_any_effect() {
    let undisturbed = orphaned();
    deliver_whole(&undisturbed);
    let sites = undisturbed.effects.borrow().clone();
    assert_eq!(sites, LATE);
    for (effect, name) in sites.iter().enumerate() {
        for fault in FAULTS {
            let (world, site) = (orphaned(), format!("{fault:?} at {effect} ({name})"));
            world.strike(effect, fault);
            deliver_whole(&world);
            let once = torn_down(&world);
            deliver_whole(&world);
            assert!(once <= 1 && torn_down(&world) <= 2, "{site}: each settler starts the tear-down once");
            repaired(&world);
            check(&world, &site);
            in_order(&world, &site, fault == Fault::Refused && *name == "start test");
            assert!(matches!(reports(&world)[0], Report::Fail { .. }), "{site}: I18: nobody saw the tear-down pass");
        }
    }
}

#[test]
fn killed_again_and_again_the_last_delivery_settles() {
    for first in 0..OWNER.len() {
        for second in 0..LATE.len() {
            let (world, site) = (whole(), format!("{first}, then {second}"));
            world.strike(first, Fault::KilledAfter);
            deliver_whole(&world);
            world.pass(SignedDuration::from_mins(16));
            let late = world.effects.borrow().len();
            world.strike(late + second, Fault::KilledAfter);
            deliver_whole(&world);
            redeliver_late(&world);
            repaired(&world);
            check(&world, &site);
            in_order(&world, &site, false);
        }
    }
}

#[test]
fn what_was_killed_holds_nothing_up() {
    let world = whole();
    world.strike(10, Fault::KilledAfter);
    deliver_whole(&world);
    redeliver_late(&world);
    let expected = ["TestFunction000", "TestTeardown"];
    let Report::Fail { message, .. } = &reports(&world)[0] else { panic!("{:?}", reports(&world)) };
    assert!(expected.iter().all(|part| message.contains(part)), "{message}");
    assert!(world.started.borrow().iter().any(|(function, _)| function == TEARDOWN));
}
