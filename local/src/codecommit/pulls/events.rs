//! The events of pull requests.

use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::record::{Comment, PullRequest, Status, set};
use crate::actions::Context;
use crate::codecommit::approvals::{Rule, sha256};
use crate::codecommit::metadata;
use crate::event_bus::EventBus;
use crate::repository::{Held, Reference};

pub(super) const COMMENT_CREATED: &str = "commentOnPullRequestCreated";
pub(super) const COMMENT_UPDATED: &str = "commentOnPullRequestUpdated";

/// What became of a pull request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What<'a> {
    Created,
    SourceBranchUpdated,
    StatusChanged,
    MergeStatusUpdated,
    ApprovalStateChanged(&'a str),
    RuleCreated(&'a Rule),
    RuleUpdated(&'a Rule),
    RuleDeleted(&'a Rule),
    RulesOverridden(&'a str),
    /// A comment, and the event that tells what became of it.
    Commented(&'a Comment, &'static str),
}

/// Tells the bus. What has happened stays so, whether the bus hears of it or not.
pub(super) async fn tell(context: &Context, held: &Held, pull: &PullRequest, what: What<'_>, by: &str) {
    let (kind, detail) = match what {
        What::Commented(comment, event) => {
            ("CodeCommit Comment on Pull Request", commented(held, pull, (comment, event), by))
        }
        what => ("CodeCommit Pull Request State Change", Ok(changed(held, pull, what, by))),
    };
    let put = match detail {
        Ok(detail) => {
            let entry = PutEventsRequestEntry::builder().source("aws.codecommit").detail_type(kind);
            let entry = entry.resources(metadata::arn(held.name())).detail(detail.to_string()).build();
            EventBus::new(&context.sdk).put(&[entry]).await.map_err(|refusal| refusal.reason)
        }
        Err(error) => Err(error.to_string()),
    };
    if let Err(reason) = put {
        eprintln!("error: the event bus was not told of pull request {} of {}: {reason}", pull.id, held.name());
    }
}

fn changed(held: &Held, pull: &PullRequest, what: What, by: &str) -> Value {
    let event = match what {
        What::Created => "pullRequestCreated",
        What::SourceBranchUpdated => "pullRequestSourceBranchUpdated",
        What::StatusChanged => "pullRequestStatusChanged",
        What::MergeStatusUpdated => "pullRequestMergeStatusUpdated",
        What::ApprovalStateChanged(_) => "pullRequestApprovalStateChanged",
        What::RuleCreated(_) => "pullRequestApprovalRuleCreated",
        What::RuleUpdated(_) => "pullRequestApprovalRuleUpdated",
        What::RuleDeleted(_) => "pullRequestApprovalRuleDeleted",
        What::RulesOverridden(_) => "pullRequestApprovalRuleOverridden",
        What::Commented(_, event) => event,
    };
    let status = match pull.status {
        Status::Open => "Open",
        Status::Closed => "Closed",
    };
    let mut detail = json!({
        "event": event,
        "author": pull.author,
        "callerUserArn": by,
        "creationDate": date(pull.created),
        "lastModifiedDate": date(pull.active),
        "destinationCommit": pull.destination_commit,
        "destinationReference": Reference::branch(&pull.destination).to_string(),
        "sourceCommit": pull.source_commit,
        "sourceReference": Reference::branch(&pull.source).to_string(),
        "isMerged": if pull.merged.is_some() { "True" } else { "False" },
        "notificationBody": body(held.name(), pull, event, by),
        "pullRequestId": pull.id.to_string(),
        "pullRequestStatus": status,
        "repositoryNames": [held.name()],
        "revisionId": pull.revision,
        "title": pull.title,
    });
    set(&mut detail, "description", pull.description.as_ref());
    set(&mut detail, "mergeOption", pull.merged.as_ref().map(|merged| &merged.option));
    match what {
        What::ApprovalStateChanged(state) => detail["approvalStatus"] = json!(state),
        What::RulesOverridden(status) => detail["overrideStatus"] = json!(status),
        What::RuleCreated(rule) | What::RuleUpdated(rule) | What::RuleDeleted(rule) => {
            detail["approvalRuleId"] = json!(rule.id);
            detail["approvalRuleName"] = json!(rule.name);
            detail["approvalRuleContentSha256"] = json!(sha256(&rule.content));
        }
        _ => {}
    }
    detail
}

fn commented(
    held: &Held,
    pull: &PullRequest,
    (comment, event): (&Comment, &str),
    by: &str,
) -> Result<Value, crate::repository::Error> {
    Ok(json!({
        "event": event,
        "beforeCommitId": comment.before_commit,
        "afterCommitId": comment.after_commit,
        "commentId": comment.id,
        "repositoryId": held.record()?.id,
        "repositoryName": held.name(),
        "callerUserArn": by,
        "pullRequestId": pull.id.to_string(),
        "notificationBody": body(held.name(), pull, event, by),
    }))
}

fn body(repository: &str, pull: &PullRequest, event: &str, by: &str) -> String {
    format!(
        "A pull request event occurred in the following AWS CodeCommit repository: {repository}. User: {by}. Event: {event}. \
         Pull request: {}.",
        pull.id
    )
}

/// As the documented events have it.
fn date(at: Timestamp) -> String {
    at.strftime("%a %b %d %H:%M:%S UTC %Y").to_string()
}
