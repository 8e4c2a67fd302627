//! Runs leases, sweep, the jobs of `start_tests` and their repair, the real code, on an in-memory AWS with a schedule, clocks
//! and faults that a seed determines, and checks the invariants of SAFETY.md at every step.
//!
//! ```text
//!   actors (core) ── ports ── [mutant] ── network ── AWS in memory
//!        ▲                                   │            │
//!     schedule ◄──────── events ◄────────────┘         oracle
//! ```
//! Nothing outside decides anything: the same seed leads to the same trace.

mod actors;
mod cloud;
mod kit;
mod link;
#[cfg(test)]
mod model;
mod mutants;
mod network;
mod op;
mod oracle;
mod rng;
mod scenario;
mod scheduler;
mod world;

pub use mutants::{ALL as MUTANTS, Named};
pub use oracle::Violation;

use scheduler::Schedule;
use world::World;

/// How a seed is run.
#[derive(Clone, Copy)]
pub struct Settings {
    /// How often actors are polled while there are faults.
    pub steps: u64,
    /// What is wrong on purpose.
    pub mutant: Option<&'static Named>,
    /// Whether what happens is written down.
    pub traced: bool,
}

/// What came of a seed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The first promise that was broken.
    pub violation: Option<Violation>,
    /// How often actors were polled, without faults too.
    pub steps: u64,
    /// How often while there were faults.
    pub faulty: u64,
    /// What happened, line by line, if it was to be written down.
    pub trace: Vec<String>,
}

/// Runs one seed.
pub fn run(seed: u64, settings: Settings) -> Outcome {
    let world = World::new(seed, settings.mutant.map(Named::make), settings.traced);
    let (steps, faulty) = {
        let mut schedule = Schedule::new(&world);
        schedule.run(settings.steps);
        (schedule.steps, schedule.faulty)
    };
    let violation = world.oracle.borrow_mut().violation.take();
    Outcome { violation, steps, faulty, trace: world.into_trace() }
}
