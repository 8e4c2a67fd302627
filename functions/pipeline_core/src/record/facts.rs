//! The facts, each written once.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{
    ids::{CommitId, Digest, ExecutionId},
    ports::PortError,
};

/// Somebody moved a branch or a tag to a commit.
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
    /// The digest of what the execution's build made, read consistently; `None` until it is recorded.
    fn digest(&self, execution: &ExecutionId) -> impl Future<Output = Result<Option<Digest>, PortError>>;
    /// The ARNs of everybody who is known to have pushed the commit, read consistently.
    fn pushers(&self, repository: &str, commit: &CommitId)
    -> impl Future<Output = Result<BTreeSet<String>, PortError>>;
}

/// Writing facts.
pub trait WriteFacts {
    /// Writes the digest unless the execution has one, and returns the one that stands afterwards.
    fn record_digest(
        &self,
        execution: &ExecutionId,
        digest: &Digest,
    ) -> impl Future<Output = Result<Digest, PortError>>;
    /// Writes the push; the same push again changes nothing.
    fn record_push(&self, push: &Push) -> impl Future<Output = Result<(), PortError>>;
}
