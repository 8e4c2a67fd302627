//! Commits as the API tells of them.

use serde::Deserialize;
use serde_json::{Value, json};

use super::metadata::commit;
use super::refusal::{refusal, repository_name, required};
use crate::actions::Context;
use crate::json_api::Refusal;
use crate::repository::{Commit, Store};

/// The most commits of one request.
const LIMIT: usize = 100;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Asked {
    repository_name: Option<String>,
    commit_id: Option<String>,
    commit_ids: Option<Vec<String>>,
}

pub(super) async fn get(context: &Context, asked: &Asked) -> Result<Value, Refusal> {
    let name = repository_name(asked.repository_name.as_ref())?;
    let id = required(asked.commit_id.as_ref(), "CommitIdRequiredException", "commitId")?;
    let found = find(context, name, id).await?;
    Ok(json!({"commit": commit(&found)}))
}

/// What cannot be found is told beside the rest.
pub(super) async fn batch(context: &Context, asked: &Asked) -> Result<Value, Refusal> {
    let name = repository_name(asked.repository_name.as_ref())?;
    let ids = asked.commit_ids.as_deref().unwrap_or_default();
    match ids.len() {
        0 => return Err(refusal("CommitIdsListRequiredException", "commitIds is missing")),
        1..=LIMIT => {}
        count => {
            let message = format!("{count} commits are asked for; {LIMIT} is the most");
            return Err(refusal("CommitIdsLimitExceededException", message));
        }
    }
    Store::new(&context.state).check(name)?;
    let (mut commits, mut errors) = (Vec::new(), Vec::new());
    for id in ids {
        match find(context, name, id).await {
            Ok(found) => commits.push(commit(&found)),
            Err(refusal) => {
                let body = refusal.body();
                errors.push(json!({"commitId": id, "errorCode": body["__type"], "errorMessage": body["message"]}));
            }
        }
    }
    Ok(json!({"commits": commits, "errors": errors}))
}

async fn find(context: &Context, repository: &str, id: &str) -> Result<Commit, Refusal> {
    if !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(refusal("InvalidCommitIdException", format!("commitId {id:?} is no commit's whole id")));
    }
    Ok(Store::new(&context.state).commit(repository, id).await?)
}
