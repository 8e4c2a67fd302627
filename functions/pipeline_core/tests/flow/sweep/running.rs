//! Executions that may still deploy: as long as one runs, no lease is closed (I6).

use jiff::SignedDuration;
use pipeline_core::{
    lease::record::{Lease, State},
    memory::{Fault, World},
    sweep::{report::Doing, stack::StackStatus},
};

use crate::sweep::{
    apply, arn, deletions, effects, entered, expired, lease, only, released, runs, stack, status, told, with, world,
};

fn start(world: &World) {
    world.cloud.running.borrow_mut().insert(entered().execution);
}

fn end(world: &World) {
    world.cloud.running.borrow_mut().clear();
}

#[test]
fn i6_what_is_bound_is_kept_while_the_execution_that_was_let_in_runs_saying_so() {
    for before in [released, told] {
        let (world, id) = with(before);
        start(&world);
        let report = apply(&world);
        assert_eq!(only(&report).step, Doing::Keep);
        let words = "execution 22222222-abcd-1111-abcd-111111abcdef of shop-flowgate-previews may still deploy it";
        assert_eq!((only(&report).reason.as_str(), lease(&world, &id).kept.as_deref()), (words, Some(words)));
        for _ in 0..20 {
            world.pass(SignedDuration::from_mins(10));
            apply(&world);
        }
        assert_eq!(deletions(&world), []);
        end(&world);
        world.pass(SignedDuration::from_mins(10));
        runs(&world, 2);
        assert_eq!(status(&world, &id), "DELETE_COMPLETE");
        assert!(matches!(lease(&world, &id).state, State::Gone { .. }));
    }
}

#[test]
fn it_is_looked_at_again_soon_after_a_release_and_less_often_the_longer_it_takes() {
    let (world, id) = with(released);
    start(&world);
    let looks = |minutes: usize| {
        (0..minutes)
            .filter(|_| {
                world.pass(SignedDuration::from_mins(1));
                !apply(&world).entries.is_empty()
            })
            .count()
    };
    apply(&world);
    let (first, later) = (looks(10), looks(120));
    assert!((2..=4).contains(&first) && (11..=14).contains(&later), "{first}, {later}");
    assert!(matches!(lease(&world, &id).state, State::Dirty { .. }));
}

#[test]
fn i6_a_stack_that_an_execution_makes_after_its_lease_was_released_is_deleted_before_the_name_is_free() {
    let (world, id) = (world(), arn("shop-pr-42", "1"));
    world.leases.put(Lease { bound: None, ..released(&world, &id) });
    start(&world);
    for _ in 0..5 {
        apply(&world);
        world.pass(SignedDuration::from_mins(10));
    }
    assert!(matches!(lease(&world, &id).state, State::Dirty { absent_at: None, .. }));
    world.cloud.put(stack(&id));
    end(&world);
    assert_eq!(only(&apply(&world)).step, Doing::Bind);
    world.pass(SignedDuration::from_mins(2));
    runs(&world, 2);
    assert_eq!(status(&world, &id), "DELETE_COMPLETE");
    assert!(matches!(lease(&world, &id).state, State::Gone { .. }));
}

#[test]
fn i6_what_somebody_deleted_by_hand_is_not_gone_while_an_execution_could_make_it_anew() {
    let (world, id) = with(released);
    world.cloud.edit(&id, |live| live.facts.status = StackStatus("DELETE_COMPLETE".into()));
    start(&world);
    apply(&world);
    assert!(matches!(lease(&world, &id).state, State::Dirty { .. }));
    end(&world);
    world.pass(SignedDuration::from_mins(10));
    apply(&world);
    assert!(matches!(lease(&world, &id).state, State::Gone { .. }));
}

#[test]
fn i6_the_execution_is_asked_about_before_the_stack_is_looked_at() {
    let (world, _) = with(released);
    apply(&world);
    let effects = effects(&world);
    let at = |name: &str| effects.iter().position(|effect| *effect == name);
    assert!(at("watch execution").is_some() && at("watch execution") < at("read stack by id"), "{effects:?}");
}

#[test]
fn i10_what_cannot_be_told_of_an_execution_keeps_the_stack() {
    let (world, id) = with(released);
    world.outage("watch execution", Fault::Refused);
    for _ in 0..10 {
        assert_eq!(only(&apply(&world)).step, Doing::Keep);
        world.pass(SignedDuration::from_mins(2));
    }
    assert_eq!((deletions(&world), lease(&world, &id).state.name()), (vec![], "DIRTY"));
    world.recover();
    runs(&world, 2);
    assert_eq!(deletions(&world), [id]);
}

#[test]
fn an_expired_lease_is_marked_also_while_an_execution_runs() {
    let (world, id) = with(|_, id| expired(id));
    start(&world);
    assert_eq!(only(&apply(&world)).step, Doing::Mark);
    assert!(matches!(lease(&world, &id).state, State::Dirty { .. }));
}
