//! How fast CloudFormation and IAM are called: both limit the calls of a whole account.

use std::cell::Cell;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::{
    lease::due::later,
    ports::{Clock, PortError},
};

/// The longest pause after the first throttled call, in milliseconds; each is twice the one before.
const FIRST: u64 = 500;
/// The longest pause at all, in milliseconds.
const LONGEST: u64 = 20_000;

/// Gives calls their turns. No call is repeated: whatever was throttled is left to the next run.
#[derive(Debug)]
pub struct Pace<'a, C, R> {
    clock: &'a C,
    random: &'a R,
    gap: SignedDuration,
    until: Timestamp,
    next: Cell<Timestamp>,
    throttled: Cell<u32>,
}

impl<'a, C: Clock, R: Fn() -> Uuid> Pace<'a, C, R> {
    /// Calls at `rate` a second, none of which begins after `until`.
    pub fn new(clock: &'a C, random: &'a R, rate: u32, until: Timestamp) -> Self {
        let gap = SignedDuration::from_nanos(1_000_000_000 / i64::from(rate.max(1)));
        Self { clock, random, gap, until, next: Cell::new(clock.now()), throttled: Cell::new(0) }
    }

    /// Whether the run's time is up.
    pub fn is_over(&self) -> bool {
        self.clock.now() > self.until
    }

    /// Makes the call when its turn comes.
    pub async fn call<T>(&self, call: impl Future<Output = Result<T, PortError>>) -> Result<T, PortError> {
        let turn = self.next.get().max(self.clock.now());
        if turn > self.until {
            return Err(late());
        }
        self.next.set(later(turn, self.gap));
        self.clock.sleep_until(turn).await;
        let answer = call.await;
        match &answer {
            Err(PortError::Throttled { .. }) => self.back_off(),
            _ => self.throttled.set(0),
        }
        answer
    }

    /// Full jitter: any pause up to one that doubles, so that sweepers which were throttled together do not come back
    /// together.
    fn back_off(&self) {
        let times = self.throttled.replace(self.throttled.get().saturating_add(1));
        let longest = FIRST.checked_shl(times.min(16)).unwrap_or(LONGEST).min(LONGEST);
        let share = (self.random)().as_u64_pair().1 & u64::from(u32::MAX);
        let pause = i64::try_from((longest * share) >> 32).unwrap_or(0);
        let resume = later(self.clock.now(), SignedDuration::from_millis(pause));
        self.next.set(self.next.get().max(resume));
    }
}

fn late() -> PortError {
    PortError::Throttled {
        operation: "call CloudFormation or IAM".to_owned(),
        detail: "the run's time is up".to_owned(),
    }
}
