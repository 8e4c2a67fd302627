//! A stack's way from its lease's end to its own.

use jiff::SignedDuration;
use pipeline_core::{
    ids::StackArn,
    lease::record::{Lease, Notice, State},
    memory::{Fault, World},
    ports::Clock,
    sweep::{
        perform::{CALLS_TO_BEGIN, CALLS_TO_CONFIRM, CALLS_TO_DELETE},
        report::{Doing, Mode, Outcome, Report, Work},
        stack::StackStatus,
    },
};

use crate::sweep::{
    MUTATING, apply, deletions, effects, expired, lease, only, raced, released, resource, run, runs, status, told, with,
};

fn just_expired(_: &World, id: &StackArn) -> Lease {
    expired(id)
}

#[test]
fn i11_an_expired_lease_is_marked_people_are_told_and_only_after_the_grace_is_its_stack_deleted() {
    let (world, id) = with(just_expired);
    let report = apply(&world);
    assert_eq!((only(&report).step, only(&report).outcome, only(&report).state), (Doing::Mark, Outcome::Done, "DIRTY"));
    assert_eq!(world.cloud.messages.borrow().len(), 1);
    assert!(world.cloud.messages.borrow()[0].1.contains("shop-pr-42 (pull request 42)"));
    world.pass(SignedDuration::from_hours(23));
    assert_eq!(apply(&world).entries, []);
    world.pass(SignedDuration::from_hours(1));
    // I11: nor by a clock that runs a margin ahead of the one by which people were told.
    assert_eq!(apply(&world).entries, []);
    world.pass(SignedDuration::from_mins(1));
    assert_eq!(only(&apply(&world)).step, Doing::Delete);
    assert_eq!(deletions(&world), std::slice::from_ref(&id));
    world.pass(SignedDuration::from_mins(2));
    assert_eq!(only(&apply(&world)).step, Doing::Gone);
    assert!(matches!(lease(&world, &id).state, State::Gone { .. }) && lease(&world, &id).due.is_none());
    assert_eq!(status(&world, &id), "DELETE_COMPLETE");
    assert_eq!((apply(&world).entries.len(), world.cloud.messages.borrow().len(), deletions(&world).len()), (0, 1, 1));
}

#[test]
fn i3_i9_a_released_stack_is_deleted_at_once_with_a_read_before_the_tombstone_and_another_after_it() {
    let (world, id) = with(released);
    apply(&world);
    let calls = [
        "find due leases",
        "read parameter",
        "read lease",
        "watch execution",
        "read stack by id",
        "list resources",
        "replace lease",
        "read stack by id",
        "list resources",
        "delete stack",
    ];
    assert_eq!(effects(&world), calls);
    assert_eq!(calls.len(), CALLS_TO_BEGIN + CALLS_TO_DELETE);
    let history = world.leases.history.borrow().clone();
    assert!(matches!(&history[..], [Lease { state: State::Deleting { attempts: 0, .. }, .. }]), "{history:?}");
    assert_eq!(deletions(&world), [id]);
    assert!(world.cloud.messages.borrow().is_empty());
    world.pass(SignedDuration::from_mins(2));
    apply(&world);
    assert_eq!(effects(&world)[2..], ["read lease", "read stack by id", "replace lease"]);
    assert_eq!(effects(&world).len(), 0);
    assert_eq!(CALLS_TO_CONFIRM, 3);
}

