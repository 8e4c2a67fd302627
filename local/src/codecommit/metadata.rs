//! Repositories as the API shows them.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::CLONE_PATH;
use crate::actions::Context;
use crate::cloud::client::{ACCOUNT, REGION};
use crate::json_api::Refusal;
use crate::repository::{Commit, Record, Signature, Store};

/// A repository's ARN.
pub(super) fn arn(repository: &str) -> String {
    format!("arn:aws:codecommit:{REGION}:{ACCOUNT}:{repository}")
}

/// `RepositoryMetadata`.
pub(super) async fn metadata(context: &Context, repository: &str, record: &Record) -> Result<Value, Refusal> {
    let branch = Store::new(&context.state).default_branch(repository).await?;
    let endpoint = context.sdk.endpoint_url().unwrap_or_default();
    let mut metadata = json!({
        "accountId": ACCOUNT,
        "repositoryId": record.id,
        "repositoryName": repository,
        "lastModifiedDate": seconds(record.modified),
        "creationDate": seconds(record.created),
        "cloneUrlHttp": format!("{endpoint}{CLONE_PATH}/{repository}"),
        "Arn": arn(repository),
    });
    for (key, value) in [("repositoryDescription", &record.description), ("defaultBranch", &branch)] {
        if let Some(value) = value {
            metadata[key] = json!(value);
        }
    }
    Ok(metadata)
}

/// `Commit`.
pub(super) fn commit(commit: &Commit) -> Value {
    json!({
        "commitId": commit.id,
        "treeId": commit.tree,
        "parents": commit.parents,
        "message": commit.message,
        "author": user(&commit.author),
        "committer": user(&commit.committer),
        "additionalData": "",
    })
}

fn user(signature: &Signature) -> Value {
    let Signature { name, email, date, offset } = signature;
    json!({"name": name, "email": email, "date": format!("{} {offset}", date.as_second())})
}

/// As the API writes a time.
pub(super) fn seconds(at: Timestamp) -> f64 {
    SignedDuration::from_millis(at.as_millisecond()).as_secs_f64()
}
