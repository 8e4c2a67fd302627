//! Sweep: whole runs, in the world in memory.

mod adoption;
mod faults;
mod life;
mod limits;
mod near_misses;
mod running;
mod scale;
mod stuck;
mod unbound;

use std::{collections::BTreeSet, future::poll_fn, task::Poll};

use futures_util::future::join;
use jiff::{SignedDuration, Timestamp};
use pipeline_core::{
    ids::{FencingToken, Nonce, StackArn},
    lease::{
        place::Place,
        record::{Entered, Lease, Notice, State},
    },
    memory::{Live, World},
    ports::{Clock, Parameter},
    sweep::{
        perform::Sweep,
        policy::{Policy, switch},
        reach::{Act, Eyes, Hands, Look},
        report::{Entry, Mode, Report, Work},
        stack::{Resource, StackFacts, StackStatus},
    },
};
use uuid::Uuid;

pub(crate) const STACK: &str = "shop-pr-42";
pub(crate) const ROLE: &str = "arn:aws:iam::111122223333:role/shop-preview-deploy";
/// The effects that change something.
pub(crate) const MUTATING: [&str; 4] = ["replace lease", "delete stack", "empty bucket", "tell people"];

pub(crate) fn world() -> World {
    let world = crate::support::world();
    allow(&world, Some(Parameter::Plain("allowed".into())));
    world
}

pub(crate) fn allow(world: &World, value: Option<Parameter>) {
    let mut parameters = world.release.parameters.borrow_mut();
    match value {
        Some(value) => parameters.insert(switch("shop"), value),
        None => parameters.remove(&switch("shop")),
    };
}

pub(crate) fn policy() -> Policy {
    let own_stack = arn("shop-flowgate", "f");
    Policy {
        place: Place::of(&own_stack, "shop"),
        own_stack,
        roles: BTreeSet::from([ROLE.to_owned()]),
        margin: SignedDuration::from_mins(1),
        grace: SignedDuration::from_hours(24),
        max_deletes: 20,
        max_attempts: 3,
        adopt_after: SignedDuration::from_hours(7 * 24),
        batch: 1000,
        width: 8,
        rate: 5,
    }
}

pub(crate) fn arn(name: &str, unique: &str) -> StackArn {
    format!("arn:aws:cloudformation:eu-west-1:111122223333:stack/{name}/{unique}").parse().expect("an ARN")
}

/// A preview as a pipeline of ours deploys it, a day ago.
pub(crate) fn stack(id: &StackArn) -> Live {
    let tags = [("flowgate:ephemeral", "true"), ("flowgate:service", "shop"), ("flowgate:token", "7")];
    let created = "2026-11-20T12:00:00Z".parse().expect("a timestamp");
    Live::from(StackFacts {
        id: id.clone(),
        status: StackStatus("CREATE_COMPLETE".into()),
        reason: None,
        tags: tags.map(|(key, value)| (key.to_owned(), value.to_owned())).into(),
        parent: None,
        protected: Some(false),
        role: Some(ROLE.to_owned()),
        created,
        changed: None,
        exports: vec![],
    })
}

pub(crate) fn resource(logical: &str, kind: &str) -> Resource {
    Resource {
        logical: logical.into(),
        physical: format!("{}-1", logical.to_lowercase()),
        kind: kind.into(),
        status: "CREATE_COMPLETE".into(),
        reason: Some("as CloudFormation says".into()),
    }
}

/// The execution that deployed it last.
pub(crate) fn entered() -> Entered {
    let execution = "22222222-abcd-1111-abcd-111111abcdef".parse().expect("an id");
    Entered { pipeline: "shop-flowgate-previews".into(), execution }
}

/// A lease that expired an hour ago and is bound to this stack.
pub(crate) fn expired(id: &StackArn) -> Lease {
    let at = |text: &str| text.parse::<Timestamp>().expect("a timestamp");
    Lease {
        stack: id.name(),
        token: FencingToken(7),
        first: FencingToken(7),
        holder: Some("11111111-abcd-1111-abcd-111111abcdef".parse().expect("a holder")),
        source: Some("pull request 42".parse().expect("a source")),
        bound: Some(id.clone()),
        empty_buckets: false,
        executions: vec![entered()],
        superseded: vec![],
        hold_until: None,
        state: State::Held { expires_at: at("2026-11-21T11:00:00Z") },
        due: Some(at("2026-11-21T11:01:00Z")),
        kept: None,
        nonce: Nonce::from_random(Uuid::new_v4()),
    }
}

