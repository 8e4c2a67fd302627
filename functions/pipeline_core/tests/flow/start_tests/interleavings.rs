//! I16, I18, I19 over random interleavings: deliveries at any time, each of which may be killed or paused anywhere, tests
//! that behave in any way, calls that are lost, refused or throttled, and wake-ups in any order.
//!
//! `PROPTEST_CASES=100000` runs as many.

use std::{
    cell::Cell,
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll},
};

use futures_util::future::LocalBoxFuture;
use jiff::{SignedDuration, Timestamp};
use pipeline_core::{
    drive::Delivered,
    ids::Nonce,
    job::Job,
    memory::{Behaviour, Fault, World},
    ports::{Clock, Settled},
    start_tests::perform::StartTests,
    verdict::Report,
};
use proptest::{collection::vec, prelude::*, sample::select, strategy::ValueTree as _};
use uuid::Uuid;

use super::{
    whole::{SETUP, TEARDOWN, announced, behaves, earned, in_order, repaired, replies, started_once, whole, whole_job},
    with,
};
use crate::support::{
    action, deadline, deliver, drops_the_connection, fails, job, never_answers, passes, raises, reports,
};

/// One case.
#[derive(Debug, Clone)]
struct Scene {
    deliveries: Vec<Delivery>,
    setup: How,
    tests: [How; 2],
    teardown: How,
    status: u16,
    report: bool,
    width: u16,
    minutes: u8,
    faults: Vec<(usize, Fault)>,
    outages: Vec<(&'static str, Fault, i64, i64)>,
    /// How often one who could go on does not, of 100 times.
    pauses: u64,
    chance: u64,
}

#[derive(Debug, Clone)]
struct Delivery {
    /// When it arrives, in milliseconds.
    at: i64,
    /// After how many steps it is killed.
    killed: Option<usize>,
    /// After how many steps it is frozen, and for how many milliseconds.
    frozen: Option<(usize, i64)>,
}

/// How a function behaves.
#[derive(Debug, Clone)]
enum How {
    Passes(i64),
    Fails,
    Raises,
    Drops,
    Hangs,
}

impl How {
    fn behaviour(&self) -> Behaviour {
        match self {
            Self::Passes(millis) => Behaviour { after: SignedDuration::from_millis(*millis), ..passes() },
            Self::Fails => fails("expected 200, got 502"),
            Self::Raises => raises("KeyError", "'zone'"),
            Self::Drops => drops_the_connection(),
            Self::Hangs => never_answers(),
        }
    }
}

fn how() -> impl Strategy<Value = How> {
    let others = select(vec![How::Fails, How::Raises, How::Drops, How::Hangs]);
    prop_oneof![8 => (0..400_000_i64).prop_map(How::Passes), 8 => (0..5000_i64).prop_map(How::Passes), 1 => others]
}

fn delivery() -> impl Strategy<Value = Delivery> {
    let at = prop_oneof![3 => 0..20_i64, 3 => 0..10_000_i64, 2 => 0..1_200_000_i64];
    let frozen = prop::option::weighted(0.2, (0..60_usize, 0..800_000_i64));
    (at, prop::option::of(0..60_usize), frozen).prop_map(|(at, killed, frozen)| Delivery { at, killed, frozen })
}

fn fault() -> impl Strategy<Value = Fault> {
    select(vec![Fault::Refused, Fault::Throttled, Fault::ReplyLost])
}

const OUTAGES: [&str; 11] = [
    "read verdict",
    "read run",
    "announce tests",
    "claim run",
    "invoke test",
    "record result",
    "read results",
    "write report",
    "record verdict",
    "settle job",
    "mark sent",
];

fn outage() -> impl Strategy<Value = (&'static str, Fault, i64, i64)> {
    (select(&OUTAGES[..]), fault(), 0..600_000_i64, 0..600_000_i64)
}

prop_compose! {
    fn scene()(
        deliveries in vec(delivery(), 1..=5),
        setup in how(),
        tests in [how(), how()],
        teardown in how(),
        status in prop_oneof![9 => Just(200_u16), 1 => Just(502)],
        report in any::<bool>(),
        (width, minutes) in (1..4_u16, 1..=13_u8),
        faults in vec((0..80_usize, fault()), 0..4),
        outages in vec(outage(), 0..2),
        (pauses, chance) in (select(vec![0_u64, 0, 5, 30]), any::<u64>()),
    ) -> Scene {
        Scene { deliveries, setup, tests, teardown, status, report, width, minutes, faults, outages, pauses, chance }
    }
}

/// The stage as the scene wants it.
fn build(scene: &Scene) -> World {
    let world = whole();
    world.scramble(scene.chance);
    behaves(&world, SETUP, scene.setup.behaviour());
    behaves(&world, TEARDOWN, scene.teardown.behaviour());
    for (test, how) in scene.tests.iter().enumerate() {
        behaves(&world, &format!("time-tests-{test:03}"), how.behaviour());
    }
    replies(&world, scene.status);
    for (effect, fault) in &scene.faults {
        world.strike(*effect, *fault);
    }
    world
}

fn the_job(scene: &Scene) -> Job {
    let parameters = with(&format!(r#""width": {}, "timeout_minutes": {}"#, scene.width, scene.minutes));
    let outputs = if scene.report { whole_job().outputs } else { vec![] };
    Job { user_parameters: Some(parameters), outputs, ..whole_job() }
}

async fn delivered(world: &World, job: Job, nonce: u128) -> Delivered {
    let action = StartTests { nonce: Nonce::from_random(Uuid::from_u128(nonce)), ..action(world) };
    deliver(world, Ok((job, action)), deadline(world)).await
}

/// A delivery, until it is killed: after so many steps, or by Lambda at its deadline.
async fn mortal(world: &World, Delivery { at, killed, frozen }: Delivery, job: Job, nonce: u128) {
    world.sleep_until(world.now() + SignedDuration::from_millis(at)).await;
    let (mut steps, dead) = (0, deadline(world));
    let mut work: LocalBoxFuture<'_, Delivered> = Box::pin(delivered(world, job, nonce));
    let mut ice: Option<LocalBoxFuture<'_, ()>> = None;
    poll_fn(|context| {
        if killed == Some(steps) || world.now() >= dead {
            return Poll::Ready(());
        }
        if let Some((_, millis)) = frozen.filter(|(step, _)| *step == steps) {
            ice = Some(Box::pin(world.sleep_until(world.now() + SignedDuration::from_millis(millis))));
        }
        steps += 1;
        if ice.as_mut().is_some_and(|ice| ice.as_mut().poll(context).is_pending()) {
            return Poll::Pending;
        }
        ice = None;
        work.as_mut().poll(context).map(drop)
    })
    .await;
}

async fn trouble(world: &World, (effect, fault, from, lasts): (&'static str, Fault, i64, i64)) {
    world.sleep_until(world.now() + SignedDuration::from_millis(from)).await;
    world.outage(effect, fault);
    world.sleep_until(world.now() + SignedDuration::from_millis(lasts)).await;
    world.recover();
}

/// Several things at once. Chance says who goes on next, and who is not looked at for a while.
struct Chaos<'a> {
    actors: Vec<LocalBoxFuture<'a, ()>>,
    pauses: u64,
    dice: Cell<u64>,
}

impl Chaos<'_> {
    fn roll(&self, below: u64) -> u64 {
        let next = self.dice.get().wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.dice.set(next);
        (next >> 33) % below
    }
}

impl Future for Chaos<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut waiting: Vec<LocalBoxFuture<'_, ()>> = Vec::new();
        while !self.actors.is_empty() {
            let chosen = usize::try_from(self.roll(self.actors.len() as u64)).expect("an index");
            let mut actor = self.actors.swap_remove(chosen);
            if self.roll(100) < self.pauses || actor.as_mut().poll(context).is_pending() {
                waiting.push(actor);
            }
        }
        self.actors = waiting;
        if self.actors.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    }
}

