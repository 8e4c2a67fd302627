//! Pull requests of CodeCommit's repositories. Everybody but its author may approve one, and whom its approval rules ask for
//! has to.

mod change;
mod evaluation;
mod events;
mod merge;
mod moved;
mod read;
mod record;
mod request;
mod rules;
mod said;
mod shelf;
mod talk;

use serde_json::Value;

use crate::actions::Context;
use crate::json_api::Refusal;
pub(super) use moved::moved;
use request::Request;

/// Of the local cloud's own: it asks so whose permission a request about a comment needs.
const REPOSITORY_OF_COMMENT: &str = "RepositoryOfComment";

/// Answers an operation on pull requests; none when it is none of theirs.
pub(super) async fn answer(
    context: &Context,
    operation: &str,
    body: &[u8],
    caller: &str,
) -> Option<Result<Value, Refusal>> {
    let asked = match Request::read(body) {
        Ok(asked) => asked,
        Err(refusal) => return is_ours(operation).then_some(Err(refusal)),
    };
    Some(match operation {
        "CreatePullRequest" => change::create(context, asked, caller).await,
        "GetPullRequest" => read::get(context, &asked),
        "ListPullRequests" => read::list(context, &asked).await,
        "UpdatePullRequestTitle" => change::title(context, &asked).await,
        "UpdatePullRequestDescription" => change::description(context, &asked).await,
        "UpdatePullRequestStatus" => change::status(context, &asked, caller).await,
        "MergePullRequestByFastForward" => merge::run(context, &asked, merge::FAST_FORWARD, caller).await,
        "MergePullRequestBySquash" => merge::run(context, &asked, merge::SQUASH, caller).await,
        "MergePullRequestByThreeWay" => merge::run(context, &asked, merge::THREE_WAY, caller).await,
        "PostCommentForPullRequest" => talk::comment(context, asked, caller).await,
        "GetCommentsForPullRequest" => talk::comments(context, &asked).await,
        "GetComment" => said::get(context, &asked),
        "UpdateComment" => said::update(context, &asked, caller).await,
        "DeleteCommentContent" => said::delete_content(context, &asked).await,
        REPOSITORY_OF_COMMENT => said::repository(context, &asked),
        "UpdatePullRequestApprovalState" => talk::approve(context, &asked, caller).await,
        "GetPullRequestApprovalStates" => talk::approvals(context, &asked),
        "CreatePullRequestApprovalRule" => rules::create(context, &asked, caller).await,
        "UpdatePullRequestApprovalRuleContent" => rules::update(context, &asked, caller).await,
        "DeletePullRequestApprovalRule" => rules::delete(context, &asked, caller).await,
        "EvaluatePullRequestApprovalRules" => evaluation::evaluate(context, &asked),
        "OverridePullRequestApprovalRules" => evaluation::set_aside(context, &asked, caller).await,
        "GetPullRequestOverrideState" => evaluation::override_state(context, &asked),
        _ => return None,
    })
}

fn is_ours(operation: &str) -> bool {
    operation.contains("PullRequest") || operation.contains("Comment")
}
