//! What the functions need of the world: one trait for reading, another for changing it, so that code which only
//! decides cannot change anything. Our own types cross here, never an SDK's.

mod jobs;
mod parameters;
mod patience;
mod stacks;

use jiff::{SignedDuration, Timestamp};
pub use jobs::{ReadVerdicts, RecordVerdicts, Recorded, SettleJobs, Settled};
pub use parameters::{Parameter, ReadParameters};
pub use patience::{Retry, patiently, within};
pub use stacks::{ReadStacks, Stack};

use crate::verdict::{FailureKind, Report};

/// Time, given to whatever decides or waits.
pub trait Clock {
    /// The time now.
    fn now(&self) -> Timestamp;
    /// Returns at `at`, or at once when it has passed.
    fn sleep_until(&self, at: Timestamp) -> impl Future<Output = ()>;
    /// A random part of `longest`, so that those who wait together do not come back together (full jitter).
    fn part_of(&self, longest: SignedDuration) -> SignedDuration;
}

/// Why a call to a service came to nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PortError {
    /// What was asked for does not exist.
    #[error("{what} does not exist")]
    NotFound {
        /// The thing, such as `stack time-service-beta`.
        what: String,
    },
    /// Our role may not do this.
    #[error("not permitted to {operation}: {detail}")]
    Denied {
        /// What was attempted, on what.
        operation: String,
        /// The service's own words.
        detail: String,
    },
    /// What is there cannot be used as it is.
    #[error("{what} cannot be used: {why}")]
    Unusable {
        /// The thing, such as `artifact Build`.
        what: String,
        /// What is wrong with it.
        why: String,
    },
    /// The service refused for now, and did nothing.
    #[error("throttled on trying to {operation}: {detail}")]
    Throttled {
        /// What was attempted, on what.
        operation: String,
        /// The service's own words.
        detail: String,
    },
    /// Anything else: the service did not answer, or not in a way we understand.
    #[error("could not {operation}: {detail}")]
    Unavailable {
        /// What was attempted, on what.
        operation: String,
        /// The service's own words, or the transport's.
        detail: String,
    },
}

impl From<&PortError> for FailureKind {
    fn from(error: &PortError) -> Self {
        match error {
            PortError::NotFound { .. } | PortError::Unusable { .. } => Self::ConfigurationError,
            PortError::Denied { .. } => Self::PermissionError,
            PortError::Throttled { .. } | PortError::Unavailable { .. } => Self::SystemUnavailable,
        }
    }
}

impl From<PortError> for Report {
    fn from(error: PortError) -> Self {
        Self::fail((&error).into(), &error.to_string())
    }
}
