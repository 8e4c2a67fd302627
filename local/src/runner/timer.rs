//! The one timer: it wakes the runner when time alone changes something.

use std::future::pending;
use std::sync::Weak;

use jiff::Timestamp;
use tokio::sync::watch::Receiver;

use super::{Inner, Runner};
use crate::clock::Clock;

/// Ticks whenever something is due, until the runner is gone.
pub(super) async fn run(clock: Clock, mut due: Receiver<Option<Timestamp>>, runner: Weak<Inner>) {
    loop {
        let at = *due.borrow_and_update();
        tokio::select! {
            changed = due.changed() => {
                if changed.is_err() {
                    return;
                }
            }
            () = until(clock, at) => {
                let Some(inner) = runner.upgrade() else { return };
                Runner(inner).tick();
                // What is due after that is news; a timer for what stays due would never rest.
                if due.changed().await.is_err() {
                    return;
                }
            }
        }
    }
}

async fn until(clock: Clock, at: Option<Timestamp>) {
    match at {
        Some(at) => clock.sleep_until(at).await,
        None => pending().await,
    }
}
