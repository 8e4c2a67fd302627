//! Kills and pauses processes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::process::Signal;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::sleep;

use super::dice::Dice;
use crate::function::Function;

/// The time between two signals, at most, in milliseconds.
const PACE: u64 = 300;
/// The longest pause, in milliseconds: longer than a lease lasts.
const PAUSE: u64 = 6000;

/// What was done to processes that there were.
#[derive(Debug, Clone, Copy)]
pub(super) struct Harmed {
    pub(super) kills: usize,
    pub(super) pauses: usize,
}

pub(super) struct Chaos {
    over: Arc<AtomicBool>,
    at_work: JoinHandle<Harmed>,
}

impl Chaos {
    pub(super) fn start(functions: Vec<Arc<Function>>, dice: Dice) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        Self { over: over.clone(), at_work: tokio::spawn(harm(functions, dice, over)) }
    }

    /// No process is paused any more then.
    pub(super) async fn stop(self) -> Harmed {
        self.over.store(true, Ordering::Relaxed);
        self.at_work.await.unwrap()
    }
}

async fn harm(functions: Vec<Arc<Function>>, mut dice: Dice, over: Arc<AtomicBool>) -> Harmed {
    let (mut kills, mut pauses) = (0, JoinSet::new());
    while !over.load(Ordering::Relaxed) {
        sleep(Duration::from_millis(dice.below(PACE))).await;
        let function = dice.pick(&functions).clone();
        if dice.percent(50) {
            kills += usize::from(function.signal(Signal::KILL).await);
        } else {
            pauses.spawn(pause(function, Duration::from_millis(dice.below(PAUSE))));
        }
    }
    let pauses = pauses.join_all().await.into_iter().map(usize::from).sum();
    Harmed { kills, pauses }
}

async fn pause(function: Arc<Function>, length: Duration) -> bool {
    let paused = function.signal(Signal::STOP).await;
    sleep(length).await;
    function.signal(Signal::CONT).await;
    paused
}
