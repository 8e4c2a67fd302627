//! What a decision that waits hands to its next job, as a continuation token.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{gate::drift::DetectionId, job::Job, verdict::Report};

/// A decision that waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Waiting {
    /// Since when.
    pub since: Timestamp,
    /// The detection of drift that was begun.
    pub detection: Option<DetectionId>,
}

/// The job's continuation token is none that this action gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the continuation token is none of the gate's; retry the stage")]
pub struct ForeignToken;

impl Waiting {
    /// Where an earlier job left off, or the beginning.
    pub(super) fn of(job: &Job, now: Timestamp) -> Result<Self, ForeignToken> {
        let Some(token) = &job.continuation else { return Ok(Self { since: now, detection: None }) };
        let waiting: Self = serde_json::from_str(token).map_err(|_| ForeignToken)?;
        // A clock that was ahead, or a token that was made up, does not make the wait longer.
        Ok(Self { since: waiting.since.min(now), ..waiting })
    }

    /// What CodePipeline is told until then.
    pub(super) fn report(&self, now: Timestamp, longest: SignedDuration, summary: &str) -> Report {
        let waited = now.duration_since(self.since).as_secs().saturating_mul(100);
        let percent = waited.checked_div(longest.as_secs()).unwrap_or_default().clamp(0, 99);
        let token = serde_json::to_string(self).unwrap_or_default();
        Report::proceed(&token, u8::try_from(percent).unwrap_or_default(), summary)
    }
}
