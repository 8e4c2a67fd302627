//! Leases under which nothing was ever bound (I6).

use jiff::SignedDuration;
use pipeline_core::{
    ids::{FencingToken, StackArn},
    lease::record::{Lease, State},
    memory::World,
    ports::Clock,
    sweep::report::Doing,
};

use crate::sweep::{apply, arn, deletions, expired, lease, only, released, runs, stack, status, told, world};

const NAMED: &str = "shop-pr-42";

fn unbound(lease: Lease) -> (World, StackArn) {
    let (world, id) = (world(), arn(NAMED, "1"));
    world.leases.put(Lease { bound: None, ..lease });
    (world, id)
}

#[test]
fn i6_a_name_that_no_stack_has_is_free_once_that_was_seen_twice() {
    let (world, id) = unbound(expired(&arn(NAMED, "1")));
    assert_eq!(only(&apply(&world)).step, Doing::Mark);
    world.pass(SignedDuration::from_mins(2));
    assert_eq!(only(&apply(&world)).step, Doing::Await);
    assert_eq!(apply(&world).entries, []);
    // A minute, and the margin by which another sweeper's clock may run ahead.
    world.pass(SignedDuration::from_secs(119));
    assert_eq!(apply(&world).entries, []);
    world.pass(SignedDuration::from_secs(1));
    assert_eq!(only(&apply(&world)).step, Doing::Gone);
    assert!(matches!(lease(&world, &id).state, State::Gone { .. }));
    assert!(world.cloud.messages.borrow().is_empty());
}

#[test]
fn i6_a_stack_that_appears_between_two_looks_is_bound_and_not_forgotten() {
    let id = arn(NAMED, "1");
    let (world, id) = unbound(released(&world(), &id));
    assert_eq!(only(&apply(&world)).step, Doing::Await);
    world.cloud.put(stack(&id));
    world.pass(SignedDuration::from_mins(2));
    assert_eq!(only(&apply(&world)).step, Doing::Bind);
    runs(&world, 2);
    assert_eq!(status(&world, &id), "DELETE_COMPLETE");
}

#[test]
fn i11_a_stack_that_is_found_late_is_told_of_before_it_is_deleted() {
    let id = arn(NAMED, "1");
    let (world, id) = unbound(told(&world(), &id));
    world.cloud.put(stack(&id));
    assert_eq!(only(&apply(&world)).step, Doing::Bind);
    assert_eq!((world.cloud.messages.borrow().len(), deletions(&world).len()), (1, 0));
    assert_eq!(lease(&world, &id).bound, Some(id.clone()));
    world.pass(SignedDuration::from_mins(24 * 60 + 1));
    apply(&world);
    assert_eq!(deletions(&world), [id]);
}

#[test]
fn i11_a_stack_that_was_not_deployed_under_the_released_lease_is_told_of_before_it_is_deleted() {
    for token in [Some("4"), None] {
        let id = arn(NAMED, "1");
        let (world, id) = unbound(released(&world(), &id));
        world.leases.put(Lease { first: FencingToken(5), ..lease(&world, &id) });
        let mut live = stack(&id);
        live.facts.tags.remove("flowgate:token");
        live.facts.tags.extend(token.map(|token| ("flowgate:token".to_owned(), token.to_owned())));
        world.cloud.put(live);
        assert_eq!(only(&apply(&world)).step, Doing::Bind, "{token:?}");
        assert_eq!((lease(&world, &id).bound, world.cloud.messages.borrow().len()), (Some(id.clone()), 1), "{token:?}");
        world.pass(SignedDuration::from_hours(24));
        apply(&world);
        assert_eq!(deletions(&world), [], "{token:?}");
        world.pass(SignedDuration::from_mins(1));
        runs(&world, 2);
        assert_eq!(status(&world, &id), "DELETE_COMPLETE", "{token:?}");
    }
}

#[test]
fn only_a_stack_with_our_tags_and_no_token_that_is_bad_or_newer_than_the_leases_is_bound() {
    for (tag, value, is_bound) in [
        ("flowgate:token", Some("7"), true),
        ("flowgate:token", Some("5"), true),
        ("flowgate:token", Some("8"), false),
        ("flowgate:token", Some("+7"), false),
        ("flowgate:token", Some("07"), false),
        ("flowgate:token", Some("7 "), false),
        ("flowgate:token", Some("-7"), false),
        ("flowgate:token", Some("18446744073709551616"), false),
        ("flowgate:token", Some(""), false),
        ("flowgate:ephemeral", Some("TRUE"), false),
        ("flowgate:ephemeral", None, false),
        ("flowgate:service", Some("other"), false),
    ] {
        let id = arn(NAMED, "1");
        let (world, id) = unbound(released(&world(), &id));
        world.leases.put(Lease { first: FencingToken(5), ..lease(&world, &id) });
        let mut live = stack(&id);
        live.facts.tags.remove(tag);
        live.facts.tags.extend(value.map(|value| (tag.to_owned(), value.to_owned())));
        world.cloud.put(live);
        let report = apply(&world);
        let expected = if is_bound { Doing::Bind } else { Doing::Keep };
        assert_eq!(only(&report).step, expected, "{tag} {value:?}");
        world.pass(SignedDuration::from_hours(1));
        runs(&world, 2);
        assert_eq!(deletions(&world).len(), usize::from(is_bound), "{tag} {value:?}");
    }
}

#[test]
fn i6_a_stack_that_cloudformation_does_not_know_is_not_gone_and_a_person_is_told_what_to_do() {
    let world = world();
    let id = arn(NAMED, "1");
    world.leases.put(released(&world, &id));
    let (began, mut looks) = (world.now(), 0);
    while !matches!(lease(&world, &id).state, State::Quarantined { .. }) {
        let report = apply(&world);
        looks += report.entries.len();
        assert!(world.now() < began + SignedDuration::from_hours(1), "{report:?}");
        world.pass(SignedDuration::from_secs(30));
    }
    // As often as behind the tombstone: once for each attempt, and the last time.
    assert_eq!(looks, 4);
    let State::Quarantined { why, .. } = lease(&world, &id).state else { unreachable!() };
    assert!(why.contains("does not know") && why.contains("lease#111122223333#eu-west-1#shop-pr-42"), "{why}");
    assert_eq!(lease(&world, &id).token, FencingToken(7));
}

#[test]
fn i6_a_stack_that_was_unknown_for_a_moment_is_deleted_like_any_other() {
    let (world, id) = crate::sweep::with(released);
    let live = world.cloud.stacks.borrow_mut().remove(&id).expect("a stack");
    assert_eq!(only(&apply(&world)).step, Doing::Keep);
    assert!(lease(&world, &id).kept.is_some_and(|why| why.contains("does not know")));
    world.cloud.put(live);
    world.pass(SignedDuration::from_mins(2));
    runs(&world, 2);
    assert_eq!(status(&world, &id), "DELETE_COMPLETE");
}