#[test]
fn a_stack_whose_creation_was_rolled_back_is_deleted_like_any_other() {
    for settled in ["ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "UPDATE_ROLLBACK_FAILED", "DELETE_FAILED"]
    {
        let (world, id) = with(released);
        world.cloud.edit(&id, |live| live.facts.status = StackStatus(settled.into()));
        runs(&world, 2);
        assert_eq!(status(&world, &id), "DELETE_COMPLETE", "{settled}");
        assert!(matches!(lease(&world, &id).state, State::Gone { .. }), "{settled}");
    }
}

#[test]
fn i11_an_update_clears_the_mark_also_once_people_were_told() {
    for when in [1, 23] {
        let (world, id) = with(just_expired);
        apply(&world);
        world.pass(SignedDuration::from_hours(when));
        let updated = world.now();
        world.cloud.edit(&id, |live| live.facts.changed = Some(updated));
        world.pass(SignedDuration::from_hours(25 - when));
        assert_eq!(only(&apply(&world)).step, Doing::Mark);
        assert_eq!((world.cloud.messages.borrow().len(), deletions(&world).len()), (2, 0));
        world.pass(SignedDuration::from_hours(23));
        apply(&world);
        assert_eq!(deletions(&world), []);
        world.pass(SignedDuration::from_mins(61));
        apply(&world);
        assert_eq!(deletions(&world), [id]);
    }
}

#[test]
fn i11_an_update_between_the_tombstone_and_the_read_after_it_stops_the_deletion_for_a_person_to_look() {
    let (world, id) = with(told);
    let updated = world.now();
    let is_entombed = || matches!(lease(&world, &id).state, State::Deleting { .. });
    let update = || world.cloud.edit(&id, |live| live.facts.changed = Some(updated));
    let report = raced(&world, Work::Due, is_entombed, update);
    assert_eq!((only(&report).step, only(&report).state, report.quarantined()), (Doing::Delete, "QUARANTINED", 1));
    assert!(only(&report).detail.as_ref().is_some_and(|detail| detail.contains("updated")), "{report:?}");
    assert_eq!(deletions(&world), []);
}

/// A stack under a lease that was released a minute ago, and updated this long after that.
fn updated_after(time: SignedDuration) -> (World, StackArn) {
    let (world, id) = with(released);
    let updated = world.now() - SignedDuration::from_mins(1) + time;
    world.cloud.edit(&id, |live| live.facts.changed = Some(updated));
    world.pass(SignedDuration::from_hours(2));
    (world, id)
}

#[test]
fn i11_a_release_covers_what_was_being_deployed_then() {
    let (world, id) = updated_after(SignedDuration::from_mins(60));
    runs(&world, 2);
    assert_eq!((status(&world, &id).as_str(), world.cloud.messages.borrow().len()), ("DELETE_COMPLETE", 0));
}

#[test]
fn i11_an_update_an_hour_after_the_release_is_a_use_of_which_people_are_told() {
    let (world, id) = updated_after(SignedDuration::from_mins(61));
    assert_eq!(only(&apply(&world)).step, Doing::Mark);
    assert_eq!(world.cloud.messages.borrow().len(), 1);
    runs(&world, 20);
    assert_eq!(deletions(&world), []);
    world.pass(SignedDuration::from_hours(24));
    runs(&world, 2);
    assert_eq!(deletions(&world), [id]);
}

#[test]
fn i11_a_stack_that_was_made_long_after_the_release_is_told_of_first() {
    let (world, id) = with(released);
    let notice = Notice::Release { at: world.now() - SignedDuration::from_hours(5) };
    let state = State::Dirty { notice, absent_at: None };
    world.leases.put(Lease { state, ..released(&world, &id) });
    world.cloud.edit(&id, |live| (live.facts.created, live.facts.changed) = (world.now(), None));
    assert_eq!(only(&apply(&world)).step, Doing::Mark);
    assert_eq!((deletions(&world).len(), world.cloud.messages.borrow().len()), (0, 1));
}

#[test]
fn i11_what_nobody_could_be_told_of_makes_way_and_is_told_of_later() {
    let (world, id) = with(just_expired);
    world.outage("tell people", Fault::Refused);
    let told_to_nobody = apply(&world);
    assert_eq!(only(&told_to_nobody).outcome, Outcome::Failed);
    let left = lease(&world, &id);
    assert!(left.due > Some(world.now()) && left.kept.is_some_and(|why| why.contains("nobody was told")));
    world.recover();
    world.pass(SignedDuration::from_mins(2));
    assert_eq!(only(&apply(&world)).step, Doing::Tell);
    assert_eq!(world.cloud.messages.borrow().len(), 1);
}

#[test]
fn i11_such_an_update_after_the_tombstone_stops_the_deletion_for_a_person_to_look() {
    let (world, id) = updated_after(SignedDuration::from_mins(61));
    let notice = Notice::Release { at: world.now() - SignedDuration::from_mins(121) };
    world.leases.put(Lease { state: State::Deleting { notice, attempts: 0 }, ..released(&world, &id) });
    let report = apply(&world);
    assert!(only(&report).reason.contains("it was updated"), "{report:?}");
    assert_eq!((only(&report).step, deletions(&world).len()), (Doing::Quarantine, 0));
}

#[test]
fn i9_what_is_in_progress_after_the_tombstone_waits_and_no_attempt_is_counted() {
    let (world, id) = with(released);
    let deleting = State::Deleting { notice: Notice::Release { at: world.now() }, attempts: 0 };
    world.leases.put(Lease { state: deleting.clone(), ..released(&world, &id) });
    world.cloud.edit(&id, |live| live.facts.status = StackStatus("UPDATE_IN_PROGRESS".into()));
    runs(&world, 10);
    assert_eq!((lease(&world, &id).state, deletions(&world).len()), (deleting, 0));
    world.cloud.edit(&id, |live| live.facts.status = StackStatus("UPDATE_COMPLETE".into()));
    runs(&world, 2);
    assert!(matches!(lease(&world, &id).state, State::Gone { .. }));
}

#[test]
fn a_stack_that_somebody_wants_kept_is_not_even_looked_at() {
    for kept in [just_expired, released, told] {
        let (world, id) = with(kept);
        let until = world.now() + SignedDuration::from_hours(5);
        world.leases.put(Lease { hold_until: Some(until), ..lease(&world, &id) });
        effects(&world);
        assert_eq!(apply(&world).entries, []);
        assert_eq!(effects(&world), ["find due leases", "read parameter", "read lease"]);
    }
}

#[test]
fn i3_a_lease_that_changes_between_the_look_and_the_write_is_left_alone() {
    for before in [just_expired, released, told] {
        let (world, id) = with(before);
        let renewed = Lease { nonce: pipeline_core::ids::Nonce::from_random(uuid::Uuid::nil()), ..expired(&id) };
        let is_seen = || world.effects.borrow().contains(&"read stack by id");
        let report = raced(&world, Work::Due, is_seen, || world.leases.put(renewed.clone()));
        assert_eq!(only(&report).outcome, Outcome::Conflict, "{report:?}");
        assert_eq!((lease(&world, &id), deletions(&world)), (renewed, vec![]));
    }
}

/// What is to be done, whatever came of it.
fn steps(report: &Report) -> Vec<(String, Doing, String)> {
    report.entries.iter().map(|entry| (entry.stack.to_string(), entry.step, entry.reason.clone())).collect()
}

#[test]
fn i13_a_plan_says_what_applying_does_first_and_changes_nothing() {
    let (world, _) = with(just_expired);
    for (number, lease) in [(1, released as fn(&World, &StackArn) -> Lease), (2, told), (3, |_, id| expired(id))] {
        let id = crate::sweep::arn(&format!("shop-pr-{number}"), "1");
        world.cloud.put(crate::sweep::stack(&id));
        world.leases.put(lease(&world, &id));
    }
    let protected = crate::sweep::arn("shop-dev-ann", "1");
    let mut live = crate::sweep::stack(&protected);
    live.facts.protected = Some(true);
    live.resources.push(resource("Table", "AWS::DynamoDB::Table"));
    world.cloud.put(live);
    world.leases.put(released(&world, &protected));
    let plan = run(&world, Mode::Plan).expect("no fault");
    let seen = effects(&world);
    assert!(seen.iter().all(|effect| !MUTATING.contains(effect)), "{seen:?}");
    assert!(plan.entries.iter().all(|entry| entry.outcome == Outcome::Planned));
    let doing: Vec<Doing> = plan.entries.iter().map(|entry| entry.step).collect();
    assert_eq!(doing, [Doing::Delete, Doing::Mark, Doing::Mark, Doing::Keep, Doing::Delete]);
    assert_eq!(steps(&run(&world, Mode::Plan).expect("no fault")), steps(&plan));
    assert_eq!(steps(&apply(&world)), steps(&plan));
    assert_eq!(deletions(&world).len(), 2);
}
