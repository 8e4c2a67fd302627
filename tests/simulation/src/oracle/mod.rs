//! What must hold, checked at every request, every change and every answer. Every violation names its invariant.
//!
//! It trusts nothing that the core says: what an actor may do follows from what the network answered it, and from what
//! AWS really holds.

mod answers;
mod deletions;
mod ends;
mod executions;
mod eyes;
mod jobs;
mod quarantine;
mod runs;
mod transitions;

use std::{collections::BTreeMap, rc::Rc};

use executions::Deployments;
use eyes::Eyes;
use jiff::Timestamp;
use jobs::JobLedger;
use pipeline_core::{
    ids::{FencingToken, Holder, Source, StackArn, StackName},
    lease::record::{Lease, Notice},
    ports::PortError,
    sweep::report::{Mode, Work},
};

pub(crate) use answers::Ask;

use crate::{
    network::Packet,
    op::{Op, Reply, Target},
    scenario::{ACTORS, CLAIMERS, SWEEPERS, Scenario},
    world::{Answered, World},
};

/// A promise that was broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The invariant, such as `I3`.
    pub invariant: &'static str,
    /// What happened.
    pub what: String,
}

/// Who sends a request: in which life, in which run, and what a claimer was asked for.
pub(crate) struct Sender {
    pub(crate) life: u32,
    pub(crate) run: u32,
    pub(crate) ask: Option<Rc<Ask>>,
}

/// What a check says.
type Checked = Result<(), Violation>;

/// A violation, unless `holds`.
fn ensure(holds: bool, invariant: &'static str, what: impl FnOnce() -> String) -> Checked {
    if holds { Ok(()) } else { Err(Violation { invariant, what: what() }) }
}

/// What was ever true of a name.
#[derive(Debug, Default)]
struct NameLedger {
    /// All claims, by token; adopted ones without a holder.
    claims: BTreeMap<FencingToken, Claimed>,
    /// When the standing mark was committed, by true time.
    marked_at: i64,
    /// Which actor's which run wrote what stands.
    writer: Option<(usize, u32)>,
    /// The run that first found no stack of the name.
    absent_run: Option<(usize, u32)>,
    /// Until when it is to be kept, as a claimer asked last, and when that was committed, by true time.
    hold: Option<(Timestamp, i64)>,
    deployments: Deployments,
}

/// What a claim came to.
#[derive(Debug, Default)]
struct Claimed {
    holder: Option<Holder>,
    source: Option<Source>,
    /// Whether its holder let buckets be emptied.
    empty_buckets: bool,
    expires_at: Option<Timestamp>,
    released: bool,
    bound: Option<StackArn>,
}

/// A tombstone that was committed.
#[derive(Debug)]
struct Tombstone {
    seq: u64,
    token: FencingToken,
    notice: Notice,
    empty_buckets: bool,
    /// The request tokens that were sent after the deletion had failed, and those of them that were answered.
    retried: Vec<String>,
    answered: Vec<String>,
}

/// What an actor believes that it holds.
#[derive(Debug)]
struct Belief {
    source: String,
    expires_at: Timestamp,
    /// Whether its latest write was acknowledged.
    acknowledged: bool,
}

/// The oracle of one seed.
pub(crate) struct Oracle {
    /// The first violation.
    pub(crate) violation: Option<Violation>,
    seq: u64,
    names: BTreeMap<StackName, NameLedger>,
    tombstones: BTreeMap<StackArn, Tombstone>,
    /// What people were told, and when.
    told: Vec<(i64, String)>,
    eyes: Vec<Eyes>,
    asks: Vec<Option<Rc<Ask>>>,
    /// By claimer and name.
    beliefs: BTreeMap<(usize, StackName), Belief>,
    jobs: JobLedger,
    /// Whether CodePipeline gave up on all jobs.
    timed_out: bool,
    lives: [u32; ACTORS],
    grace: i64,
    spread: i64,
    max_deletes: usize,
    max_attempts: u32,
    within_margin: bool,
}

impl Oracle {
    pub(crate) fn new(scenario: &Scenario) -> Self {
        Self {
            violation: None,
            seq: 0,
            names: BTreeMap::new(),
            tombstones: BTreeMap::new(),
            told: Vec::new(),
            eyes: (0..ACTORS).map(|_| Eyes::default()).collect(),
            asks: (0..ACTORS).map(|_| None).collect(),
            beliefs: BTreeMap::new(),
            jobs: JobLedger::default(),
            timed_out: false,
            lives: [0; ACTORS],
            grace: scenario.grace,
            spread: scenario.spread,
            max_deletes: scenario.max_deletes,
            max_attempts: scenario.max_attempts,
            within_margin: scenario.is_within_margin(),
        }
    }

    fn judge(&mut self, checked: Checked) {
        if let (Err(violation), None) = (checked, &self.violation) {
            self.violation = Some(violation);
        }
    }

    /// An actor begins anew, and knows nothing of before.
    pub(crate) fn born(&mut self, actor: usize, life: u32) -> u32 {
        self.lives[actor] = life;
        self.eyes[actor].begin(Mode::Apply, Work::Due);
        self.asks[actor] = None;
        self.beliefs.retain(|(holder, _), _| *holder != actor);
        self.jobs.born(actor);
        self.lives[actor]
    }

    /// A sweeper begins a run.
    pub(crate) fn begin_run(&mut self, actor: usize, mode: Mode, work: Work) {
        self.eyes[actor].begin(mode, work);
    }

    /// A request is sent.
    pub(crate) fn sending(&mut self, world: &World, actor: usize, op: &Op) -> Sender {
        let checked = match actor {
            claimer if claimer < CLAIMERS => {
                self.unacknowledged(claimer, op);
                Ok(())
            }
            sweeper if sweeper < CLAIMERS + SWEEPERS => self.check_request(world, sweeper, op),
            _ => Ok(()),
        };
        self.judge(checked);
        let checked = self.check_job(world, actor, op);
        self.judge(checked);
        Sender { life: self.lives[actor], run: self.eyes[actor].run, ask: self.asks[actor].clone() }
    }

    /// A request was applied, where the lease that it is about was `before`, and this is what comes back.
    pub(crate) fn applied(
        &mut self,
        world: &World,
        packet: &Packet,
        before: Option<&Lease>,
        result: &Result<Reply, PortError>,
    ) -> u64 {
        self.seq += 1;
        let checked = match (&packet.op, result) {
            (Op::Write { next, .. }, Ok(Reply::Written(written))) => {
                let done = matches!(**written, pipeline_core::lease::store::Replaced::Done);
                if done { self.committed(world, packet, before, next) } else { Ok(()) }
            }
            (Op::Tell { text, .. }, _) => {
                self.told.push((world.now(), text.clone()));
                Ok(())
            }
            (op, _) => self.jobs.applied(&world.cloud.borrow(), op),
        };
        self.judge(checked);
        self.seq
    }

    /// An answer arrives.
    pub(crate) fn heard(&mut self, world: &World, packet: &Packet, answered: &Answered) {
        if let (Op::Delete { target: Target::Id(id), request_token }, Ok(_)) = (&packet.op, &answered.result) {
            self.deletion_begun(id, request_token);
        }
        if packet.actor < CLAIMERS + SWEEPERS {
            self.eyes[packet.actor].heard(&packet.op, answered);
        }
        if packet.slot.is_awaited() {
            self.jobs.heard(world, packet.actor, &packet.op, answered);
        }
    }
}
