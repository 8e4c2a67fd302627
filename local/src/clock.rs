//! What time it is, and waiting until it is another.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::{Instant, sleep};

/// The longest sleep at once: a machine that was suspended, or whose clock was set, is noticed after it.
const NAP: Duration = Duration::from_secs(30);

/// A clock.
#[derive(Debug, Clone, Copy, Default)]
pub enum Clock {
    /// The machine's.
    #[default]
    System,
    /// One that shows `start` at the instant `since` and goes as tokio's does, which can be paused and advanced.
    Tokio {
        /// What it showed.
        start: Timestamp,
        /// When it showed that.
        since: Instant,
    },
}

impl Clock {
    /// A clock that shows `start` now and then follows tokio's.
    pub fn starting(start: Timestamp) -> Self {
        Self::Tokio { start, since: Instant::now() }
    }

    /// What time it is.
    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => Timestamp::now(),
            Self::Tokio { start, since } => {
                let passed = SignedDuration::try_from(since.elapsed()).unwrap_or(SignedDuration::MAX);
                start.saturating_add(passed).unwrap_or(Timestamp::MAX)
            }
        }
    }

    /// Returns when it is `at` or later.
    pub async fn sleep_until(&self, at: Timestamp) {
        loop {
            let left = Duration::try_from(at.duration_since(self.now())).unwrap_or_default();
            if left.is_zero() {
                return;
            }
            sleep(left.min(NAP)).await;
        }
    }
}
