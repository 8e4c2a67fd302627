//! What events told: digests of builds, and pushes.

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

/// Each who pushed it to a branch has an item: two people may push one commit, and one may push it to two branches. No
/// branch has the `:` of an ARN in its name. When is no part of it, as it is the first time that stands.
fn push_sk(Push { by, reference, .. }: &Push) -> String {
    format!("{PUSH}{}#{}", reference.as_deref().unwrap_or_default(), by.as_deref().unwrap_or_default())
}

impl ReadFacts for StateTable {
    async fn digest(&self, execution: &ExecutionId, artifact: &Artifact) -> Result<Option<Digest>, PortError> {
        let pk = digest_pk(execution);
        let item =
            self.read(&format!("read the digest of execution {execution}"), key(&pk, &digest_sk(artifact))).await?;
        item.map(|item| record(&pk, &item)).transpose()
    }

    async fn pushes(&self, repository: &str, commit: &CommitId) -> Result<Vec<Push>, PortError> {
        self.query(&format!("read who pushed {commit}"), &push_pk(repository, commit), PUSH).await
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
        let item = item(&pk, &push_sk(push), push, Timestamp::now(), RELEASES)?;
        self.create(&format!("record who pushed {}", push.commit), item).await.map(drop)
    }
}
