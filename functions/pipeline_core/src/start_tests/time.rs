//! How the time of a run is divided: each limit is an instant that follows from the run alone, so that whoever comes
//! later knows when its owner is done.
//!
//! ```text
//! began … set-up, tests … deadline ─ recording ─┐
//!                            └── tear-down (60 s) ── recording (5 s) ── report (5 s) ── ends ── margin (60 s) ── others
//! ```

use jiff::{SignedDuration, Timestamp};

use crate::start_tests::run::Run;

/// What a tear-down has behind the deadline. It has more when the tests end early.
const TEARDOWN: SignedDuration = SignedDuration::from_secs(60);
/// What recording a result may take that came at the last moment.
pub(super) const RECORDING: SignedDuration = SignedDuration::from_secs(5);
/// What writing the report may take.
const FILING: SignedDuration = SignedDuration::from_secs(5);

/// How far the clocks of those who work on a run may be apart.
const MARGIN: SignedDuration = SignedDuration::from_secs(60);

/// How long a stack may take that is being deployed.
const DEPLOYING: SignedDuration = SignedDuration::from_mins(5);

/// Until when a stack is waited for: most of what is left before `until`, when the invocation ends, is for the tests.
pub(super) fn settles_by(now: Timestamp, timeout_minutes: u8, until: Timestamp) -> Timestamp {
    let asked = SignedDuration::from_mins(timeout_minutes.into());
    later(now, DEPLOYING.min(asked).min(until.duration_since(now) / 2))
}

/// What the owner of a run keeps behind its deadline.
pub(super) fn reserve(teardown: bool, report: bool) -> SignedDuration {
    let part = |wanted: bool, time| if wanted { time } else { SignedDuration::ZERO };
    RECORDING.saturating_add(part(teardown, TEARDOWN)).saturating_add(part(report, FILING))
}

pub(super) fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.saturating_add(by).unwrap_or(Timestamp::MAX)
}

impl Run {
    /// From when on others may settle the run: whatever their clocks say, its owner has done so, or is dead.
    pub fn orphaned_at(&self) -> Timestamp {
        later(self.ends, MARGIN)
    }

    /// When the tear-down must have answered.
    pub(super) fn torn_down_by(&self) -> Timestamp {
        later(self.deadline, TEARDOWN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_is_waited_for_as_long_as_the_tests_can_spare() {
        let now: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        let waits = |timeout, seconds| {
            let until = later(now, SignedDuration::from_secs(seconds));
            settles_by(now, timeout, until).duration_since(now).as_secs()
        };
        assert_eq!([waits(13, 895), waits(2, 895), waits(13, 55), waits(13, 0)], [300, 120, 27, 0]);
    }

    #[test]
    fn what_is_kept_back_covers_what_the_run_declares() {
        let seconds = |teardown, report| reserve(teardown, report).as_secs();
        assert_eq!(
            [seconds(false, false), seconds(true, false), seconds(false, true), seconds(true, true)],
            [5, 65, 10, 70]
        );
    }
}
