//! Stacks that nobody claimed.

use jiff::SignedDuration;
use pipeline_core::{
    ids::{FencingToken, StackArn},
    lease::record::{Lease, State},
    memory::{Fault, World},
    ports::Clock,
    sweep::{
        report::{Doing, Mode, Outcome, Report, Work},
        stack::StackStatus,
    },
};

use crate::sweep::{
    MUTATING, arn, deletions, effects, expired, lease, only, raced, released, runs, stack, sweep, until, world,
};

fn adopt(world: &World, mode: Mode) -> Report {
    world.run(sweep(world).run(mode, Work::Adopt, until(world))).expect("no fault")
}

fn unclaimed() -> (World, StackArn) {
    let (world, id) = (world(), arn("shop-dev-ann", "1"));
    let mut live = stack(&id);
    live.facts.tags.remove("flowgate:token");
    world.cloud.put(live);
    (world, id)
}

#[test]
fn i12_a_stack_that_nobody_claimed_is_adopted_and_deleted_only_after_its_rest_and_the_grace() {
    let (world, id) = unclaimed();
    let report = adopt(&world, Mode::Apply);
    assert_eq!(
        (only(&report).step, only(&report).outcome, only(&report).state),
        (Doing::Adopt, Outcome::Done, "DIRTY")
    );
    assert_eq!(lease(&world, &id).bound, Some(id.clone()));
    assert_eq!(adopt(&world, Mode::Apply).entries, []);
    // Created a day ago, and left alone for seven.
    world.pass(SignedDuration::from_hours(6 * 24 - 1));
    runs(&world, 1);
    assert_eq!((deletions(&world).len(), world.cloud.messages.borrow().len()), (0, 0));
    world.pass(SignedDuration::from_hours(1));
    runs(&world, 1);
    assert_eq!((deletions(&world).len(), world.cloud.messages.borrow().len()), (0, 1));
    assert!(world.cloud.messages.borrow()[0].1.contains("shop-dev-ann (nobody claimed it)"));
    world.pass(SignedDuration::from_hours(24));
    runs(&world, 2);
    assert_eq!(deletions(&world), std::slice::from_ref(&id));
    assert!(matches!(lease(&world, &id).state, State::Gone { .. }));
}

#[test]
fn i11_an_adopted_stack_that_is_updated_rests_anew() {
    let (world, id) = unclaimed();
    adopt(&world, Mode::Apply);
    for _ in 0..3 {
        world.pass(SignedDuration::from_hours(6 * 24));
        let now = world.now();
        world.cloud.edit(&id, |live| live.facts.changed = Some(now));
        runs(&world, 1);
    }
    assert_eq!((deletions(&world).len(), world.cloud.messages.borrow().len()), (0, 0));
    world.pass(SignedDuration::from_hours(7 * 24));
    runs(&world, 1);
    assert_eq!(world.cloud.messages.borrow().len(), 1);
}

#[test]
fn i10_a_list_that_cannot_be_read_to_its_end_makes_the_run_read_only() {
    for fault in [Fault::Refused, Fault::Throttled, Fault::ReplyLost] {
        let (world, _) = unclaimed();
        world.outage("list stacks", fault);
        let report = adopt(&world, Mode::Apply);
        assert!(report.read_only.is_some() && report.entries.is_empty(), "{report:?}");
        assert_eq!(effects(&world), ["list stacks"]);
    }
}

#[test]
fn i13_a_plan_adopts_nothing() {
    let (world, id) = unclaimed();
    let report = adopt(&world, Mode::Plan);
    assert_eq!(
        (only(&report).step, only(&report).outcome, only(&report).state),
        (Doing::Adopt, Outcome::Planned, "FREE")
    );
    assert!(effects(&world).iter().all(|effect| !MUTATING.contains(effect)));
    assert_eq!(world.leases.get(&id.name()), None);
}