fn play(scene: &Scene) -> World {
    let world = build(scene);
    let deliveries = scene.deliveries.iter().zip(1..);
    let mut actors: Vec<LocalBoxFuture<'_, ()>> = Vec::new();
    for (delivery, nonce) in deliveries {
        actors.push(Box::pin(mortal(&world, delivery.clone(), the_job(scene), nonce)));
    }
    for outage in &scene.outages {
        actors.push(Box::pin(trouble(&world, *outage)));
    }
    world.run(Chaos { actors, pauses: scene.pauses, dice: Cell::new(scene.chance) });
    world
}

/// The event once more, when whoever owned the run is dead.
fn redeliver(world: &World, scene: &Scene) {
    world.recover();
    let ends = world.runs.borrow().get(&job("").id).map(pipeline_core::start_tests::run::Run::orphaned_at);
    let wait = ends.map_or(SignedDuration::ZERO, |ends: Timestamp| ends.duration_since(world.now()));
    world.pass(wait.max(SignedDuration::ZERO));
    world.run(delivered(world, the_job(scene), 99));
}

/// I16. The one exception is `drive`'s: a failure that could not be recorded in time is sent all the same (I17).
fn one_report(world: &World) {
    let accepted: Vec<Report> = world
        .reports
        .borrow()
        .iter()
        .filter(|(.., answer)| *answer == Settled::Accepted)
        .map(|(_, report, _)| report.clone())
        .collect();
    let [accepted] = &accepted[..] else { panic!("I16: accepted: {accepted:?}") };
    let standing = world.verdicts.borrow()[&job("").id].report.clone();
    let unreachable = world.struck.borrow().iter().any(|(effect, _)| *effect == "record verdict");
    for report in reports(world).iter().filter(|report| **report != standing) {
        assert!(
            unreachable && matches!(report, Report::Fail { .. }),
            "I16: {report:?} was sent, and {standing:?} stands"
        );
    }
    if matches!(accepted, Report::Succeed { .. }) {
        earned(world, "what was accepted");
    }
}

