//! A run: observes, decides, and applies.

use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    ports::Clock,
    sweep::{
        policy::Policy,
        reach::{Act, Look},
        report::{Mode, Report, Work},
    },
};

/// Sweep, with the ports it takes.
#[derive(Debug)]
pub struct Sweep<'a, C, E, H, R> {
    /// Time.
    pub clock: &'a C,
    /// What it looks with: [`Eyes`](super::reach::Eyes).
    pub eyes: E,
    /// What it changes things with: [`Hands`](super::reach::Hands). Untouched when it plans (I13).
    pub hands: H,
    /// What may be deleted.
    pub policy: Policy,
    /// Randomness, for nonces and for pauses.
    pub random: R,
}

impl<C: Clock, E: Look, H: Act, R: Fn() -> Uuid> Sweep<'_, C, E, H, R> {
    /// One run, which begins nothing any more from shortly before `until` on.
    pub async fn run(&self, mode: Mode, work: Work, until: Timestamp) -> Report {
        let _ = (work, until);
        Report::new(mode, self.clock.now())
    }
}
