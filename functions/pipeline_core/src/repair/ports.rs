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

/// Finding it, by an index.
pub trait FindOpen {
    /// What is due, the longest due first, at most `limit`. The index may lag behind.
    fn open(&self, now: Timestamp, limit: usize) -> impl Future<Output = Result<Vec<Open>, PortError>>;
}

/// Ending it.
pub trait CloseOpen {
    /// Nothing is left to do about it: it is not found again. Once more changes nothing.
    fn close(&self, open: &Open) -> impl Future<Output = Result<(), PortError>>;
}
