//! When something about a job is looked at.

use jiff::{SignedDuration, Timestamp};

use crate::{repair::ports::Due, start_tests::run::Run};

/// How much longer than it should take somebody gets: the last call may be slow.
const AFTER_A_RUN: SignedDuration = SignedDuration::from_secs(10);

/// The same for who recorded a verdict, who then sends it at once: longer than an envelope keeps for that.
const AFTER_A_VERDICT: SignedDuration = SignedDuration::from_secs(30);

/// How long something is tried: an hour longer than CodePipeline keeps any job.
const HOPE: SignedDuration = SignedDuration::from_hours(25);

/// How long a tear-down is tried whose run has its verdict: by then others may count on what is there.
const TIDYING: SignedDuration = SignedDuration::from_hours(1);

/// When a run is looked at: its owner has settled the job then, or is dead.
pub fn run_due(run: &Run) -> Timestamp {
    later(run.orphaned_at(), AFTER_A_RUN)
}

/// When a verdict is looked at that was recorded at this time.
pub fn verdict_due(recorded: Timestamp) -> Timestamp {
    later(recorded, AFTER_A_VERDICT)
}

/// Whether nobody waits any more for what has been due for so long.
pub(super) fn is_hopeless(due: &Due, now: Timestamp) -> bool {
    now >= later(due.at, HOPE)
}

/// Whether a tear-down that could not be started for so long is not tried any more.
pub(super) fn is_too_late(due: &Due, now: Timestamp) -> bool {
    now >= later(due.at, TIDYING)
}

fn later(at: Timestamp, time: SignedDuration) -> Timestamp {
    at.saturating_add(time).unwrap_or(Timestamp::MAX)
}
