//! The way between actors and AWS: requests and answers are delayed, repeated and lost here.

use std::{
    cell::{Cell, RefCell},
    future::Future,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker},
};

use jiff::Timestamp;
use pipeline_core::ports::PortError;

use crate::{
    op::{Op, Reply},
    oracle::{Ask, Sender},
    rng::Rng,
    scenario::Scenario,
    world::{Answered, Answering, Event, World},
};

/// After how long an actor gives up waiting for an answer, in ms.
const PATIENCE: i64 = 5_000;
/// How long a test takes at most that settles its job, in ms: some are too late.
const OWN_TEST: i64 = 1_200_000;

/// A request under way.
#[derive(Debug)]
pub(crate) struct Packet {
    pub(crate) actor: usize,
    /// Which of the actor's lives sent it.
    pub(crate) life: u32,
    pub(crate) op: Op,
    /// When it was sent, by the sender's clock.
    pub(crate) sent: Timestamp,
    /// When it was sent, by true time.
    pub(crate) sent_at: i64,
    /// What the sender was asked for or ran then; see [`crate::oracle::Eyes`].
    pub(crate) run: u32,
    /// What a claimer was asked for then, also when that is long answered.
    pub(crate) ask: Option<Rc<Ask>>,
    pub(crate) slot: Rc<Slot>,
}

/// Where an answer arrives.
#[derive(Debug, Default)]
pub(crate) struct Slot {
    pub(crate) result: RefCell<Option<Result<Reply, PortError>>>,
    waker: RefCell<Option<Waker>>,
    rung: Cell<bool>,
}

impl Slot {
    /// Whether its time came already.
    pub(crate) fn has_rung(&self) -> bool {
        self.rung.get()
    }

    /// Whether anybody still waits.
    pub(crate) fn is_awaited(self: &Rc<Self>) -> bool {
        Rc::strong_count(self) > 1
    }

    /// The answer is there.
    pub(crate) fn arrive(&self, result: Result<Reply, PortError>) {
        *self.result.borrow_mut() = Some(result);
        self.wake();
    }

    /// Wakes whoever waits.
    pub(crate) fn wake(&self) {
        self.rung.set(true);
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    pub(crate) fn wait(&self, context: &Context<'_>) {
        *self.waker.borrow_mut() = Some(context.waker().clone());
    }
}

/// Waits for an answer.
pub(crate) struct Call(Rc<Slot>);

impl Future for Call {
    type Output = Result<Reply, PortError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if let Some(result) = self.0.result.take() {
            return Poll::Ready(result);
        }
        self.0.wait(context);
        Poll::Pending
    }
}

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It is answered.
    Fine,
    /// It is refused, and changes nothing.
    Throttled,
    /// 5xx, and changes nothing.
    Failed,
    /// It is applied; the answer is lost.
    ReplyLost,
    /// It is applied after whoever asked gave up, perhaps much later.
    Late,
    /// It is applied and answered, and a copy is applied much later.
    Repeated,
    /// It is applied, the answer is lost, and a second attempt of the transport is answered.
    Retried,
}

const FAULTS: [Fate; 6] = [Fate::Throttled, Fate::Failed, Fate::ReplyLost, Fate::Late, Fate::Repeated, Fate::Retried];

fn draw(op: &Op, scenario: &Scenario, rng: &mut Rng) -> Fate {
    if !rng.chance(scenario.faults) {
        return Fate::Fine;
    }
    match *rng.pick(&FAULTS) {
        Fate::Repeated | Fate::Retried if !op.can_be_repeated() => Fate::ReplyLost,
        Fate::Late if !op.can_be_repeated() => Fate::Failed,
        fate => fate,
    }
}

impl World {
    /// Sends a request.
    pub(crate) fn send(&self, actor: usize, op: Op) -> Call {
        let Sender { life, run, ask } = self.oracle.borrow_mut().sending(self, actor, &op);
        let slot = Rc::new(Slot::default());
        let sent = self.clock(actor);
        let packet = Packet { actor, life, op, sent, sent_at: self.now(), run, ask, slot: Rc::clone(&slot) };
        let fate = if self.calm.get() { Fate::Fine } else { self.random(|rng| draw(&packet.op, &self.scenario, rng)) };
        self.note(|| {
            format!(
                "{actor} → {}{}",
                packet.op,
                if fate == Fate::Fine { String::new() } else { format!("  [{fate:?}]") }
            )
        });
        self.route(&Rc::new(packet), fate);
        Call(slot)
    }

