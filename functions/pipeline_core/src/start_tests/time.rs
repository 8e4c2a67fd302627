//! How the time of a run is divided: each limit is an instant that follows from the run alone, so that whoever comes
//! later knows when its owner is done.
//!
//! ```text
//! began … set-up, tests … deadline ─ recording ─┐
//!                            └── tear-down (60 s) ── recording (5 s) ── report (5 s) ── ends
//! ```

use jiff::{SignedDuration, Timestamp};

use crate::start_tests::run::Run;

/// What a tear-down has behind the deadline. It has more when the tests end early.
const TEARDOWN: SignedDuration = SignedDuration::from_secs(60);
/// What recording a result may take that came at the last moment.
pub(super) const RECORDING: SignedDuration = SignedDuration::from_secs(5);
/// What writing the report may take.
const FILING: SignedDuration = SignedDuration::from_secs(5);

/// What the owner of a run keeps behind its deadline.
pub(super) fn reserve(teardown: bool, report: bool) -> SignedDuration {
    let part = |wanted: bool, time| if wanted { time } else { SignedDuration::ZERO };
    RECORDING.saturating_add(part(teardown, TEARDOWN)).saturating_add(part(report, FILING))
}

pub(super) fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.saturating_add(by).unwrap_or(Timestamp::MAX)
}

impl Run {
    /// When the tear-down must have answered.
    pub(super) fn torn_down_by(&self) -> Timestamp {
        later(self.deadline, TEARDOWN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_back_covers_what_the_run_declares() {
        let seconds = |teardown, report| reserve(teardown, report).as_secs();
        assert_eq!(
            [seconds(false, false), seconds(true, false), seconds(false, true), seconds(true, true)],
            [5, 65, 10, 70]
        );
    }
}
