//! The system's time, behind the port.

use jiff::{SignedDuration, Timestamp};
use pipeline_core::ports::Clock;
use uuid::Uuid;

/// The clock of the machine.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    async fn sleep_until(&self, at: Timestamp) {
        // A time that has passed is a negative duration, which has no unsigned form.
        if let Ok(left) = at.duration_since(self.now()).try_into() {
            tokio::time::sleep(left).await;
        }
    }

    fn part_of(&self, longest: SignedDuration) -> SignedDuration {
        let (_, random) = Uuid::new_v4().as_u64_pair();
        let share = i128::from(random & u64::from(u32::MAX));
        SignedDuration::from_nanos_i128(longest.as_nanos().saturating_mul(share) >> 32)
    }
}