    fn route(&self, packet: &Rc<Packet>, fate: Fate) {
        let now = self.now();
        let (there, back) = self.random(|rng| (way(&self.scenario, rng), way(&self.scenario, rng)));
        let arrive = |at: i64, answering| self.schedule(at, Event::Arrive(Rc::clone(packet), answering));
        match fate {
            Fate::Fine => arrive(now + there, Answering::After(back)),
            Fate::Throttled => self.refuse(packet, now + there + back, throttled()),
            Fate::Failed => self.refuse(packet, now + there + back, unavailable("internal error")),
            Fate::ReplyLost => {
                arrive(now + there, Answering::Not);
                self.refuse(packet, now + PATIENCE, unavailable("connection reset"));
            }
            Fate::Late => {
                arrive(now + self.random(|rng| rng.between(PATIENCE, self.scenario.late)), Answering::Not);
                self.refuse(packet, now + PATIENCE, unavailable("timed out"));
            }
            Fate::Repeated => {
                arrive(now + there, Answering::After(back));
                arrive(now + there + self.random(|rng| rng.between(1, self.scenario.late)), Answering::Not);
            }
            Fate::Retried => {
                arrive(now + there, Answering::Not);
                arrive(now + there + back, Answering::After(back));
            }
        }
    }

    fn refuse(&self, packet: &Rc<Packet>, at: i64, error: PortError) {
        let answered = Answered { result: Err(error), seq: 0 };
        self.schedule(at, Event::Answer(Rc::clone(packet), Box::new(answered)));
    }

    /// A request reaches AWS.
    pub(crate) fn arrive(&self, packet: Rc<Packet>, answering: Answering) {
        let before = match &packet.op {
            Op::Write { next, .. } => self.cloud.borrow().lease(&next.stack).cloned(),
            _ => None,
        };
        let result = {
            let mut cloud = self.cloud.borrow_mut();
            let result = self.random(|rng| cloud.apply(&packet.op, self.now(), rng));
            self.go_on(&mut cloud);
            for job in cloud.jobs.settling.drain(..) {
                let at = self.now() + self.random(|rng| rng.between(1_000, OWN_TEST));
                self.schedule(at, Event::SettleItself(job));
            }
            result
        };
        let result = self.blinded(&packet.op, result);
        let seq = self.oracle.borrow_mut().applied(self, &packet, before.as_ref(), &result);
        match answering {
            Answering::After(back) => {
                let back = back + self.duration(&packet.op);
                let answered = Answered { result, seq };
                self.schedule(self.now() + back, Event::Answer(packet, Box::new(answered)));
            }
            Answering::Not => self.note(|| format!("  applied without an answer: {} of {}", packet.op, packet.actor)),
        }
    }

    /// "Does not exist", although it does.
    fn blinded(&self, op: &Op, result: Result<Reply, PortError>) -> Result<Reply, PortError> {
        let blind = matches!(op, Op::ById(_)) && !self.calm.get();
        if blind && self.random(|rng| rng.chance(self.scenario.blind)) { Ok(Reply::Facts(None)) } else { result }
    }

    /// How long AWS itself takes.
    fn duration(&self, op: &Op) -> i64 {
        match op {
            Op::Invoke { waits: true, .. } => self.random(|rng| rng.between(1_000, self.scenario.kit.longest + 1)),
            _ => 0,
        }
    }
}

fn way(scenario: &Scenario, rng: &mut Rng) -> i64 {
    let longest = if rng.chance(50) { scenario.latency } else { scenario.latency.min(50) };
    rng.between(1, longest)
}

fn throttled() -> PortError {
    PortError::Throttled { operation: "ask AWS".to_owned(), detail: "rate exceeded".to_owned() }
}

fn unavailable(detail: &str) -> PortError {
    PortError::Unavailable { operation: "ask AWS".to_owned(), detail: detail.to_owned() }
}
