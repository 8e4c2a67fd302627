//! What a seed draws before it begins. Each seed has habits of its own, some without any faults of a kind: what goes
//! wrong only where little else does is found too.

use jiff::SignedDuration;

use crate::{
    cloud::Edit,
    kit::{JOBS, Kit},
    rng::Rng,
};

/// How far clocks may be apart for what I1 promises.
pub(crate) const MARGIN: i64 = 60_000;
/// The previews' names; one begins with the other.
pub(crate) const NAMES: [&str; 2] = ["svc-pr-4", "svc-pr-4-tests"];
pub(crate) const CLAIMERS: usize = 3;
pub(crate) const SWEEPERS: usize = 3;
/// Deliveries of jobs, each an actor of its own; five of each job at most.
pub(crate) const DELIVERIES: usize = 5 * JOBS.len();
pub(crate) const ACTORS: usize = CLAIMERS + SWEEPERS + DELIVERIES;

/// The habits of one seed. Shares are of a thousand, times in ms.
#[derive(Debug, Clone)]
pub(crate) struct Scenario {
    /// Of requests: those that go wrong.
    pub(crate) faults: u64,
    /// The longest way of a request, ordinarily.
    pub(crate) latency: i64,
    /// The longest delay of a copy that comes late.
    pub(crate) late: i64,
    /// Of polls: those before which the actor crashes, or pauses, and for how long at most.
    pub(crate) crashes: u64,
    pub(crate) pauses: u64,
    pub(crate) pause: i64,
    /// The time between edits by hand; none at 0.
    pub(crate) edits: i64,
    /// What those do.
    pub(crate) edit_kinds: Vec<Edit>,
    /// How far apart any two clocks are at most.
    pub(crate) spread: i64,
    /// Whether two claimers share a source.
    pub(crate) shared_source: bool,
    pub(crate) names: Vec<String>,
    /// The longest lease.
    pub(crate) ttl: i64,
    /// The longest time between two runs of a sweeper.
    pub(crate) period: i64,
    /// The longest time between two requests of a claimer.
    pub(crate) thought: i64,
    pub(crate) grace: i64,
    pub(crate) max_deletes: usize,
    pub(crate) max_attempts: u32,
    pub(crate) width: usize,
    /// Of runs: those that plan, and those that adopt.
    pub(crate) plans: u64,
    pub(crate) adoptions: u64,
    /// Of claims: those whose stack a pipeline deploys, and how long after it was let in that begins at most.
    pub(crate) pipelines: u64,
    pub(crate) slowness: i64,
    /// Of claims: those that end in a release, and those whose stack is never bound.
    pub(crate) releases: u64,
    pub(crate) unbound: u64,
    /// Of requests of claimers: those with a token of before.
    pub(crate) stale: u64,
    /// Of reads of a stack by its id: those that find nothing for no reason.
    pub(crate) blind: u64,
    /// Of deletions: those that fail.
    pub(crate) failing: u64,
    /// How far the index lags.
    pub(crate) lag: i64,
    /// Whether jobs are delivered too.
    pub(crate) jobs: bool,
    /// What their runs of tests are like.
    pub(crate) kit: Kit,
    /// Of a sweeper's runs: those that are repairs.
    pub(crate) repairs: u64,
}

impl Scenario {
    /// Draws one.
    pub(crate) fn draw(rng: &mut Rng) -> Self {
        let kinds = if rng.chance(500) { Edit::ALL.len() } else { 2 };
        Self {
            faults: *rng.pick(&[0, 20, 60, 150]),
            latency: *rng.pick(&[50, 1_000, 30_000]),
            late: *rng.pick(&[60_000, 1_200_000, 14_400_000]),
            crashes: *rng.pick(&[0, 0, 5, 30]),
            pauses: *rng.pick(&[0, 5, 30, 60]),
            pause: *rng.pick(&[60_000, 900_000, 7_200_000]),
            edits: *rng.pick(&[0, 0, 1_200_000, 300_000, 60_000]),
            edit_kinds: (0..kinds).map(|_| *rng.pick(&Edit::ALL)).collect(),
            spread: *rng.pick(&[0, 5_000, MARGIN, MARGIN, 3_600_000]),
            shared_source: rng.chance(300),
            names: NAMES[..if rng.chance(600) { 1 } else { 2 }].iter().map(|&name| name.to_owned()).collect(),
            ttl: *rng.pick(&[60_000, 300_000, 1_200_000]),
            period: *rng.pick(&[60_000, 300_000]),
            thought: *rng.pick(&[30_000, 300_000]),
            grace: *rng.pick(&[60_000, 300_000, 1_200_000]),
            max_deletes: *rng.pick(&[1, 20]),
            max_attempts: *rng.pick(&[1, 2]),
            width: *rng.pick(&[1, 8]),
            plans: *rng.pick(&[0, 50, 500]),
            adoptions: *rng.pick(&[0, 100, 300]),
            pipelines: *rng.pick(&[0, 400, 400, 900]),
            slowness: *rng.pick(&[1_000, 60_000, 1_200_000]),
            releases: *rng.pick(&[100, 500, 900]),
            unbound: *rng.pick(&[0, 100, 700]),
            stale: *rng.pick(&[0, 100, 300]),
            blind: *rng.pick(&[0, 0, 50]),
            failing: *rng.pick(&[0, 0, 300]),
            lag: *rng.pick(&[0, 5_000, 300_000]),
            jobs: rng.chance(200),
            kit: Kit::draw(rng),
            repairs: *rng.pick(&[0, 300, 700]),
        }
    }

    /// Whether clocks are as I1 asks.
    pub(crate) fn is_within_margin(&self) -> bool {
        self.spread <= MARGIN
    }
}

/// A time in ms.
pub(crate) fn ms(ms: i64) -> SignedDuration {
    SignedDuration::from_millis(ms)
}
