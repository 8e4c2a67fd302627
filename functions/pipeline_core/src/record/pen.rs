//! What was told, kept so that one at a time tells more.
//!
//! Whoever is to tell something takes the pen, reads nothing that is older than what was told before, tells it, and lays
//! the pen down. Who holds it does nothing more when its time is over, so that whoever takes it then is alone, too. Only a
//! request that is under way at that moment may arrive later; so who finds their pen taken tells once more.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    ids::Nonce,
    ports::{Clock, PortError, Retry, patiently},
    preview::ports::Replaced,
};

/// What was told of one thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slip<T> {
    /// What.
    pub told: T,
    /// Until when somebody is telling more.
    pub pen: Option<Timestamp>,
    /// The write that made this version (I8).
    pub nonce: Nonce,
}

/// Where slips are.
pub trait KeepSlips<K, T> {
    /// The slip of `key`, read consistently.
    fn slip(&self, key: &K) -> impl Future<Output = Result<Option<Slip<T>>, PortError>>;
    /// Writes `next` if `seen` still stands, as its nonce tells.
    fn replace_slip(
        &self,
        key: &K,
        seen: Option<&Slip<T>>,
        next: &Slip<T>,
    ) -> impl Future<Output = Result<Replaced<Slip<T>>, PortError>>;
}

/// How long one may hold the pen.
const EFFORT: SignedDuration = SignedDuration::from_secs(30);
/// How much longer it is left to them, as clocks differ and the last request may still be under way.
const MARGIN: SignedDuration = SignedDuration::from_secs(10);
/// How often it is asked for by those who wait.
const PAUSE: SignedDuration = SignedDuration::from_secs(1);

/// Where one slip lies.
pub(super) struct Desk<'a, C, S, K, N> {
    pub(super) clock: &'a C,
    pub(super) slips: &'a S,
    pub(super) key: &'a K,
    pub(super) nonce: &'a N,
    /// When our own time is over.
    pub(super) until: Timestamp,
}

impl<C: Clock, S, K, N: Fn() -> Nonce> Desk<'_, C, S, K, N> {
    /// What stands when nobody holds the pen, or nobody any more.
    pub(super) async fn free<T>(&self) -> Result<Option<Slip<T>>, PortError>
    where
        S: KeepSlips<K, T>,
    {
        loop {
            let slip = patiently(self.clock, self.until, Retry::Anything, async || self.slips.slip(self.key).await);
            let slip = slip.await?;
            let (now, pen) = (self.clock.now(), slip.as_ref().and_then(|slip| slip.pen));
            let Some(pen) = pen.map(|pen| after(pen, MARGIN)).filter(|pen| *pen > now) else { return Ok(slip) };
            let next = after(now, PAUSE).min(pen);
            if next >= self.until {
                let (operation, detail) =
                    ("tell what has changed".to_owned(), "somebody else is telling it".to_owned());
                return Err(PortError::Unavailable { operation, detail });
            }
            self.clock.sleep_until(next).await;
        }
    }

    /// Writes that what was seen still stands, if it does.
    pub(super) async fn confirm<T>(&self, seen: Option<&Slip<T>>, told: T) -> Result<bool, PortError>
    where
        S: KeepSlips<K, T>,
    {
        self.write(seen, &Slip { told, pen: None, nonce: (self.nonce)() }, self.until).await
    }

    /// Takes the pen if what was seen still stands.
    pub(super) async fn take<T>(&self, seen: Option<&Slip<T>>, told: T) -> Result<Option<Slip<T>>, PortError>
    where
        S: KeepSlips<K, T>,
    {
        let pen = after(self.clock.now(), EFFORT).min(self.until);
        let next = Slip { told, pen: Some(pen), nonce: (self.nonce)() };
        Ok(self.write(seen, &next, pen).await?.then_some(next))
    }

    /// Lays the pen down; whether it was still ours. After `done` came to nothing that is known, nobody takes it up before
    /// its time is over, as a request may still be under way.
    pub(super) async fn lay_down<T>(
        &self,
        held: &Slip<T>,
        told: T,
        done: &Result<(), PortError>,
    ) -> Result<bool, PortError>
    where
        S: KeepSlips<K, T>,
    {
        let pen = held.pen.filter(|_| matches!(done, Err(PortError::Unavailable { .. })));
        let next = Slip { told, pen, nonce: (self.nonce)() };
        self.write(Some(held), &next, self.until).await
    }

    /// I8: what was written, with the reply lost, is found to stand when it is written again.
    async fn write<T>(&self, seen: Option<&Slip<T>>, next: &Slip<T>, until: Timestamp) -> Result<bool, PortError>
    where
        S: KeepSlips<K, T>,
    {
        let write = async || self.slips.replace_slip(self.key, seen, next).await;
        Ok(match patiently(self.clock, until, Retry::Anything, write).await? {
            Replaced::Done => true,
            Replaced::Conflict(standing) => standing.is_some_and(|standing| standing.nonce == next.nonce),
        })
    }
}

fn after(time: Timestamp, duration: SignedDuration) -> Timestamp {
    time.saturating_add(duration).unwrap_or(Timestamp::MAX)
}
