//! Whatever fails, wherever: nothing is deleted that should not be, and in the end everything is done (I15).

use futures_util::future::join;
use jiff::SignedDuration;
use pipeline_core::{
    ids::StackArn,
    lease::record::{Lease, State},
    memory::{Bucket, Fault, World},
    sweep::report::{Mode, Work},
};

use crate::sweep::{arn, deletions, effects, expired, lease, released, resource, run, stack, sweep, until, world};

/// Every effect of [`story`], in order: one that is new is struck at too.
const SITES: [&str; 42] = [
    // The expired stack, which was due first, is marked, the released one deleted, and people are told.
    "find due leases",
    "read parameter",
    "read lease",
    "read stack by id",
    "replace lease",
    "read lease",
    "watch execution",
    "read stack by id",
    "list resources",
    "read trust policy",
    "list importers",
    "replace lease",
    "read stack by id",
    "list resources",
    "read trust policy",
    "list importers",
    "delete stack",
    "tell people",
    "replace lease",
    // Its bucket is not empty: it is emptied, and the deletion asked for again. Its role is gone already.
    "find due leases",
    "read parameter",
    "read lease",
    "read stack by id",
    "list resources",
    "list importers",
    "replace lease",
    "read stack by id",
    "list resources",
    "list importers",
    "read bucket owner",
    "empty bucket",
    "read bucket owner",
    "empty bucket",
    "delete stack",
    // Emptying may take as long as a run: two that nothing is due in.
    "find due leases",
    "find due leases",
    // It is gone.
    "find due leases",
    "read parameter",
    "read lease",
    "read stack by id",
    "replace lease",
    // And nothing is due.
    "find due leases",
];

const FAULTS: [Fault; 5] =
    [Fault::KilledBefore, Fault::KilledAfter, Fault::ReplyLost, Fault::Refused, Fault::Throttled];

fn story() -> (World, [StackArn; 2]) {
    let world = world();
    let ids = [arn("shop-pr-41", "1"), arn("shop-pr-42", "1")];
    let mut live = stack(&ids[0]);
    live.facts.exports = vec!["url".into()];
    live.resources = vec![resource("Role", "AWS::IAM::Role"), resource("Bucket", "AWS::S3::Bucket")];
    live.stuck.insert("Bucket".into());
    world.cloud.put(live);
    world.cloud.put(stack(&ids[1]));
    let others = r#"{"Statement": {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}}}"#;
    world.cloud.roles.borrow_mut().insert("role-1".into(), others.into());
    let bucket = Bucket { owner: Some(ids[0].to_string()), fill: 2 };
    world.cloud.buckets.borrow_mut().insert("bucket-1".into(), bucket);
    world.leases.put(Lease { empty_buckets: true, ..released(&world, &ids[0]) });
    world.leases.put(expired(&ids[1]));
    (world, ids)
}

fn story_runs(world: &World, times: usize, sweepers: usize) {
    for _ in 0..times {
        if sweepers == 2 {
            let (one, other) = (sweep(world), sweep(world));
            let both =
                join(one.run(Mode::Apply, Work::Due, until(world)), other.run(Mode::Apply, Work::Due, until(world)));
            world.run(both);
        } else {
            run(world, Mode::Apply);
        }
        world.pass(SignedDuration::from_mins(2));
    }
}

#[test]
fn i15_whatever_fails_at_any_effect_later_runs_finish_and_delete_nothing_else() {
    let (whole, _) = story();
    story_runs(&whole, 6, 1);
    assert_eq!(*whole.effects.borrow(), SITES);
    for (effect, site) in SITES.iter().enumerate() {
        for fault in FAULTS {
            for sweepers in [1, 2] {
                let (world, ids) = story();
                world.strike(effect, fault);
                // Fewer runs than the bounded attempts at deleting take, even if the fault costs one of them.
                story_runs(&world, 12, sweepers);
                check(&world, &ids, &format!("{fault:?} at {effect} ({site}), {sweepers} at once"));
            }
        }
    }
}

