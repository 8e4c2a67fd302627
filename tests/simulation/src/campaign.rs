//! Many seeds on several threads.

use std::{
    ops::Range,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use simulation::{Outcome, Settings, Violation, run};

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
    /// With a mutant: a seed that broke another promise than the mutant is about.
    pub(crate) other: Option<Found>,
}

/// Runs a seed, and names it if it panics.
fn attempt(seed: u64, settings: Settings) -> Outcome {
    std::panic::catch_unwind(|| run(seed, settings)).unwrap_or_else(|panic| {
        eprintln!("seed {seed} panics");
        std::panic::resume_unwind(panic)
    })
}

/// Whether a mutant is about this promise.
fn is_meant(violation: &Violation, settings: Settings) -> bool {
    settings.mutant.is_none_or(|mutant| mutant.invariants.contains(&violation.invariant))
}

fn keep_least(place: &Mutex<Option<Found>>, found: Found) {
    let mut place = place.lock().unwrap_or_else(PoisonError::into_inner);
    if place.as_ref().is_none_or(|before| found.seed < before.seed) {
        *place = Some(found);
    }
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
    let (found, other): (Mutex<Option<Found>>, Mutex<Option<Found>>) = Default::default();
    let work = || {
        while !stop.load(Ordering::Relaxed) {
            let from = next.fetch_add(BATCH, Ordering::Relaxed);
            if from >= range.end {
                break;
            }
            // A batch is run to its end or its first violation, so that the least seed of all is the one that is told.
            for seed in from..range.end.min(from.saturating_add(BATCH)) {
                let outcome = attempt(seed, settings);
                steps.fetch_add(outcome.steps, Ordering::Relaxed);
                done.fetch_add(1, Ordering::Relaxed);
                // A mutant is known by what does not happen without it.
                let counts = |_: &Violation| settings.mutant.is_none() || holds(seed, settings);
                if let Some(violation) = outcome.violation.filter(counts) {
                    if !is_meant(&violation, settings) {
                        keep_least(&other, Found { seed, violation });
                        continue;
                    }
                    stop.store(true, Ordering::Relaxed);
                    keep_least(&found, Found { seed, violation });
                    break;
                }
            }
            progress(done.load(Ordering::Relaxed));
        }
    };
    std::thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
    let [found, other] = [found, other].map(|it| it.into_inner().unwrap_or_else(PoisonError::into_inner));
    Campaign { seeds: done.into_inner(), steps: steps.into_inner(), found, other }
}
