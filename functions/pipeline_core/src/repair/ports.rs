//! What was begun about jobs and may not have been ended.

use jiff::Timestamp;

use crate::{ids::JobId, ports::PortError};

/// Something that is looked at when its time has come, unless it was ended before.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Open {
    /// A run of tests, when its owner has settled the job or is dead.
    Run(JobId),
    /// A verdict that CodePipeline is not known to have.
    Verdict(JobId),
}

impl Open {
    /// The job it is about.
    pub fn job(&self) -> &JobId {
        match self {
            Self::Run(job) | Self::Verdict(job) => job,
        }
    }
}

/// Something whose time has come.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Due {
    /// Since when.
    pub at: Timestamp,
    /// What.
    pub open: Open,
}

/// Finding it, by an index.
pub trait FindOpen {
    /// What is due, the longest due first, at most `limit`. The index may lag behind.
    fn open(&self, now: Timestamp, limit: usize) -> impl Future<Output = Result<Vec<Due>, PortError>>;
}

/// Ending it.
pub trait CloseOpen {
    /// Nothing is left to do about it: it is not found again. Once more changes nothing.
    fn close(&self, open: &Open) -> impl Future<Output = Result<(), PortError>>;
}