fn check(world: &World, [gone, kept]: &[StackArn; 2], case: &str) {
    assert!(matches!(lease(world, gone).state, State::Gone { .. }), "{case}: {:?}", lease(world, gone));
    assert!(matches!(lease(world, kept).state, State::Dirty { .. }), "{case}: {:?}", lease(world, kept));
    assert!(!world.cloud.messages.borrow().is_empty(), "{case}");
    assert!(deletions(world).iter().all(|id| id == gone), "{case}");
    // I3: a tombstone stood before each of them.
    let stood = |lease: &Lease| lease.bound.as_ref() == Some(gone) && lease.state.name() != "DIRTY";
    let deletions = world.cloud.deletions.borrow();
    assert!(deletions.iter().all(|asked| asked.lease.as_ref().is_some_and(stood)), "{case}: {deletions:?}");
    let history = world.leases.history.borrow();
    // I4: there is no way back.
    let states: Vec<&str> = history.iter().filter(|one| one.stack == gone.name()).map(|one| one.state.name()).collect();
    assert!(
        states.is_sorted_by_key(|state| ["DELETING", "GONE"].iter().position(|it| it == state)),
        "{case}: {states:?}"
    );
}

#[test]
fn i10_no_outage_of_a_read_deletes_anything_before_the_tombstone() {
    for site in [
        "read parameter",
        "read lease",
        "watch execution",
        "read stack by id",
        "list resources",
        "read trust policy",
        "list importers",
    ] {
        for fault in [Fault::Refused, Fault::Throttled, Fault::ReplyLost] {
            let (world, ids) = story();
            world.outage(site, fault);
            story_runs(&world, 3, 1);
            assert_eq!(deletions(&world), [], "{site}");
            assert!(!matches!(lease(&world, &ids[0]).state, State::Deleting { .. }), "{site}");
            world.recover();
            story_runs(&world, 40, 1);
            assert!(matches!(lease(&world, &ids[0]).state, State::Gone { .. }), "{site}");
        }
    }
}

#[test]
fn i3_a_tombstone_that_was_not_acknowledged_is_not_acted_upon_in_this_run() {
    for fault in [Fault::ReplyLost, Fault::Refused, Fault::Throttled] {
        let (world, _) = story();
        world.outage("replace lease", fault);
        run(&world, Mode::Apply);
        assert_eq!(deletions(&world), [], "{fault:?}");
        assert!(!effects(&world).contains(&"delete stack"), "{fault:?}");
    }
}

#[test]
fn i15_an_outage_of_the_deletion_costs_no_attempt() {
    for fault in [Fault::Refused, Fault::Throttled, Fault::ReplyLost] {
        let (world, ids) = story();
        world.outage("delete stack", fault);
        story_runs(&world, 1, 1);
        assert!(matches!(lease(&world, &ids[0]).state, State::Deleting { attempts: 0, .. }), "{fault:?}");
        world.recover();
        story_runs(&world, 12, 1);
        assert!(matches!(lease(&world, &ids[0]).state, State::Gone { .. }), "{fault:?}");
    }
}

#[test]
fn i11_nothing_counts_as_told_while_nobody_can_be_told() {
    for fault in [Fault::Refused, Fault::Throttled] {
        let (world, ids) = story();
        world.outage("tell people", fault);
        story_runs(&world, 24 * 31, 1);
        assert!(matches!(lease(&world, &ids[1]).state, State::Dirty { .. }));
        assert!(deletions(&world).iter().all(|id| *id == ids[0]));
        world.recover();
        story_runs(&world, 1, 1);
        assert_eq!(world.cloud.messages.borrow().len(), 1);
        world.pass(SignedDuration::from_hours(23));
        story_runs(&world, 1, 1);
        assert!(!deletions(&world).contains(&ids[1]));
    }
}
