//! CodeCommit's own JSON API, as far as a pipeline and those who watch it need it.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};

use super::metadata::metadata;
use super::page::{self, Entry};
use super::refusal::{repository_name, required};
use super::{commits, pulls, templates};
use crate::actions::Context;
use crate::identity;
use crate::json_api::{self, Refusal, read};
use crate::repository::{Record, Store};

/// What stands before the operation's name in `X-Amz-Target`.
const SERVICE: &str = "CodeCommit_20150413.";
const DESCRIPTION_LIMIT: usize = 1000;

/// Answers what is addressed to CodeCommit, and hands everything else on.
pub(super) async fn answer_ours(State(context): State<Context>, request: Request, next: Next) -> Response {
    let target = request.headers().get("x-amz-target").and_then(|target| target.to_str().ok());
    let Some(operation) = target.and_then(|target| target.strip_prefix(SERVICE)).map(str::to_owned) else {
        return next.run(request).await;
    };
    json_api::answer("1.1", handle(&context, &operation, request).await)
}

async fn handle(context: &Context, operation: &str, request: Request) -> Result<Value, Refusal> {
    let caller = identity::caller(request.headers());
    let body = json_api::body(request.into_body()).await?;
    if let Some(answer) = pulls::answer(context, operation, &body, &caller.arn).await {
        return answer;
    }
    if let Some(answer) = templates::answer(context, operation, &body, &caller.arn).await {
        return answer;
    }
    match operation {
        "CreateRepository" => create(context, read(&body)?).await,
        "GetRepository" => get(context, &read(&body)?).await,
        "ListRepositories" => list(context, &read(&body)?),
        "DeleteRepository" => delete(context, &read(&body)?).await,
        "GetBranch" => get_branch(context, &read(&body)?).await,
        "GetCommit" => commits::get(context, &read(&body)?).await,
        "BatchGetCommits" => commits::batch(context, &read(&body)?).await,
        _ => {
            let message = format!("operation {operation:?} is not served by the local CodeCommit");
            Err(Refusal::new("UnknownOperationException", message))
        }
    }
}

/// A request that names a repository, and perhaps something in it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Named {
    repository_name: Option<String>,
    repository_description: Option<String>,
    branch_name: Option<String>,
}

impl Named {
    fn repository(&self) -> Result<&str, Refusal> {
        repository_name(self.repository_name.as_ref())
    }
}

async fn create(context: &Context, request: Named) -> Result<Value, Refusal> {
    let name = request.repository()?.to_owned();
    let description = request.repository_description.filter(|text| !text.is_empty());
    if description.as_ref().is_some_and(|text| text.chars().count() > DESCRIPTION_LIMIT) {
        let message = format!("repositoryDescription is longer than {DESCRIPTION_LIMIT} characters");
        return Err(Refusal::new("InvalidRepositoryDescriptionException", message));
    }
    let record = Store::new(&context.state).create(&name, description).await?;
    Ok(json!({"repositoryMetadata": metadata(context, &name, &record).await?}))
}

async fn get(context: &Context, request: &Named) -> Result<Value, Refusal> {
    let name = request.repository()?;
    let record = Store::new(&context.state).record(name).await?;
    Ok(json!({"repositoryMetadata": metadata(context, name, &record).await?}))
}

fn list(context: &Context, wanted: &page::Wanted) -> Result<Value, Refusal> {
    let all = Store::new(&context.state).list()?.into_iter();
    let entries = all.map(|(name, Record { id, modified, .. })| Entry { name, id: id.to_string(), modified });
    let (page, token) = page::page(entries.collect(), wanted)?;
    let pairs = page.iter().map(|entry| json!({"repositoryName": entry.name, "repositoryId": entry.id}));
    let mut answer = json!({"repositories": pairs.collect::<Vec<_>>()});
    if let Some(token) = token {
        answer["nextToken"] = json!(token);
    }
    Ok(answer)
}

/// Removing what is not there succeeds, and names no id.
async fn delete(context: &Context, request: &Named) -> Result<Value, Refusal> {
    let id = Store::new(&context.state).delete(request.repository()?).await?;
    Ok(id.map_or_else(|| json!({}), |id| json!({"repositoryId": id})))
}

async fn get_branch(context: &Context, request: &Named) -> Result<Value, Refusal> {
    let name = request.repository()?;
    let branch = required(request.branch_name.as_ref(), "BranchNameRequiredException", "branchName")?;
    let head = Store::new(&context.state).head(name, branch).await?;
    Ok(json!({"branch": {"branchName": branch, "commitId": head.id}}))
}
