//! Sweep, again and again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::json;
use tokio::time::sleep;

use super::dice::Dice;
use crate::function::{Failure, Function};

/// The time between two runs, at most, in milliseconds.
const PACE: u64 = 1500;

pub(super) struct Sweeper {
    pub(super) sweep: Arc<Function>,
    pub(super) dice: Dice,
    pub(super) over: Arc<AtomicBool>,
}

impl Sweeper {
    /// Gives how many runs came to their end.
    pub(super) async fn go_on(mut self) -> usize {
        let mut runs = 0;
        while !self.over.load(Ordering::Relaxed) {
            let event =
                if self.dice.percent(5) { json!({"adopt": true, "mode": "apply"}) } else { json!({"mode": "apply"}) };
            match self.sweep.invoke(&event.to_string()).await {
                Ok(_) => runs += 1,
                // Killed, or kept from its work by what happens to its requests: the next run goes on.
                Err(Failure::Ended(_) | Failure::TimedOut | Failure::Failed(_)) => {}
            }
            sleep(Duration::from_millis(self.dice.below(PACE))).await;
        }
        runs
    }
}
