//! What events told: digests of builds, and pushes.

use std::collections::BTreeSet;

use jiff::Timestamp;
use pipeline_core::{
    ids::{CommitId, Digest, ExecutionId},
    job::Artifact,
    ports::PortError,
    record::facts::{Push, ReadFacts, WriteFacts},
};

use crate::dynamodb::{
    StateTable,
    item::{RELEASES, item, key, record},
};

const DIGEST: &str = "digest#";
const PUSH: &str = "push#";

fn digest_pk(execution: &ExecutionId) -> String {
    format!("digest#{execution}")
}

/// Buckets have no slash in their names, so no two artifacts share it.
fn digest_sk(artifact: &Artifact) -> String {
    format!("{DIGEST}{}/{}", artifact.bucket, artifact.key)
}

fn push_pk(repository: &str, commit: &CommitId) -> String {
    format!("push#{repository}#{commit}")
}

impl ReadFacts for StateTable {
    async fn digest(&self, execution: &ExecutionId, artifact: &Artifact) -> Result<Option<Digest>, PortError> {
        let pk = digest_pk(execution);
        let item =
            self.read(&format!("read the digest of execution {execution}"), key(&pk, &digest_sk(artifact))).await?;
        item.map(|item| record(&pk, &item)).transpose()
    }

    async fn pushers(&self, repository: &str, commit: &CommitId) -> Result<BTreeSet<String>, PortError> {
        let operation = format!("read who pushed {commit}");
        let pushes: Vec<Push> = self.query(&operation, &push_pk(repository, commit), PUSH).await?;
        Ok(pushes.into_iter().map(|push| push.by).collect())
    }
}

impl WriteFacts for StateTable {
    async fn record_digest(
        &self,
        execution: &ExecutionId,
        artifact: &Artifact,
        digest: &Digest,
    ) -> Result<Digest, PortError> {
        let pk = digest_pk(execution);
        let item = item(&pk, &digest_sk(artifact), digest, Timestamp::now(), RELEASES)?;
        match self.create(&format!("record the digest of execution {execution}"), item).await? {
            None => Ok(digest.clone()),
            Some(standing) => record(&pk, &standing),
        }
    }

    async fn record_push(&self, push: &Push) -> Result<(), PortError> {
        let pk = push_pk(&push.repository, &push.commit);
        // Each who pushed it has an item: two people may push one commit, to two branches.
        let item = item(&pk, &format!("{PUSH}{}", push.by), push, Timestamp::now(), RELEASES)?;
        self.create(&format!("record who pushed {}", push.commit), item).await.map(drop)
    }
}
