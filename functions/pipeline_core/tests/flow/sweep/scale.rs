//! Work and memory follow what is due, never what exists.

use jiff::SignedDuration;
use pipeline_core::{
    lease::record::{Lease, State},
    memory::{Fault, World},
    ports::Clock,
    sweep::{
        perform::{CALLS_TO_BEGIN, CALLS_TO_CONFIRM, CALLS_TO_DELETE},
        report::{Mode, Work},
        stack::Resource,
    },
};

use crate::sweep::{
    apply, arn, deletions, effects, expired, policy, released, resource, runs, stack, sweep, until, world,
};
use uuid::Uuid;

/// So many leases, of which the first are released and the others held for a while yet.
fn leases(count: usize, due: usize) -> World {
    let world = world();
    let expires_at = world.now() + SignedDuration::from_hours(2);
    for number in 0..count {
        let id = arn(&format!("shop-pr-{number}"), "1");
        if number < due {
            world.cloud.put(stack(&id));
            world.leases.put(released(&world, &id));
        } else {
            world.leases.put(Lease { state: State::Held { expires_at }, due: Some(expires_at), ..expired(&id) });
        }
    }
    world
}

#[test]
fn an_idle_run_makes_one_call_however_many_leases_there_are() {
    for count in [0, 10, 100_000] {
        let world = leases(count, 0);
        assert_eq!(apply(&world).entries, []);
        assert_eq!(effects(&world), ["find due leases"]);
        assert_eq!(world.leases.handed_out.get(), 0);
    }
}

#[test]
fn the_calls_and_what_is_held_in_memory_follow_what_is_due() {
    for count in [100, 100_000] {
        let world = leases(count, 100);
        let report = apply(&world);
        assert_eq!((report.entries.len(), world.leases.handed_out.get(), deletions(&world).len()), (100, 100, 100));
        assert_eq!(effects(&world).len(), CALLS_TO_BEGIN + 100 * CALLS_TO_DELETE);
    }
}

/// Which of the effects CloudFormation and IAM are asked for.
const PACED: [&str; 6] =
    ["read stack by id", "read stack by name", "list resources", "list importers", "read trust policy", "delete stack"];

#[test]
fn a_thousand_released_stacks_are_deleted_within_the_stated_calls_and_rate() {
    let world = leases(1000, 1000);
    let (mut calls, mut begun) = (0, 0);
    for _ in 0..10 {
        let before = world.now();
        let entries = apply(&world).entries.len();
        let made = effects(&world);
        let paced = made.iter().filter(|effect| PACED.contains(effect)).count();
        let seconds = world.now().duration_since(before).as_secs();
        // The first call has no other before it.
        assert!(u64::try_from(seconds + 1).unwrap() * u64::from(policy().rate) >= u64::try_from(paced).unwrap());
        assert!(seconds < 5 * 60);
        begun += if entries == 0 { 1 } else { CALLS_TO_BEGIN };
        calls += made.len();
        world.pass(SignedDuration::from_mins(2));
    }
    assert_eq!(deletions(&world).len(), 1000);
    let gone = |lease: &&Lease| matches!(lease.state, State::Gone { .. });
    assert_eq!(world.leases.history.borrow().iter().filter(gone).count(), 1000);
    assert_eq!(calls, begun + 1000 * (CALLS_TO_DELETE + CALLS_TO_CONFIRM));
}

/// So many released stacks, with so many roles each.
fn heavy(count: usize, roles: usize) -> World {
    let world = leases(count, count);
    let others = r#"{"Statement": {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}}}"#;
    for live in world.cloud.stacks.borrow_mut().values_mut() {
        live.resources = (0..roles).map(|number| resource(&format!("Role{number}"), "AWS::IAM::Role")).collect();
        let named = |role: &Resource| (role.physical.clone(), others.to_owned());
        world.cloud.roles.borrow_mut().extend(live.resources.iter().map(named));
    }
    world
}

#[test]
fn the_oldest_stack_gets_through_however_much_hangs_on_all_of_them() {
    for roles in [60, 120, 240, 498] {
        let world = heavy(8, roles);
        for run in 1..=8 {
            apply(&world);
            assert!(deletions(&world).len() >= run, "{roles} roles, run {run}: {}", deletions(&world).len());
            world.pass(SignedDuration::from_mins(2));
        }
        runs(&world, 1);
        let gone = |lease: &&Lease| matches!(lease.state, State::Gone { .. });
        assert_eq!(world.leases.history.borrow().iter().filter(gone).count(), 8, "{roles}");
    }
}

#[test]
fn a_stack_on_which_too_much_hangs_is_kept_and_stands_in_nobodys_way() {
    let world = heavy(3, 2);
    let id = arn("shop-pr-0", "1");
    world.cloud.edit(&id, |live| {
        live.resources = (0..500).map(|number| resource(&format!("Role{number}"), "AWS::IAM::Role")).collect();
    });
    apply(&world);
    assert_eq!(deletions(&world).len(), 2);
    let kept = world.leases.get(&id.name()).and_then(|lease| lease.kept);
    assert!(kept.as_ref().is_some_and(|why| why.contains("more than 500 roles")), "{kept:?}");
}

/// How long a run takes whose every look is throttled, when chance is always this.
fn throttled(random: fn() -> Uuid) -> SignedDuration {
    let world = leases(20, 20);
    world.outage("read stack by id", Fault::Throttled);
    let before = world.now();
    let mut sweep = sweep(&world);
    sweep.random = random;
    world.run(sweep.run(Mode::Apply, Work::Due, until(&world)));
    let looks = effects(&world).iter().filter(|effect| **effect == "read stack by id").count();
    // One attempt each: sweep does not repeat a call, the next run does.
    assert_eq!((looks, deletions(&world).len()), (20, 0));
    let slow = world.now().duration_since(before);
    world.recover();
    runs(&world, 2);
    assert_eq!(deletions(&world).len(), 20);
    slow
}

#[test]
fn whoever_is_throttled_slows_down_by_chance_and_gives_up_nothing() {
    let rate = SignedDuration::from_millis(19 * 200);
    assert_eq!(throttled(Uuid::nil), rate);
    let (some, most) = (throttled(|| Uuid::from_u128(1 << 31)), throttled(Uuid::max));
    assert!(rate < some && some < most, "{some} {most}");
    assert!(SignedDuration::from_secs(30) < most && most < SignedDuration::from_secs(60), "{most}");
}
