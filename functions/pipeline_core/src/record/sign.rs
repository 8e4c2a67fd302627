//! What events say: that something has come about, which is then read where it is.

use jiff::{SignedDuration, Timestamp};

use crate::{
    ids::ExecutionId,
    ports::{Clock, PortError, Retry, patiently},
    preview::subject::Subject,
    record::watch::{ExecutionState, StepState},
};

/// That something about a preview has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sign {
    /// This version of its record stands.
    Version {
        /// Whose record.
        subject: Subject,
        /// The version.
        version: u64,
    },
    /// An execution of the preview pipeline moved.
    Moved {
        /// Which.
        execution: ExecutionId,
        /// What it came to.
        what: Move,
        /// When, in whole seconds.
        at: Option<Timestamp>,
    },
}

/// What became of an execution, or of an action in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Move {
    /// The execution itself.
    Execution(ExecutionState),
    /// A run of an action.
    Step {
        /// The run's own id.
        run: String,
        /// What it came to.
        state: StepState,
    },
}

/// How long what is older than its event is read again, before the event has to be delivered again.
const PATIENCE: SignedDuration = SignedDuration::from_secs(20);

/// What `read` reads, which is tried again while it is not there or [`behind`] an event.
pub(super) async fn read_anew<T>(
    clock: &impl Clock,
    until: Timestamp,
    read: impl AsyncFn() -> Result<T, PortError>,
) -> Result<T, PortError> {
    let soon = clock.now().saturating_add(PATIENCE).map_or(until, |soon| soon.min(until));
    patiently(clock, soon, Retry::Anything, read).await
}

/// What was read is older than an event that told of it.
pub(super) fn behind(what: &str) -> PortError {
    PortError::Unavailable {
        operation: format!("read {what}"),
        detail: "what is there is older than the event that told of it".to_owned(),
    }
}