#[test]
fn a_stack_with_a_lease_is_not_adopted() {
    let gone =
        |id: &StackArn, world: &World| Lease { state: State::Gone { at: world.now() }, due: None, ..expired(id) };
    let (world, id) = unclaimed();
    for standing in [expired(&id), released(&world, &id), gone(&id, &world)] {
        world.leases.put(standing.clone());
        assert_eq!(adopt(&world, Mode::Apply).entries, []);
        assert_eq!(lease(&world, &id), standing);
    }
}

#[test]
fn i2_a_stack_that_appeared_after_its_names_lease_was_gone_is_adopted_under_a_later_token() {
    let (world, id) = unclaimed();
    let later = FencingToken(u64::MAX / 2);
    let before = Lease { token: later, bound: Some(arn("shop-dev-ann", "0")), ..expired(&id) };
    for bound in [None, before.bound.clone()] {
        let state = State::Gone { at: world.now() };
        world.leases.put(Lease { state, due: None, bound, ..before.clone() });
        assert_eq!(only(&adopt(&world, Mode::Apply)).step, Doing::Adopt);
        assert!(lease(&world, &id).token > later);
    }
    let (world, id) = unclaimed();
    adopt(&world, Mode::Apply);
    assert_eq!(lease(&world, &id).token, FencingToken(1_795_262_400));
}

#[test]
fn i4_a_stack_that_a_list_still_shows_is_not_adopted_once_it_is_deleted() {
    for status in ["DELETE_COMPLETE", "DELETE_IN_PROGRESS"] {
        for before in [None, Some(arn("shop-dev-ann", "2"))] {
            let (world, id) = unclaimed();
            if let Some(later) = before {
                let state = State::Gone { at: world.now() };
                world.leases.put(Lease { state, due: None, ..expired(&later) });
            }
            let standing = world.leases.get(&id.name());
            let is_listed = || world.effects.borrow().contains(&"list stacks");
            let delete = || world.cloud.edit(&id, |live| live.facts.status = StackStatus(status.into()));
            let report = raced(&world, Work::Adopt, is_listed, delete);
            assert_eq!((report.entries, world.leases.get(&id.name())), (vec![], standing), "{status}");
        }
    }
}

#[test]
fn i10_a_stack_that_cannot_be_read_is_not_adopted() {
    for site in ["read lease", "read stack by id"] {
        let (world, id) = unclaimed();
        world.outage(site, Fault::Refused);
        assert_eq!(only(&adopt(&world, Mode::Apply)).step, Doing::Keep, "{site}");
        assert_eq!(world.leases.get(&id.name()), None, "{site}");
    }
}

#[test]
fn i10_what_is_not_ours_or_not_settled_is_not_adopted() {
    for change in [
        (|live| live.facts.protected = Some(true)) as fn(&mut pipeline_core::memory::Live),
        |live| live.facts.role = None,
        |live| live.facts.parent = Some("arn:parent".into()),
        |live| live.facts.status = StackStatus("REVIEW_IN_PROGRESS".into()),
        |live| live.facts.tags.clear(),
        |live| {
            live.facts.tags.insert("flowgate:ephemeral".into(), "TRUE".into());
        },
    ] {
        let (world, id) = unclaimed();
        world.cloud.edit(&id, change);
        assert_eq!(only(&adopt(&world, Mode::Apply)).step, Doing::Keep);
        assert_eq!(world.leases.get(&id.name()), None);
    }
    let world = world();
    for name in ["shop-prod", "shop-pr-42-prod", "other-pr-42", "shop-flowgate"] {
        world.cloud.put(stack(&arn(name, "1")));
    }
    assert_eq!(adopt(&world, Mode::Apply).entries, []);
    assert_eq!(effects(&world), ["list stacks"]);
}

#[test]
fn i3_a_claim_that_comes_first_stands() {
    let (world, id) = unclaimed();
    let is_read = || world.effects.borrow().contains(&"read lease");
    let report = raced(&world, Work::Adopt, is_read, || world.leases.put(expired(&id)));
    assert_eq!(only(&report).outcome, Outcome::Conflict);
    assert!(matches!(lease(&world, &id).state, State::Held { .. }));
}