/// Whether the run's own results are the verdict, and not that its owner could not go on.
fn counted(world: &World) -> bool {
    match &reports(world)[0] {
        Report::Succeed { .. } => true,
        Report::Fail { message, .. } => message.contains(" of 4 passed"),
        Report::Continue { .. } => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn i16_i18_i19_any_interleaving_comes_to_one_verdict_that_was_earned(scene in scene()) {
        let world = play(&scene);
        started_once(&world, "before the last delivery");
        assert!(world.overlap.get() <= usize::from(scene.width), "more than `width` at a time");
        redeliver(&world, &scene);
        one_report(&world);
        announced(&world, "after the last delivery");
        started_once(&world, "after the last delivery");
        if counted(&world) {
            repaired(&world);
            started_once(&world, "after repair");
            let in_doubt = |(effect, fault): &(&str, Fault)| *fault == Fault::Refused && effect.ends_with(" test");
            let in_doubt = world.struck.borrow().iter().any(in_doubt);
            in_order(&world, "after repair", in_doubt);
        }
    }
}

#[test]
fn the_scenes_are_not_all_alike() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut passed, mut late, mut deferred) = (0, 0, 0);
    for _ in 0..300 {
        let scene = scene().new_tree(&mut runner).expect("a scene").current();
        let world = play(&scene);
        let settled = reports(&world).len();
        redeliver(&world, &scene);
        passed += usize::from(matches!(reports(&world)[0], Report::Succeed { .. }));
        late += usize::from(settled == 0 && counted(&world));
        deferred += usize::from(world.effects.borrow().contains(&"start test"));
    }
    assert!(
        passed > 30 && late > 30 && deferred > 10,
        "passed: {passed}, settled late: {late}, torn down late: {deferred}"
    );
}
