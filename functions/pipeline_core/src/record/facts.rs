//! The facts, each written once.

use std::collections::BTreeSet;

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
    /// The ARN of who did it.
    pub by: String,
}

/// Reading facts.
pub trait ReadFacts {
    /// The digest of this artifact as the execution's build left it, read consistently; `None` until it is recorded.
    fn digest(
        &self,
        execution: &ExecutionId,
        artifact: &Artifact,
    ) -> impl Future<Output = Result<Option<Digest>, PortError>>;
    /// The ARNs of everybody who is known to have pushed the commit, read consistently.
    fn pushers(&self, repository: &str, commit: &CommitId)
    -> impl Future<Output = Result<BTreeSet<String>, PortError>>;
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
