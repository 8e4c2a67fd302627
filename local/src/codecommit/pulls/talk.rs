//! What people say of pull requests: comments and approvals.

use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::change::open;
use super::events::{self, COMMENT_CREATED, What};
use super::record::{Approval, Comment, PullRequest, set};
use super::request::{Request, refusal, required};
use super::shelf;
use crate::actions::Context;
use crate::json_api::Refusal;
use crate::repository::Store;

/// The most approvals of a revision.
const APPROVALS_LIMIT: usize = 200;

pub(super) async fn comment(context: &Context, asked: Request, caller: &str) -> Result<Value, Refusal> {
    asked.repository()?;
    let store = Store::new(&context.state);
    let (held, mut pull) = asked.hold(&store).await?;
    let before_commit = required(asked.before_commit_id.as_ref(), "CommitIdRequiredException", "beforeCommitId")?;
    let after_commit = required(asked.after_commit_id.as_ref(), "CommitIdRequiredException", "afterCommitId")?;
    for id in [before_commit, after_commit] {
        store.commit(held.name(), id).await?;
    }
    let comment = Comment {
        id: Uuid::new_v4().to_string(),
        content: asked.content()?,
        author: caller.to_owned(),
        created: Timestamp::now(),
        modified: None,
        deleted: false,
        before_commit: before_commit.to_owned(),
        after_commit: after_commit.to_owned(),
        location: asked.location.clone(),
        token: asked.client_request_token.clone(),
    };
    let repeated = pull.comments.iter().find(|one| one.token.is_some() && one.token == comment.token);
    if let Some(repeated) = repeated {
        return Ok(shown(held.name(), &pull, repeated, "comment", json!(repeated.shown())));
    }
    pull.active = comment.created;
    pull.comments.push(comment.clone());
    shelf::write(&held, &pull)?;
    events::tell(context, &held, &pull, What::Commented(&comment, COMMENT_CREATED), caller).await;
    Ok(shown(held.name(), &pull, &comment, "comment", comment.shown()))
}

/// Each comment by itself, the oldest first.
pub(super) async fn comments(context: &Context, asked: &Request) -> Result<Value, Refusal> {
    let (held, pull) = asked.hold(&Store::new(&context.state)).await?;
    let is_of = |wanted: &Option<String>, id: &str| wanted.as_ref().is_none_or(|wanted| wanted == id);
    let wanted = |one: &&Comment| {
        is_of(&asked.before_commit_id, &one.before_commit) && is_of(&asked.after_commit_id, &one.after_commit)
    };
    let (page, token) = asked.page(pull.comments.iter().filter(wanted).collect(), |one| one.id.clone())?;
    let data = page.iter().map(|one| shown(held.name(), &pull, one, "comments", json!([one.shown()])));
    let mut answer = json!({"commentsForPullRequestData": data.collect::<Vec<_>>()});
    set(&mut answer, "nextToken", token.as_ref());
    Ok(answer)
}

fn shown(repository: &str, pull: &PullRequest, comment: &Comment, key: &str, what: Value) -> Value {
    let mut shown = json!({
        "repositoryName": repository,
        "pullRequestId": pull.id.to_string(),
        "beforeCommitId": comment.before_commit,
        "afterCommitId": comment.after_commit,
    });
    set(&mut shown, "location", comment.location.as_ref());
    shown[key] = what;
    shown
}

pub(super) async fn approve(context: &Context, asked: &Request, caller: &str) -> Result<Value, Refusal> {
    let state = required(asked.approval_state.as_ref(), "ApprovalStateRequiredException", "approvalState")?;
    let (held, mut pull) = asked.hold(&Store::new(&context.state)).await?;
    open(&pull)?;
    let revision = asked.current(&pull)?;
    if caller == pull.author {
        let message = format!("{caller} made pull request {}", pull.id);
        return Err(refusal("PullRequestCannotBeApprovedByAuthorException", message));
    }
    pull.approvals.retain(|approval| approval.user != caller || approval.revision != revision);
    match state {
        "APPROVE" if pull.approvers(revision).len() >= APPROVALS_LIMIT => {
            let message = format!("pull request {} has {APPROVALS_LIMIT} approvals; more are not kept", pull.id);
            return Err(refusal("MaximumNumberOfApprovalsExceededException", message));
        }
        "APPROVE" => pull.approvals.push(Approval { user: caller.to_owned(), revision: revision.to_owned() }),
        "REVOKE" => {}
        _ => return Err(refusal("InvalidApprovalStateException", "approvalState is APPROVE or REVOKE")),
    }
    pull.active = Timestamp::now();
    shelf::write(&held, &pull)?;
    events::tell(context, &held, &pull, What::ApprovalStateChanged(state), caller).await;
    Ok(json!({}))
}

pub(super) fn approvals(context: &Context, asked: &Request) -> Result<Value, Refusal> {
    let (_, pull) = asked.find(&Store::new(&context.state))?;
    let approvers = pull.approvers(asked.known(&pull)?).into_iter();
    let shown = approvers.map(|user| json!({"userArn": user, "approvalState": "APPROVE"}));
    Ok(json!({"approvals": shown.collect::<Vec<_>>()}))
}
