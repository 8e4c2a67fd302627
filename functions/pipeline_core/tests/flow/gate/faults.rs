//! Whatever fails: one verdict, and never a release that was not earned.

use futures_util::future::{join, join_all};
use jiff::SignedDuration;
use pipeline_core::{
    drive::Delivered,
    gate::decision::Outcome,
    memory::{Fault, World},
    ports::{Clock, Settled},
    verdict::Report,
};

use crate::{
    gate::{decision, passes},
    release::{ALICE, BOB, approved, gate, gate_job, parameters, run_gate},
    support::{failure, reports, success, world},
};

const SITES: [&str; 19] = [
    "read verdict",
    "read execution",
    "read released",
    "read makers",
    "read pushers",
    "read runs",
    "read parameter",
    "read digest",
    "read decisions",
    "read override",
    "read build",
    "measure package",
    "read execution",
    "read build",
    "measure package",
    "record decision",
    "record verdict",
    "settle job",
    "mark sent",
];

#[test]
fn i16_killed_at_any_effect_the_next_delivery_sends_the_one_verdict() {
    let whole = world();
    approved(&whole, &[BOB]);
    passes(&whole, &parameters());
    assert_eq!(*whole.effects.borrow(), SITES);
    for approver in [ALICE, BOB] {
        for (effect, site) in SITES.iter().enumerate() {
            for fault in [Fault::KilledBefore, Fault::KilledAfter, Fault::ReplyLost, Fault::Refused, Fault::Throttled] {
                let world = world();
                approved(&world, &[approver]);
                world.strike(effect, fault);
                run_gate(&world, &parameters());
                run_gate(&world, &parameters());
                one_verdict(&world, approver == BOB, &format!("{fault:?} at {effect} ({site}), by {approver}"));
            }
        }
    }
}

fn one_verdict(world: &World, passed: bool, site: &str) {
    let accepted = world.reports.borrow().iter().filter(|(.., answer)| *answer == Settled::Accepted).count();
    let mut distinct = reports(world);
    distinct.dedup();
    assert_eq!((accepted, distinct.len()), (1, 1), "{site}: {distinct:?}");
    assert_eq!(matches!(distinct[0], Report::Succeed { .. }), passed, "{site}: {distinct:?}");
    // Kept before it was said, and as it was said.
    assert_eq!(decision(world).outcome == Outcome::Approve, passed, "{site}");
}

#[test]
fn i24_trouble_that_passes_is_waited_for() {
    for site in &SITES[1..16] {
        let world = world();
        approved(&world, &[BOB]);
        world.outage(site, Fault::Throttled);
        let recovery = async {
            world.sleep_until(world.now() + SignedDuration::from_mins(3)).await;
            world.recover();
        };
        world.run(join(gate(&world, gate_job(&parameters())), recovery));
        success(&reports(&world));
    }
}

#[test]
fn i19_deliveries_at_once_send_one_verdict() {
    for deliveries in 2..=5 {
        for (approver, passed) in [(ALICE, false), (BOB, true)] {
            let world = world();
            approved(&world, &[approver]);
            let all = join_all((0..deliveries).map(|_| gate(&world, gate_job(&parameters()))));
            let ends = world.run(all).expect("no fault");
            assert!(ends.iter().all(|end| !matches!(end, Delivered::Unsent(..))));
            let mut distinct = reports(&world);
            distinct.dedup();
            assert_eq!((distinct.len(), matches!(distinct[0], Report::Succeed { .. })), (1, passed));
        }
    }
}

#[test]
fn i24_i25_no_outage_makes_a_release_pass_and_each_ends_in_a_verdict() {
    for fault in [Fault::Refused, Fault::Throttled, Fault::ReplyLost] {
        // What nobody needs need not be seen.
        for site in SITES[1..16].iter().filter(|site| **site != "read override") {
            for approver in [ALICE, BOB] {
                let world = world();
                approved(&world, &[approver]);
                world.outage(site, fault);
                run_gate(&world, &parameters());
                failure(&reports(&world));
            }
        }
    }
}
