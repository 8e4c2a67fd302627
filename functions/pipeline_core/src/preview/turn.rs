//! Turning a preview to what is wanted now.

use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    ids::{Holder, Nonce},
    preview::{
        record::{Phase, Preview, Wanted, Why},
        settings::SETTLE,
        subject::Subject,
    },
};

/// A new record of the preview that stands, about to do what is wanted; `None` if it is at that already, or if there is
/// nothing to do and never was.
pub(super) fn turned(
    seen: Option<&Preview>,
    subject: &Subject,
    wanted: &Wanted,
    again: bool,
    now: Timestamp,
    id: Uuid,
) -> Option<Preview> {
    if seen.is_some_and(|preview| preview.wanted == *wanted && !again) {
        return None;
    }
    let (phase, due) = phase(seen, wanted, now, id)?;
    Some(Preview {
        subject: subject.clone(),
        version: seen.map_or(0, |preview| preview.version) + 1,
        wanted: wanted.clone(),
        phase,
        executions: seen.map(|preview| preview.executions.clone()).unwrap_or_default(),
        due: Some(due),
        nonce: Nonce::from_random(id),
    })
}

fn phase(seen: Option<&Preview>, wanted: &Wanted, now: Timestamp, id: Uuid) -> Option<(Phase, Timestamp)> {
    let phase = match (wanted, seen.map(|preview| &preview.phase)) {
        (Wanted::Deployed(_), _) => starting(now, id),
        (Wanted::Removed { why }, Some(Phase::Removed { .. })) => Phase::Removed { why: *why, at: now },
        // Nobody would hear of it, but those who wait for one.
        (Wanted::Removed { why: Why::Fork }, None) => Phase::Removed { why: Why::Fork, at: now },
        (Wanted::Removed { .. }, None) => return None,
        (Wanted::Removed { why }, Some(_)) => Phase::Removing { why: *why, since: now },
    };
    let due = match phase {
        Phase::Removed { .. } => now.saturating_add(SETTLE).unwrap_or(now),
        Phase::Starting { .. } | Phase::Running(_) | Phase::Removing { .. } => now,
    };
    Some((phase, due))
}

/// About to claim, as a new holder.
pub(super) fn starting(now: Timestamp, id: Uuid) -> Phase {
    Phase::Starting { holder: holder(id), waits: None, since: now }
}

pub(super) fn holder(id: Uuid) -> Holder {
    id.to_string().parse().expect("a holder is a UUID")
}

impl Preview {
    /// The next version of it.
    pub(super) fn next(&self, phase: Phase, due: Option<Timestamp>, id: Uuid) -> Self {
        Self { version: self.version + 1, phase, due, nonce: Nonce::from_random(id), ..self.clone() }
    }
}
