//! The schedule: one event after the other, and with most of them one poll of one actor. An actor may crash or pause before
//! any of its polls.

use std::task::{Context, Poll, Waker};

use pipeline_core::ids::ExecutionId;

use crate::{
    actors::{
        Life,
        deliverer::{deliver_again, deliverers, undelivered},
        live, settle,
    },
    cloud::Cloud,
    kit::JOBS,
    link::Link,
    oracle::Oracle,
    scenario::{ACTORS, CLAIMERS, SWEEPERS, Scenario},
    world::{Event, World},
};

/// The clocks go on for so long while nobody looks, in ms: longer than DynamoDB keeps what is GONE.
const LEAP: i64 = 401 * 24 * 60 * 60 * 1000;

/// How a seed runs.
pub(crate) struct Schedule<'w> {
    world: &'w World,
    lives: Vec<Option<Life<'w>>>,
    /// Which life each actor is in, and until when it pauses.
    born: [u32; ACTORS],
    paused: [i64; ACTORS],
    /// Polls so far.
    pub(crate) steps: u64,
    /// Those before faults stopped.
    pub(crate) faulty: u64,
}

impl<'w> Schedule<'w> {
    pub(crate) fn new(world: &'w World) -> Self {
        let lives = (0..ACTORS).map(|_| None).collect();
        Self { world, lives, born: [0; ACTORS], paused: [0; ACTORS], steps: 0, faulty: 0 }
    }

    /// Runs the seed: so many polls with faults, and then without them until nothing is left to delete.
    pub(crate) fn run(&mut self, steps: u64) {
        for actor in actors(&self.world.scenario) {
            self.world.schedule(self.world.now(), Event::Restart(actor));
        }
        self.plan_edit();
        if self.world.random(|rng| rng.chance(100)) {
            let at = self.world.now() + self.world.random(|rng| rng.between(600_000, 14_400_000));
            self.world.schedule(at, Event::Leap);
        }
        // Whoever delivers jobs takes steps that claimers and sweepers need too.
        let steps = if self.world.scenario.jobs { 2 * steps } else { steps };
        while self.steps < steps && self.goes_on() {}
        self.faulty = self.steps;
        if self.is_sound() {
            self.settle();
        }
    }

    fn is_sound(&self) -> bool {
        self.world.oracle.borrow().violation.is_none()
    }

    /// The next event; says whether there may be another.
    fn goes_on(&mut self) -> bool {
        let Some((at, event)) = self.world.next_event() else { return false };
        self.world.advance(at);
        self.happen(event);
        self.is_sound()
    }

    /// Faults stop: what is under way arrives, whoever is there leaves, what nobody stored anything of is delivered again,
    /// and one sweeper goes on alone.
    fn settle(&mut self) {
        let world = self.world;
        world.note(|| "faults stop".to_owned());
        world.calm.set(true);
        self.lives.iter_mut().for_each(|life| *life = None);
        self.born = self.born.map(|life| life + 1);
        while self.goes_on() {}
        world.cloud.borrow_mut().calm();
        self.paused = [0; ACTORS];
        if world.scenario.jobs {
            self.deliver_again();
        }
        let sweeper = CLAIMERS;
        self.begin(sweeper, |link| Box::pin(settle(link)));
        while self.is_sound() && self.lives[sweeper].is_some() && self.goes_on() {}
        let hangs = self.is_sound() && self.lives[sweeper].is_some();
        world.oracle.borrow_mut().check_hanging(hangs);
    }