/// One that was released a minute ago.
pub(crate) fn released(world: &World, id: &StackArn) -> Lease {
    let at = world.now() - SignedDuration::from_mins(1);
    Lease { state: State::Dirty { notice: Notice::Release { at }, absent_at: None }, due: Some(at), ..expired(id) }
}

/// One of which people were told more than the grace ago.
pub(crate) fn told(world: &World, id: &StackArn) -> Lease {
    let told_at = world.now() - SignedDuration::from_hours(25);
    let notice = Notice::Mark { at: told_at, told_at: Some(told_at), changed: None };
    let due = Some(told_at + SignedDuration::from_hours(24));
    Lease { state: State::Dirty { notice, absent_at: None }, due, ..expired(id) }
}

/// The world with a stack under a lease.
pub(crate) fn with(lease: fn(&World, &StackArn) -> Lease) -> (World, StackArn) {
    let (world, id) = (world(), arn(STACK, "1"));
    world.cloud.put(stack(&id));
    world.leases.put(lease(&world, &id));
    (world, id)
}

pub(crate) fn sweep(world: &World) -> Sweep<'_, World, impl Look, impl Act, fn() -> Uuid> {
    let eyes = Eyes {
        leases: world,
        stacks: world,
        all: world,
        roles: world,
        buckets: world,
        executions: world,
        switch: world,
    };
    let hands = Hands { leases: world, stacks: world, buckets: world, people: world };
    Sweep { clock: world, eyes, hands, policy: policy(), random: Uuid::new_v4 }
}

/// The time that the template gives an invocation, from now, without what the function keeps back.
pub(crate) fn until(world: &World) -> Timestamp {
    world.now() + SignedDuration::from_secs(300 - 5)
}

/// A run over what is due; `None` when a fault killed it.
pub(crate) fn run(world: &World, mode: Mode) -> Option<Report> {
    world.run(sweep(world).run(mode, Work::Due, until(world)))
}

pub(crate) fn apply(world: &World) -> Report {
    run(world, Mode::Apply).expect("no fault")
}

/// Marked an hour ago, but told of to nobody.
pub(crate) fn marked(world: &World, id: &StackArn) -> Lease {
    let at = world.now() - SignedDuration::from_hours(1);
    let notice = Notice::Mark { at, told_at: None, changed: None };
    Lease { state: State::Dirty { notice, absent_at: None }, due: Some(at), ..expired(id) }
}

/// Runs every two minutes, this many times.
pub(crate) fn runs(world: &World, times: usize) {
    for _ in 0..times {
        run(world, Mode::Apply);
        world.pass(SignedDuration::from_mins(2));
    }
}

/// Waits until something has come about, and looks at every turn that anybody takes.
pub(crate) async fn once(come_about: impl Fn() -> bool) {
    poll_fn(|context| {
        if come_about() {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// A run, beside somebody who does something as soon as that has come about.
pub(crate) fn raced(world: &World, work: Work, come_about: impl Fn() -> bool, act: impl FnOnce()) -> Report {
    let sweep = sweep(world);
    let racer = async {
        once(come_about).await;
        act();
    };
    world.run(join(sweep.run(Mode::Apply, work, until(world)), racer)).expect("no fault").0
}

/// The only entry.
pub(crate) fn only(report: &Report) -> &Entry {
    match &report.entries[..] {
        [entry] => entry,
        other => panic!("not one entry: {other:?}"),
    }
}

pub(crate) fn lease(world: &World, id: &StackArn) -> Lease {
    world.leases.get(&id.name()).expect("a lease")
}

pub(crate) fn status(world: &World, id: &StackArn) -> String {
    world.cloud.stacks.borrow()[id].facts.status.0.clone()
}

pub(crate) fn deletions(world: &World) -> Vec<StackArn> {
    world.cloud.deletions.borrow().iter().map(|asked| asked.id.clone()).collect()
}

/// The effects since they were looked at last.
pub(crate) fn effects(world: &World) -> Vec<&'static str> {
    world.effects.take()
}
