//! A pull request as its host shows it.

use jiff::Timestamp;

use crate::{ids::CommitId, ports::PortError};

/// A pull request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pull {
    /// Its number.
    pub number: u64,
    /// Where it stands.
    pub status: PullStatus,
    /// Whether it says of itself that it is not finished.
    pub is_draft: bool,
    /// Whether its commits are in another repository: a fork's, or one that is gone.
    pub is_fork: bool,
    /// The newest commit of it.
    pub head: CommitId,
    /// The branch that it would merge; `None` when that is gone.
    pub branch: Option<String>,
    /// Who opened it: a login, or an ARN.
    pub author: String,
    /// When it was changed last, by its host's clock.
    pub updated: Timestamp,
}

/// Where a pull request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PullStatus {
    /// It waits to be merged.
    Open,
    /// It was merged.
    Merged,
    /// It was closed otherwise.
    Closed,
}

/// Looking at pull requests.
pub trait ReadPulls {
    /// The pull request of this number; `None` when there is none.
    fn pull(&self, number: u64) -> impl Future<Output = Result<Option<Pull>, PortError>>;
}
