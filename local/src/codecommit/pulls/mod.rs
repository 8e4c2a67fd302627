//! Pull requests of CodeCommit's repositories. There are no approval rules: everybody but its author may approve one, and
//! nobody has to.

mod change;
mod events;
mod merge;
mod read;
mod record;
mod request;
mod shelf;
mod talk;

use serde_json::Value;

use crate::actions::Context;
use crate::json_api::Refusal;
use crate::repository::{Error, Held, Move, RefKind};
use events::What;
use record::PullRequest;
use request::Request;

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
        "GetPullRequest" => read::get(context, &asked).await,
        "ListPullRequests" => read::list(context, &asked).await,
        "UpdatePullRequestTitle" => change::title(context, &asked).await,
        "UpdatePullRequestDescription" => change::description(context, &asked).await,
        "UpdatePullRequestStatus" => change::status(context, &asked, caller).await,
        "MergePullRequestByFastForward" => merge::run(context, &asked, merge::FAST_FORWARD, caller).await,
        "MergePullRequestBySquash" => merge::run(context, &asked, merge::SQUASH, caller).await,
        "MergePullRequestByThreeWay" => merge::run(context, &asked, merge::THREE_WAY, caller).await,
        "PostCommentForPullRequest" => talk::comment(context, asked, caller).await,
        "GetCommentsForPullRequest" => talk::comments(context, &asked).await,
        "UpdatePullRequestApprovalState" => talk::approve(context, &asked, caller).await,
        "GetPullRequestApprovalStates" => talk::approvals(context, &asked).await,
        _ => return None,
    })
}

fn is_ours(operation: &str) -> bool {
    operation.contains("PullRequest")
}

/// Brings the open pull requests of a repository to where its branches are now, and tells of those that have other commits.
pub(super) async fn moved(context: &Context, held: &Held, moves: &[Move], by: &str) -> Result<(), Error> {
    let to = |branch: &str| {
        let of = |one: &&Move| one.reference.kind == RefKind::Branch && one.reference.name == branch;
        moves.iter().find(of).and_then(|one| one.to.clone())
    };
    for mut pull in shelf::all(held)?.into_iter().filter(PullRequest::is_open) {
        let (source, destination) = (to(&pull.source), to(&pull.destination));
        if source.is_none() && destination.is_none() {
            continue;
        }
        let is_updated = source.is_some();
        pull.source_commit = source.unwrap_or(pull.source_commit);
        pull.destination_commit = destination.unwrap_or(pull.destination_commit);
        pull.merge_base = held.merge_base(&pull.destination_commit, &pull.source_commit).await?;
        if is_updated {
            pull.revision = PullRequest::new_revision();
            pull.active = jiff::Timestamp::now();
        }
        shelf::write(held, &pull)?;
        if is_updated {
            events::tell(context, held, &pull, What::SourceBranchUpdated, by).await;
        }
    }
    Ok(())
}
