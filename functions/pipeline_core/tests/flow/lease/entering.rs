//! Entering a stack that is busy: who does so waits, and is superseded while it waits like everybody else.

use futures_util::future::join;
use jiff::SignedDuration;
use pipeline_core::{
    ids::FencingToken,
    lease::{refusal::Refusal, request::Request, view::Answer},
    memory::{Fault, World},
    ports::Clock,
};
use serde_json::{Value, json};

use super::{EXECUTION, MINE, PR, THEIRS, about, ask, claim, deploy, granted, id, leases, refused, run, standing};
use crate::support::world;

/// A world where the name is claimed, and the stack of that name has this status.
fn claimed(status: &str) -> World {
    let world = world();
    granted(&world, &claim(MINE, PR));
    deploy(&world, &id("a"), status, FencingToken(1));
    world
}

fn entering(world: &World) -> Value {
    about(world, "enter", &json!({"pipeline": "shop-previews", "execution": EXECUTION}))
}

/// Enters, with a quarter of an hour to do so, while `meanwhile` goes on.
fn enter(world: &World, meanwhile: impl Future<Output = ()>) -> Result<Answer, Refusal> {
    let request = Request::parse(&entering(world).to_string()).expect("a request");
    let until = world.now() + SignedDuration::from_mins(15);
    world.run(async { join(leases(world, world).handle(request, until), meanwhile).await.0 }).expect("no fault")
}

async fn later(world: &World, minutes: i64, work: impl FnOnce()) {
    world.sleep_until(world.now() + SignedDuration::from_mins(minutes)).await;
    work();
}

#[test]
fn it_waits_until_the_stack_has_come_to_rest() {
    for status in ["UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"] {
        let world = claimed(status);
        let begin = world.now();
        let settles = later(&world, 7, || deploy(&world, &id("a"), "UPDATE_COMPLETE", FencingToken(1)));
        enter(&world, settles).unwrap();
        assert_eq!(world.now().duration_since(begin), SignedDuration::from_mins(7), "{status}");
        assert_eq!(world.leases.history.borrow().len(), 2, "{status}: entered once");
    }
}

#[test]
fn it_does_not_wait_for_a_stack_at_rest_or_none() {
    for status in ["CREATE_COMPLETE", "UPDATE_FAILED", "ROLLBACK_COMPLETE", "DELETE_FAILED"] {
        let world = claimed(status);
        let begin = world.now();
        enter(&world, async {}).unwrap();
        assert_eq!(world.now(), begin, "{status}");
    }
    let world = world();
    granted(&world, &claim(MINE, PR));
    enter(&world, async {}).unwrap();
}

#[test]
fn at_the_end_of_its_time_it_says_how_the_stack_stands() {
    let world = claimed("UPDATE_IN_PROGRESS");
    let begin = world.now();
    let refusal = enter(&world, async {}).unwrap_err();
    let words = "stack shop-pr-42 is UPDATE_IN_PROGRESS, and was not done in time; retry when it is";
    assert_eq!((refusal.code(), refusal.to_string().as_str()), ("Busy", words));
    let waited = world.now().duration_since(begin);
    assert!(waited < SignedDuration::from_mins(15) && waited > SignedDuration::from_mins(14), "{waited}");
}

#[test]
fn it_does_not_wait_for_what_does_not_pass_by_itself() {
    for status in ["REVIEW_IN_PROGRESS", "IMPORT_IN_PROGRESS", "SOMETHING_NEW"] {
        let world = claimed(status);
        let begin = world.now();
        let refusal = enter(&world, async {}).unwrap_err();
        let words = format!("stack shop-pr-42 is {status}, which does not pass by itself; see to it, then retry");
        assert_eq!((refusal.code(), refusal.to_string()), ("Busy", words));
        assert_eq!(world.now(), begin, "{status}");
    }
}

#[test]
fn it_gives_up_in_time_to_say_so() {
    let world = claimed("UPDATE_IN_PROGRESS");
    let until = super::until(&world);
    assert_eq!(refused(&world, &entering(&world)).0, "Busy");
    assert!(world.now() < until);
}

#[test]
fn a_newer_claim_supersedes_who_waits() {
    let world = claimed("UPDATE_IN_PROGRESS");
    let newer = async {
        later(&world, 3, || ()).await;
        ask(&world, &claim(THEIRS, PR)).await.expect("the same source");
    };
    let begin = world.now();
    assert_eq!(enter(&world, newer).unwrap_err().code(), "Superseded");
    assert!(world.now().duration_since(begin) < SignedDuration::from_mins(4));
}

#[test]
fn a_release_ends_the_wait() {
    let world = claimed("UPDATE_IN_PROGRESS");
    let release = about(&world, "release", &json!({}));
    let closed = async {
        later(&world, 3, || ()).await;
        ask(&world, &release).await.expect("its own token");
    };
    assert_eq!(enter(&world, closed).unwrap_err().code(), "Dirty");
}

#[test]
fn a_stack_that_cannot_be_looked_at_lets_nobody_in() {
    let world = claimed("CREATE_COMPLETE");
    world.outage("read stack by name", Fault::Refused);
    assert_eq!(refused(&world, &entering(&world)).0, "Unavailable");
    world.recover();
    assert!(run(&world, &entering(&world)).unwrap().is_ok());
    assert_eq!(standing(&world).executions.len(), 1);
}
