//! Who goes on next: deliveries, each a future, that repeat when they come to nothing, as Lambda repeats them.

use std::{
    pin::Pin,
    task::{Context, Poll, Waker},
};

use jiff::{SignedDuration, Timestamp};
use pipeline_core::{ports::PortError, record::tell::Heard};

use crate::tell::square::Square;

/// One attempt at a delivery.
pub(crate) type Attempt<'a> = Pin<Box<dyn Future<Output = Result<Heard, PortError>> + 'a>>;

/// Something that happens: the square changes, and events are sent.
pub(crate) struct Happening<'a, E> {
    /// What changes.
    pub(crate) change: Box<dyn Fn() + 'a>,
    /// The events of it, and how much later each comes.
    pub(crate) events: Vec<(E, SignedDuration)>,
}

/// Chooses one of so many.
pub(crate) trait Choose {
    fn choose(&mut self, of: usize) -> usize;
}

/// Whoever began first goes on.
pub(crate) struct InTurn;

impl Choose for InTurn {
    fn choose(&mut self, _: usize) -> usize {
        0
    }
}

/// By chance.
pub(crate) struct Chance(pub(crate) u64);

impl Choose for Chance {
    fn choose(&mut self, of: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % of as u64).expect("smaller than a usize")
    }
}

/// One after the other, all that there are.
#[derive(Default)]
pub(crate) struct Each {
    path: Vec<(usize, usize)>,
    at: usize,
}

impl Each {
    /// Whether there is another, which the next choices are.
    pub(crate) fn again(&mut self) -> bool {
        self.at = 0;
        while let Some((chosen, of)) = self.path.pop() {
            if chosen + 1 < of {
                self.path.push((chosen + 1, of));
                return true;
            }
        }
        false
    }
}

impl Choose for Each {
    fn choose(&mut self, of: usize) -> usize {
        if self.at == self.path.len() {
            self.path.push((0, of));
        }
        let (chosen, known) = self.path[self.at];
        assert_eq!(known, of, "the same choices lead to the same places");
        self.at += 1;
        chosen
    }
}

/// How often Lambda delivers an event.
const ATTEMPTS: usize = 3;

struct Due<E> {
    event: E,
    attempt: usize,
    at: Timestamp,
}

struct Task<'a, E> {
    attempt: Attempt<'a>,
    due: Due<E>,
    wakes: Option<Timestamp>,
}

/// Has everything happen, in an order that `choose` chooses, until nothing is left. What every delivery came to.
pub(crate) fn play<'a, E: Clone>(
    square: &'a Square,
    happenings: Vec<Happening<'a, E>>,
    choose: &mut impl Choose,
    attempt: impl Fn(E, usize) -> Attempt<'a>,
) -> Vec<Result<Heard, PortError>> {
    let (mut happenings, mut dues, mut tasks) = (happenings.into_iter().peekable(), vec![], vec![]);
    let mut came_to = vec![];
    loop {
        let now = square.now.get();
        let ready: Vec<usize> = (0..tasks.len()).filter(|at| is_ready(&tasks[*at], now)).collect();
        let open: Vec<usize> = (0..dues.len()).filter(|at| due(&dues[*at]) <= now).collect();
        let happens = usize::from(happenings.peek().is_some());
        let all = ready.len() + open.len() + happens;
        if all == 0 {
            let wakes = tasks.iter().filter_map(|task: &Task<'_, E>| task.wakes).chain(dues.iter().map(due)).min();
            let Some(next) = wakes else { return came_to };
            square.now.set(next);
            continue;
        }
        let chosen = if all == 1 { 0 } else { choose.choose(all) };
        if let Some(at) = ready.get(chosen) {
            step(square, &mut tasks, *at, &mut dues, &mut came_to);
        } else if let Some(at) = open.get(chosen - ready.len()) {
            let due: Due<E> = dues.remove(*at);
            tasks.push(Task { attempt: attempt(due.event.clone(), due.attempt), due, wakes: None });
        } else if let Some(Happening { change, events }) = happenings.next() {
            change();
            dues.extend(events.into_iter().map(|(event, later)| Due { event, attempt: 1, at: now + later }));
        }
    }
}

fn due<E>(due: &Due<E>) -> Timestamp {
    due.at
}

fn is_ready<E>(task: &Task<'_, E>, now: Timestamp) -> bool {
    task.wakes.is_none_or(|wakes| wakes <= now)
}

fn step<E: Clone>(
    square: &Square,
    tasks: &mut Vec<Task<'_, E>>,
    at: usize,
    dues: &mut Vec<Due<E>>,
    came_to: &mut Vec<Result<Heard, PortError>>,
) {
    square.is_ready.set(false);
    square.wakes.set(None);
    let polled = tasks[at].attempt.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    let failed = match polled {
        Poll::Pending if square.is_killed.take() => {
            Err(PortError::Unavailable { operation: "live".to_owned(), detail: "killed".to_owned() })
        }
        Poll::Pending => {
            tasks[at].wakes = square.wakes.get().filter(|_| !square.is_ready.get());
            return;
        }
        Poll::Ready(done) => done,
    };
    let Task { due: Due { event, attempt, .. }, .. } = tasks.remove(at);
    if failed.is_err() && attempt < ATTEMPTS {
        let pause = SignedDuration::from_mins(i64::try_from(attempt).expect("a few"));
        dues.push(Due { event, attempt: attempt + 1, at: square.now.get() + pause });
    } else {
        came_to.push(failed);
    }
}