    /// Whoever would be asked by Lambda's next attempt.
    fn deliver_again(&mut self) {
        let actors = undelivered(self.world);
        for &actor in &actors {
            self.begin(actor, |link| Box::pin(deliver_again(link)));
        }
        let waits = |lives: &[Option<Life<'_>>]| actors.iter().any(|&actor| lives[actor].is_some());
        while self.is_sound() && waits(&self.lives) && self.goes_on() {}
        let hangs = self.is_sound() && waits(&self.lives);
        self.world.oracle.borrow_mut().check_delivered(hangs);
    }

    fn happen(&mut self, event: Event) {
        let world = self.world;
        match event {
            Event::Arrive(packet, answering) => world.arrive(packet, answering),
            Event::Progress(stack, step) => world.progress(stack, step),
            Event::Execution(id, step) => world.execute(&id, step),
            Event::SettleItself(job) => {
                world.note(|| format!("  the test of {job} would settle it"));
                world.cloud.borrow_mut().jobs.settle_itself(&job);
            }
            Event::Restart(actor) => {
                if !world.calm.get() {
                    self.begin(actor, live);
                }
            }
            Event::Wake(actor, life, slot) => {
                let waits = self.born[actor] == life && self.lives[actor].is_some() && slot.is_awaited();
                if waits && self.is_ready(actor, |at| world.schedule(at, Event::Wake(actor, life, slot.clone()))) {
                    slot.wake();
                    self.poll(actor);
                }
            }
            Event::Answer(packet, answered) => {
                let actor = packet.actor;
                if self.born[actor] != packet.life || self.lives[actor].is_none() {
                    return;
                }
                let mut answered = Some(answered);
                let ready = self.is_ready(actor, |at| {
                    if let Some(answered) = answered.take() {
                        world.schedule(at, Event::Answer(packet.clone(), answered));
                    }
                });
                if let (true, Some(answered)) = (ready, answered) {
                    world.note(|| format!("{actor} ← {}", answered.said(&packet.op)));
                    world.oracle.borrow_mut().heard(world, &packet, &answered);
                    packet.slot.arrive(answered.result);
                    self.poll(actor);
                }
            }
            Event::Edit => {
                if !world.calm.get() {
                    world.edit();
                    self.plan_edit();
                }
            }
            Event::Leap => {
                if !world.calm.get() {
                    self.leap();
                }
            }
        }
    }

    /// More than a year passes. Requests that are under way arrive before: none takes so long.
    fn leap(&self) {
        let world = self.world;
        let pending: Vec<(i64, Event)> = std::iter::from_fn(|| world.next_event()).collect();
        for (at, event) in pending {
            match event {
                Event::Arrive(packet, answering) => world.arrive(packet, answering),
                other => world.schedule(at, other),
            }
        }
        world.note(|| "401 days pass".to_owned());
        world.advance(world.now() + LEAP);
        world.cloud.borrow_mut().expire_records(world.now());
        world.cloud.borrow_mut().jobs.time_out();
        world.oracle.borrow_mut().time_out();
    }

    fn plan_edit(&self) {
        let gap = self.world.scenario.edits;
        if gap > 0 {
            let at = self.world.now() + self.world.random(|rng| rng.between(1, 2 * gap));
            self.world.schedule(at, Event::Edit);
        }
    }

    /// Whether the actor can be polled now. Else it crashed, or pauses, and `again` is told until when.
    fn is_ready(&mut self, actor: usize, mut again: impl FnMut(i64)) -> bool {
        let (world, now) = (self.world, self.world.now());
        if world.calm.get() {
            return true;
        }
        if self.paused[actor] > now {
            again(self.paused[actor]);
            return false;
        }
        if world.random(|rng| rng.chance(world.scenario.crashes)) {
            self.crash(actor);
            return false;
        }
        if world.random(|rng| rng.chance(world.scenario.pauses)) {
            self.paused[actor] = now + world.random(|rng| rng.between(1_000, world.scenario.pause));
            world.note(|| format!("{actor} pauses"));
            again(self.paused[actor]);
            return false;
        }
        true
    }

    fn crash(&mut self, actor: usize) {
        let world = self.world;
        world.note(|| format!("{actor} crashes"));
        self.lives[actor] = None;
        let at = world.now() + world.random(|rng| rng.between(1_000, 600_000));
        world.schedule(at, Event::Restart(actor));
    }

    fn begin(&mut self, actor: usize, live: impl FnOnce(Link<'w>) -> Life<'w>) {
        let life = self.world.oracle.borrow_mut().born(actor, self.born[actor] + 1);
        self.world.note(|| format!("{actor} begins"));
        self.born[actor] = life;
        self.lives[actor] = Some(live(Link { world: self.world, actor, life }));
        self.poll(actor);
    }

    fn poll(&mut self, actor: usize) {
        let Some(life) = &mut self.lives[actor] else { return };
        self.steps += 1;
        if life.as_mut().poll(&mut Context::from_waker(Waker::noop())) == Poll::Ready(()) {
            self.lives[actor] = None;
        }
    }
}

impl World {
    fn progress(&self, stack: usize, step: u32) {
        let mut cloud = self.cloud.borrow_mut();
        self.random(|rng| cloud.step(stack, step, self.now(), rng));
        self.note(|| {
            cloud.stacks.get(stack).map_or_else(String::new, |it| format!("  {} is {}", it.facts.id, it.status()))
        });
        self.go_on(&mut cloud);
    }

    /// The next step of an execution; it deploys whether anybody still wants it or not.
    fn execute(&self, id: &ExecutionId, step: u32) {
        let mut cloud = self.cloud.borrow_mut();
        let deploys = self.random(|rng| cloud.executions.step(id, step, self.now(), rng));
        if let Some(deploy) = &deploys {
            let deployed = self.random(|rng| cloud.deploy(deploy, self.now(), rng));
            self.note(|| format!("  {deployed:?}"));
        }
        self.go_on(&mut cloud);
        drop(cloud);
        if let Some(deploy) = &deploys {
            self.oracle.borrow_mut().deploys(self, id, deploy);
        }
    }

    /// What AWS does next by itself.
    pub(crate) fn go_on(&self, cloud: &mut Cloud) {
        for (at, stack, step) in cloud.progress.drain(..) {
            self.schedule(at, Event::Progress(stack, step));
        }
        for (at, execution, step) in cloud.executions.steps.drain(..) {
            self.schedule(at, Event::Execution(execution, step));
        }
    }

    /// Somebody does something by hand; sometimes it is a clock that is set.
    fn edit(&self) {
        if self.random(|rng| rng.chance(100)) {
            let actors: Vec<usize> = actors(&self.scenario).collect();
            let actor = self.random(|rng| *rng.pick(&actors));
            self.step_clock(actor);
            self.oracle.borrow_mut().clock_set(self);
            return;
        }
        let edit = self.random(|rng| *rng.pick(&self.scenario.edit_kinds));
        self.note(|| format!("  by hand: {edit:?}"));
        let mut cloud = self.cloud.borrow_mut();
        self.random(|rng| cloud.edit(edit, &self.scenario.names, self.now(), rng));
        self.go_on(&mut cloud);
    }
}

/// Whoever there is.
fn actors(scenario: &Scenario) -> impl Iterator<Item = usize> {
    let delivers = |job: usize| deliverers(job).take(scenario.kit.deliveries[job]);
    let jobs = if scenario.jobs { JOBS.len() } else { 0 };
    (0..CLAIMERS + SWEEPERS).chain((0..jobs).flat_map(delivers))
}

/// How many runs of sweep, a quarter of an hour apart, have to be enough (I15).
pub(crate) const RUNS: usize = 40;
/// How many repairs have to be enough (I17): a run goes on for a quarter of an hour, and clocks are an hour apart.
pub(crate) const REPAIRS: usize = 6;

/// Whether anything is left to do.
pub(crate) fn is_settled(world: &World) -> bool {
    Oracle::left_over(world).is_none() && Oracle::unsettled(world).is_none()
}
