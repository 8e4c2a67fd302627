//! The facts, each written once.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    ids::{CommitId, Digest, ExecutionId},
    job::Artifact,
    ports::PortError,
};

/// Somebody moved a branch to a commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Push {
    /// The repository's name.
    pub repository: String,
    /// The commit.
    pub commit: CommitId,
    /// The ARN of who did it, where the event tells.
    pub by: Option<String>,
    /// The full name of what was moved, such as `refs/heads/main`.
    pub reference: Option<String>,
    /// When.
    pub at: Option<Timestamp>,
}

/// Reading facts.
pub trait ReadFacts {
    /// The digest of this artifact as the execution's build left it, read consistently; `None` until it is recorded.
    fn digest(
        &self,
        execution: &ExecutionId,
        artifact: &Artifact,
    ) -> impl Future<Output = Result<Option<Digest>, PortError>>;
    /// Every push of the commit that is known, read consistently.
    fn pushes(&self, repository: &str, commit: &CommitId) -> impl Future<Output = Result<Vec<Push>, PortError>>;
}

/// Writing facts.
pub trait WriteFacts {
    /// Writes the digest unless the execution's artifact has one, and returns the one that stands afterwards. A build
    /// that is retried leaves another artifact.
    fn record_digest(
        &self,
        execution: &ExecutionId,
        artifact: &Artifact,
        digest: &Digest,
    ) -> impl Future<Output = Result<Digest, PortError>>;
    /// Writes the push; the same push again changes nothing.
    fn record_push(&self, push: &Push) -> impl Future<Output = Result<(), PortError>>;
}
