//! Pull requests as they are.

use serde_json::{Value, json};

use super::record::{PullRequest, set};
use super::request::{Request, refusal};
use super::shelf;
use crate::actions::Context;
use crate::json_api::Refusal;
use crate::repository::Store;

pub(super) fn get(context: &Context, asked: &Request) -> Result<Value, Refusal> {
    let (repository, pull) = asked.find(&Store::new(&context.state))?;
    Ok(json!({"pullRequest": pull.shown(&repository)}))
}

pub(super) async fn list(context: &Context, asked: &Request) -> Result<Value, Refusal> {
    let held = Store::new(&context.state).hold(asked.repository()?).await?;
    let status = asked.pull_request_status.as_deref();
    if status.is_some_and(|status| !["OPEN", "CLOSED"].contains(&status)) {
        return Err(refusal("InvalidPullRequestStatusException", "pullRequestStatus is OPEN or CLOSED"));
    }
    let wanted = |pull: &PullRequest| {
        status.is_none_or(|status| json!(pull.status) == status)
            && asked.author_arn.as_ref().is_none_or(|author| *author == pull.author)
    };
    let ids = shelf::all(&held)?.into_iter().filter(wanted).map(|pull| pull.id.to_string()).collect();
    let (page, token) = asked.page(ids, String::clone)?;
    let mut answer = json!({"pullRequestIds": page});
    set(&mut answer, "nextToken", token.as_ref());
    Ok(answer)
}
