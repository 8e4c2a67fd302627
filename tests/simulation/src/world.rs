//! One seed's world: virtual time, what is under way, and the actors' clocks.

use std::{
    cell::{Cell, RefCell},
    cmp::{Ordering, Reverse},
    collections::BinaryHeap,
    rc::Rc,
};

use jiff::Timestamp;
use pipeline_core::{
    ids::{ExecutionId, JobId, Nonce},
    lease::store::Replaced,
};
use uuid::Uuid;

use crate::{
    cloud::{Cloud, at},
    mutants::Mutant,
    network::{Packet, Slot},
    op::{Op, Reply, state},
    oracle::Oracle,
    rng::Rng,
    scenario::{ACTORS, Scenario},
};

/// When every seed begins: 2026-11-21T12:00:00Z.
pub(crate) const BEGIN: i64 = 1_795_262_400_000;

/// What happens at a time.
#[derive(Debug)]
pub(crate) enum Event {
    /// A request reaches AWS.
    Arrive(Rc<Packet>, Answering),
    /// An answer reaches whoever asked.
    Answer(Rc<Packet>, Box<Answered>),
    /// A sleeper's time has come.
    Wake(usize, u32, Rc<Slot>),
    /// An actor begins anew.
    Restart(usize),
    /// An operation of CloudFormation goes on.
    Progress(usize, u32),
    /// An execution of the pipeline goes on.
    Execution(ExecutionId, u32),
    /// A test settles its job.
    SettleItself(JobId),
    /// Somebody does something by hand.
    Edit,
    /// More than a year passes.
    Leap,
}

/// Whether an applied request is answered.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Answering {
    /// After this time, in ms.
    After(i64),
    /// It is not: the answer is lost, or this is a copy.
    Not,
}

/// An answer, and the place in AWS's history at which it was true.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) result: Result<Reply, pipeline_core::ports::PortError>,
    pub(crate) seq: u64,
}

impl Answered {
    /// What it says, for the trace.
    pub(crate) fn said(&self, op: &Op) -> String {
        match (&self.result, op) {
            (Err(error), _) => error.to_string(),
            (Ok(Reply::Lease(Some(lease))), _) => format!("{} {} {}", lease.stack, lease.token, state(lease)),
            (Ok(Reply::Written(written)), _) => match &**written {
                Replaced::Done => "written".to_owned(),
                Replaced::Conflict(standing) => {
                    format!("conflict: {}", standing.as_ref().map_or_else(|| "no record".to_owned(), state))
                }
            },
            (Ok(reply), _) => format!("{reply:?}"),
        }
    }
}

struct Entry {
    at: i64,
    seq: u64,
    event: Event,
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Entry {}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.at, self.seq).cmp(&(other.at, other.seq))
    }
}

/// What is under way.
#[derive(Default)]
struct Queue {
    entries: BinaryHeap<Reverse<Entry>>,
    seq: u64,
}

/// The world of one seed.
pub(crate) struct World {
    now: Cell<i64>,
    rng: RefCell<Rng>,
    queue: RefCell<Queue>,
    /// How far each actor's clock is off.
    offsets: [Cell<i64>; ACTORS],
    /// How far each actor's clock was ever set back.
    set_back: [Cell<i64>; ACTORS],
    /// Whether faults have stopped.
    pub(crate) calm: Cell<bool>,
    pub(crate) scenario: Scenario,
    pub(crate) cloud: RefCell<Cloud>,
    pub(crate) oracle: RefCell<Oracle>,
    pub(crate) mutant: Option<Box<dyn Mutant>>,
    /// What happened, if anybody wants to know.
    trace: Option<RefCell<Vec<String>>>,
}

impl World {
    /// The world of `seed`.
    pub(crate) fn new(seed: u64, mutant: Option<Box<dyn Mutant>>, traced: bool) -> Self {
        let mut rng = Rng::new(seed);
        let scenario = Scenario::draw(&mut rng);
        let mut cloud = Cloud::new(BEGIN, scenario.kit);
        cloud.failing = scenario.failing;
        cloud.lag = scenario.lag;
        let oracle = Oracle::new(&scenario);
        let offsets = [const { Cell::new(0) }; ACTORS];
        for offset in &offsets {
            offset.set(draw_offset(&scenario, &mut rng));
        }
        Self {
            now: Cell::new(BEGIN),
            rng: RefCell::new(rng),
            queue: RefCell::default(),
            offsets,
            set_back: [const { Cell::new(0) }; ACTORS],
            calm: Cell::new(false),
            scenario,
            cloud: RefCell::new(cloud),
            oracle: RefCell::new(oracle),
            mutant,
            trace: traced.then(RefCell::default),
        }
    }

    pub(crate) fn now(&self) -> i64 {
        self.now.get()
    }

    /// Time passes.
    pub(crate) fn advance(&self, to: i64) {
        self.now.set(to.max(self.now.get()));
    }

    /// The time by this actor's clock.
    pub(crate) fn clock(&self, actor: usize) -> Timestamp {
        at(self.now() + self.offsets[actor].get())
    }

    pub(crate) fn offset(&self, actor: usize) -> i64 {
        self.offsets[actor].get()
    }

    /// Somebody sets a clock, forwards or backwards.
    pub(crate) fn step_clock(&self, actor: usize) {
        let offset = draw_offset(&self.scenario, &mut self.rng.borrow_mut());
        self.note(|| format!("the clock of {actor} goes from {} to {offset} ms", self.offset(actor)));
        let back = &self.set_back[actor];
        back.set(back.get() + (self.offset(actor) - offset).max(0));
        self.offsets[actor].set(offset);
    }

    /// The latest that this actor's clock can have shown by `time`: it may have been set back since.
    pub(crate) fn latest(&self, actor: usize, time: Timestamp) -> Timestamp {
        at(time.as_millisecond() + self.set_back[actor].get())
    }

    pub(crate) fn random<T>(&self, draw: impl FnOnce(&mut Rng) -> T) -> T {
        draw(&mut self.rng.borrow_mut())
    }

    pub(crate) fn uuid(&self) -> Uuid {
        self.random(|rng| Uuid::from_u64_pair(rng.next(), rng.next()))
    }

    pub(crate) fn nonce(&self) -> Nonce {
        Nonce::from_random(self.uuid())
    }

    /// Lets `event` happen at `at`, and after what happens then already.
    pub(crate) fn schedule(&self, at: i64, event: Event) {
        let mut queue = self.queue.borrow_mut();
        queue.seq += 1;
        let entry = Entry { at: at.max(self.now()), seq: queue.seq, event };
        queue.entries.push(Reverse(entry));
    }

    /// What happens next, and when.
    pub(crate) fn next_event(&self) -> Option<(i64, Event)> {
        self.queue.borrow_mut().entries.pop().map(|Reverse(entry)| (entry.at, entry.event))
    }

    /// Writes a line of the trace, if there is one.
    pub(crate) fn note(&self, line: impl FnOnce() -> String) {
        if let Some(trace) = &self.trace {
            let passed = self.now() - BEGIN;
            trace.borrow_mut().push(format!("{:>7}.{:03} s  {}", passed / 1000, passed % 1000, line()));
        }
    }

    /// All that happened.
    pub(crate) fn into_trace(self) -> Vec<String> {
        self.trace.map(RefCell::into_inner).unwrap_or_default()
    }
}

/// Clocks are all within the same span, so that no two of them are further apart.
fn draw_offset(scenario: &Scenario, rng: &mut Rng) -> i64 {
    match rng.below(4) {
        0 => 0,
        1 => scenario.spread,
        _ => rng.between(0, scenario.spread + 1),
    }
}
