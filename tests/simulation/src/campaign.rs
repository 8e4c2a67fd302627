//! Many seeds on several threads.

use std::{
    ops::Range,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use simulation::{Settings, Violation, run};

/// Seeds that a thread takes at a time.
const BATCH: u64 = 64;

/// A seed that broke a promise.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) seed: u64,
    pub(crate) violation: Violation,
}

/// What came of a campaign.
#[derive(Debug)]
pub(crate) struct Campaign {
    pub(crate) seeds: u64,
    pub(crate) steps: u64,
    /// The first seed of all that broke a promise.
    pub(crate) found: Option<Found>,
}

fn holds(seed: u64, settings: Settings) -> bool {
    run(seed, Settings { mutant: None, ..settings }).violation.is_none()
}

/// Runs the seeds up to the first that breaks a promise; `progress` hears how many are done, now and then.
pub(crate) fn campaign(
    range: &Range<u64>,
    threads: u64,
    settings: Settings,
    progress: impl Fn(u64) + Sync,
) -> Campaign {
    let next = AtomicU64::new(range.start);
    let (done, steps) = (AtomicU64::new(0), AtomicU64::new(0));
    let stop = AtomicBool::new(false);
    let found: Mutex<Option<Found>> = Mutex::default();
    let work = || {
        while !stop.load(Ordering::Relaxed) {
            let from = next.fetch_add(BATCH, Ordering::Relaxed);
            if from >= range.end {
                break;
            }
            // A batch is run to its end or its first violation, so that the least seed of all is the one that is told.
            for seed in from..range.end.min(from.saturating_add(BATCH)) {
                let outcome = run(seed, settings);
                steps.fetch_add(outcome.steps, Ordering::Relaxed);
                done.fetch_add(1, Ordering::Relaxed);
                // A mutant is known by what does not happen without it.
                let counts = |_: &Violation| settings.mutant.is_none() || holds(seed, settings);
                if let Some(violation) = outcome.violation.filter(counts) {
                    stop.store(true, Ordering::Relaxed);
                    let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
                    if found.as_ref().is_none_or(|before| seed < before.seed) {
                        *found = Some(Found { seed, violation });
                    }
                    break;
                }
            }
            progress(done.load(Ordering::Relaxed));
        }
    };
    std::thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
    let found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    Campaign { seeds: done.into_inner(), steps: steps.into_inner(), found }
}
