//! The system's time, behind the port.

use jiff::Timestamp;
use pipeline_core::ports::Clock;

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
}
