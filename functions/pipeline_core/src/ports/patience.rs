//! Trying again while there is time. A job has no next tick that would repair what a moment's trouble broke.

use futures_util::{
    future::{Either, select},
    pin_mut,
};
use jiff::{SignedDuration, Timestamp};

use crate::ports::{Clock, PortError};

/// The longest first pause between two attempts; it doubles with each, and any part of it is waited.
const FIRST: SignedDuration = SignedDuration::from_millis(250);
/// The longest pause at all.
const LONGEST: SignedDuration = SignedDuration::from_secs(20);

/// Which failures are worth another attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// Those that did nothing: for what must not happen twice.
    Throttled,
    /// Those that may have done something too: for reads, and for writes whose condition answers what stands (I8).
    Anything,
}

impl Retry {
    fn covers(self, error: &PortError) -> bool {
        match error {
            PortError::Throttled { .. } => true,
            PortError::Unavailable { .. } => self == Self::Anything,
            PortError::NotFound { .. } | PortError::Denied { .. } | PortError::Unusable { .. } => false,
        }
    }
}

/// Attempts until it succeeds, fails for good, or the next attempt would begin after `until`.
pub async fn patiently<T>(
    clock: &impl Clock,
    until: Timestamp,
    retry: Retry,
    attempt: impl AsyncFn() -> Result<T, PortError>,
) -> Result<T, PortError> {
    let mut pause = FIRST;
    loop {
        let error = match attempt().await {
            Ok(done) => return Ok(done),
            Err(error) => error,
        };
        let next = clock.now().saturating_add(clock.part_of(pause)).unwrap_or(Timestamp::MAX);
        if next >= until || !retry.covers(&error) {
            return Err(error);
        }
        tracing::warn!(%error, "trying again");
        clock.sleep_until(next).await;
        pause = pause.saturating_mul(2).min(LONGEST);
    }
}

/// What comes of `work` before `until`, or `None`: it is then dropped where it stands. Something that comes when the time
/// is over is late, also when nobody looked until then.
pub async fn within<T>(clock: &impl Clock, until: Timestamp, work: impl Future<Output = T>) -> Option<T> {
    let expiry = clock.sleep_until(until);
    pin_mut!(expiry, work);
    match select(expiry, work).await {
        Either::Left(_) => None,
        Either::Right((done, _)) => Some(done),
    }
}
