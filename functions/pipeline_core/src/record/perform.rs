//! Writes what one event tells. An error makes Lambda deliver the event again; every write can be repeated.

use crate::{
    digest::{ReadBuild, ReadPackages, measure::measure},
    ids::{Digest, ExecutionId},
    job::Artifact,
    ports::PortError,
    record::facts::{Push, WriteFacts},
};

/// What is worth keeping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// A build action succeeded.
    Built {
        /// Of this execution.
        execution: ExecutionId,
        /// It left this artifact.
        artifact: Artifact,
    },
    /// Somebody pushed.
    Pushed(Push),
}

/// What became of a fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// It stands, written now or before.
    Stands,
    /// The artifact already has another digest, which stays: what counts is what was built, not what is there now.
    Contradicted {
        /// The digest that stands.
        standing: Digest,
        /// The one that was measured now.
        found: Digest,
    },
}

/// The ports that keeping a fact takes.
#[derive(Debug)]
pub struct Record<'a, B, P, F> {
    /// The artifacts.
    pub builds: &'a B,
    /// What templates name.
    pub packages: &'a P,
    /// The record.
    pub facts: &'a F,
}

impl<B: ReadBuild, P: ReadPackages, F: WriteFacts> Record<'_, B, P, F> {
    /// Keeps one fact.
    pub async fn keep(&self, fact: &Fact) -> Result<Kept, PortError> {
        match fact {
            Fact::Built { execution, artifact } => self.keep_digest(execution, artifact).await,
            Fact::Pushed(push) => self.facts.record_push(push).await.map(|()| Kept::Stands),
        }
    }

    async fn keep_digest(&self, execution: &ExecutionId, artifact: &Artifact) -> Result<Kept, PortError> {
        let found = measure(self.builds, self.packages, artifact).await?;
        let standing = self.facts.record_digest(execution, artifact, &found).await?;
        Ok(if standing == found { Kept::Stands } else { Kept::Contradicted { standing, found } })
    }
}
