//! Leases: whole requests, in the world in memory.

mod action;
mod bad_input;
mod doubt;
mod entering;
mod faults;
mod one_at_a_time;
mod operations;

use jiff::{SignedDuration, Timestamp};
use pipeline_core::{
    ids::{FencingToken, Nonce, StackArn},
    lease::{
        perform::Leases,
        place::Place,
        record::{Lease, State},
        refusal::Refusal,
        request::Request,
        store::{FindLeases, ReadLeases, WriteLeases},
        view::{Answer, View},
    },
    memory::World,
    ports::Clock,
    sweep::stack::{StackFacts, StackStatus},
};
use serde_json::{Value, json};
use uuid::Uuid;

pub(crate) const STACK: &str = "shop-pr-42";
pub(crate) const MINE: &str = "11111111-abcd-1111-abcd-111111abcdef";
pub(crate) const THEIRS: &str = "22222222-abcd-1111-abcd-111111abcdef";
pub(crate) const EXECUTION: &str = "33333333-abcd-1111-abcd-111111abcdef";
pub(crate) const PR: &str = "pull request 42";

pub(crate) fn id(unique: &str) -> StackArn {
    format!("arn:aws:cloudformation:eu-west-1:111122223333:stack/{STACK}/{unique}").parse().expect("an ARN")
}

/// The leases of service `shop`, kept in `store`.
pub(crate) fn leases<'a, S: ReadLeases + FindLeases + WriteLeases>(
    world: &'a World,
    store: &'a S,
) -> Leases<'a, World, S, World, World, impl Fn() -> Nonce> {
    Leases {
        clock: world,
        store,
        stacks: world,
        executions: world,
        place: Place::of(&id("flowgate"), "shop"),
        margin: SignedDuration::from_mins(1),
        nonce: || Nonce::from_random(Uuid::new_v4()),
    }
}

/// An invocation of a minute, from now.
pub(crate) fn until(world: &World) -> Timestamp {
    world.now() + SignedDuration::from_mins(1)
}

/// Puts a stack there, with the tags of service `shop`.
pub(crate) fn deploy(world: &World, id: &StackArn, status: &str, token: FencingToken) {
    let tags = [("flowgate:ephemeral", "true"), ("flowgate:service", "shop"), ("flowgate:token", &token.to_string())];
    let facts = StackFacts {
        id: id.clone(),
        status: StackStatus(status.to_owned()),
        reason: None,
        tags: tags.map(|(key, value)| (key.to_owned(), value.to_owned())).into(),
        parent: None,
        protected: Some(false),
        role: None,
        created: world.now(),
        changed: None,
        exports: vec![],
    };
    world.cloud.put(facts.into());
}

/// One request, to its end.
pub(crate) async fn ask(world: &World, request: &Value) -> Result<Answer, Refusal> {
    leases(world, world).handle(Request::parse(&request.to_string())?, until(world)).await
}

pub(crate) fn run(world: &World, request: &Value) -> Option<Result<Answer, Refusal>> {
    world.run(ask(world, request))
}

/// The view that a request comes to.
pub(crate) fn granted(world: &World, request: &Value) -> View {
    view(run(world, request).expect("no fault").unwrap_or_else(|refusal| panic!("{request}: {refusal}")))
}

pub(crate) fn view(answer: Answer) -> View {
    match answer {
        Answer::Lease(view) => view,
        Answer::Leases { .. } => panic!("several leases"),
    }
}

/// The code and the words with which a request is refused.
pub(crate) fn refused(world: &World, request: &Value) -> (&'static str, String) {
    let refusal = run(world, request).expect("no fault").expect_err("a refusal");
    (refusal.code(), refusal.to_string())
}

pub(crate) fn claim(holder: &str, source: &str) -> Value {
    json!({"operation": "claim", "stack": STACK, "holder": holder, "ttl": 3600, "source": source})
}

/// A request about the stack with its latest token, and these fields besides.
pub(crate) fn about(world: &World, operation: &str, fields: &Value) -> Value {
    let mut request = json!({"operation": operation, "stack": STACK, "token": standing(world).token});
    let more = fields.as_object().expect("fields").clone();
    request.as_object_mut().expect("an object").extend(more);
    request
}

pub(crate) fn standing(world: &World) -> Lease {
    world.leases.get(&STACK.parse().expect("a name")).expect("a lease")
}

/// Puts the lease into this state, by hand.
pub(crate) fn put(world: &World, state: State) {
    world.leases.put(Lease { state, nonce: Nonce::from_random(Uuid::new_v4()), ..standing(world) });
}
