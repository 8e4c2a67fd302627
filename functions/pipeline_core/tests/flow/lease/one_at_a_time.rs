//! Entering: no two executions are in together, so that they deploy in the order of their claims (I6).

use std::cell::{Cell, RefCell};

use futures_util::future::{join, join_all};
use jiff::SignedDuration;
use pipeline_core::{
    ids::{ExecutionId, FencingToken},
    lease::{refusal::Refusal, request::Request, view::Answer},
    memory::{Fault, World},
    ports::Clock,
};
use serde_json::{Value, json};

use super::{EXECUTION, MINE, PR, THEIRS, about, ask, claim, granted, leases, run, standing};
use crate::support::world;

fn entering(world: &World, execution: &str) -> Value {
    about(world, "enter", &json!({"pipeline": "shop-previews", "execution": execution}))
}

fn id(execution: &str) -> ExecutionId {
    execution.parse().expect("an id")
}

/// A world where an execution is in, and runs, and where a newer claim was granted since.
fn occupied() -> World {
    let world = world();
    granted(&world, &claim(MINE, PR));
    granted(&world, &entering(&world, EXECUTION));
    world.cloud.running.borrow_mut().insert(id(EXECUTION));
    granted(&world, &claim(THEIRS, PR));
    world
}

/// Asks, with a quarter of an hour to wait.
async fn enter(world: &World, request: &Value) -> Result<Answer, Refusal> {
    let request = Request::parse(&request.to_string()).expect("a request");
    leases(world, world).handle(request, world.now() + SignedDuration::from_mins(15)).await
}

async fn after(world: &World, minutes: i64) {
    world.sleep_until(world.now() + SignedDuration::from_mins(minutes)).await;
}

fn executions(world: &World) -> Vec<String> {
    standing(world).executions.iter().map(|entered| entered.execution.to_string()).collect()
}

#[test]
fn i6_a_newer_claims_execution_waits_until_the_older_ones_has_ended_and_is_remembered_in_its_place() {
    let world = occupied();
    let (begin, request) = (world.now(), entering(&world, THEIRS));
    let ends = async {
        after(&world, 7).await;
        assert_eq!(executions(&world), [EXECUTION], "who waits could not deploy yet");
        world.cloud.running.borrow_mut().clear();
    };
    world.run(async { join(enter(&world, &request), ends).await.0 }).expect("no fault").unwrap();
    assert_eq!(world.now().duration_since(begin), SignedDuration::from_mins(7));
    assert_eq!(executions(&world), [THEIRS]);
}

#[test]
fn i6_also_under_a_stack_that_is_bound() {
    let world = occupied();
    super::deploy(&world, &super::id("a"), "UPDATE_COMPLETE", standing(&world).token);
    granted(&world, &about(&world, "bind", &json!({"stack_id": super::id("a")})));
    let refusal = world.run(enter(&world, &entering(&world, THEIRS))).expect("no fault").unwrap_err();
    let words = format!(
        "stack shop-pr-42 may still be deployed by execution {EXECUTION} of shop-previews, which had not ended in time; \
         retry when it has"
    );
    assert_eq!((refusal.code(), refusal.to_string()), ("Busy", words));
    assert_eq!(executions(&world), [EXECUTION]);
}

#[test]
fn whoever_is_in_may_ask_again() {
    let world = world();
    granted(&world, &claim(MINE, PR));
    granted(&world, &entering(&world, EXECUTION));
    world.cloud.running.borrow_mut().insert(id(EXECUTION));
    let begin = world.now();
    granted(&world, &entering(&world, EXECUTION));
    assert_eq!((world.now(), executions(&world)), (begin, vec![EXECUTION.to_owned()]));
}

#[test]
fn a_newer_claim_or_a_release_ends_the_wait_for_an_execution() {
    for newer in [true, false] {
        let world = occupied();
        let request = entering(&world, THEIRS);
        let meanwhile = if newer { claim(EXECUTION, PR) } else { about(&world, "release", &json!({})) };
        let changes = async {
            after(&world, 3).await;
            ask(&world, &meanwhile).await.expect("its own");
        };
        let begin = world.now();
        let refusal =
            world.run(async { join(enter(&world, &request), changes).await.0 }).expect("no fault").unwrap_err();
        assert_eq!(refusal.code(), if newer { "Superseded" } else { "Dirty" });
        assert!(world.now().duration_since(begin) < SignedDuration::from_mins(4));
        assert_eq!(executions(&world), [EXECUTION]);
    }
}

#[test]
fn i10_while_nobody_can_tell_whether_an_execution_has_ended_no_other_is_let_in() {
    let world = occupied();
    world.cloud.running.borrow_mut().clear();
    world.outage("watch execution", Fault::Refused);
    let (begin, request) = (world.now(), entering(&world, THEIRS));
    let refusal = world.run(enter(&world, &request)).expect("no fault").unwrap_err();
    assert_eq!(refusal.code(), "Unavailable");
    assert!(world.now().duration_since(begin) > SignedDuration::from_mins(14), "it is patient");
    assert_eq!(executions(&world), [EXECUTION]);
    world.recover();
    assert!(run(&world, &request).unwrap().is_ok());
}

#[test]
fn i6_of_twenty_that_ask_together_one_is_in_at_a_time_and_every_one_gets_its_turn() {
    for seed in 1..40 {
        let world = world();
        world.scramble(seed);
        granted(&world, &claim(MINE, PR));
        let (inside, in_turn) = (Cell::new(0), RefCell::new(vec![]));
        let one = async |number: u32| {
            let execution = format!("44444444-abcd-1111-abcd-{number:012}");
            let request = entering(&world, &execution);
            world.cloud.running.borrow_mut().insert(id(&execution));
            enter(&world, &request).await.expect("its turn comes");
            assert_eq!(inside.replace(1), 0, "seed {seed}: {execution} is not alone");
            in_turn.borrow_mut().push(number);
            world.sleep_until(world.now() + SignedDuration::from_secs(10)).await;
            inside.set(0);
            world.cloud.running.borrow_mut().remove(&id(&execution));
        };
        world.run(join_all((0..20).map(one))).expect("no fault");
        assert_eq!(in_turn.borrow().len(), 20);
        assert_eq!(standing(&world).executions.len(), 1);
    }
}

#[test]
fn i6_pushes_one_after_the_other_are_deployed_in_the_order_of_their_tokens() {
    for seed in 1..40 {
        let world = world();
        world.scramble(seed);
        let deployed: RefCell<Vec<FencingToken>> = RefCell::default();
        let push = async |number: i64| {
            world.sleep_until(world.now() + SignedDuration::from_secs(number * 20)).await;
            let execution = format!("44444444-abcd-1111-abcd-{number:012}");
            ask(&world, &claim(&execution, PR)).await.expect("the same source");
            let request = entering(&world, &execution);
            world.cloud.running.borrow_mut().insert(id(&execution));
            world.sleep_until(world.now() + world.part_of(SignedDuration::from_mins(1))).await;
            let token = standing(&world).token;
            if enter(&world, &request).await.is_ok() {
                world.sleep_until(world.now() + world.part_of(SignedDuration::from_mins(2))).await;
                deployed.borrow_mut().push(serde_json::from_value(request["token"].clone()).expect("a token"));
            }
            world.cloud.running.borrow_mut().remove(&id(&execution));
            token
        };
        let tokens = world.run(join_all((0..20).map(push))).expect("no fault");
        assert!(deployed.borrow().is_sorted(), "seed {seed}: {:?}", deployed.borrow());
        assert_eq!(deployed.borrow().last(), tokens.iter().max(), "seed {seed}: the last push is what stays");
    }
}
