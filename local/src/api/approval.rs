//! Answering manual approvals.

use serde::Deserialize;
use serde_json::{Value, json};

use super::Api;
use super::error::ApiError;
use super::json::time;
use crate::identity::Caller;
use crate::pipeline::engine::{ActionRun, Answer, ApprovalError, Execution};
use crate::pipeline::token::Token;
use crate::runner;

/// `PutApprovalResult`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Put {
    pipeline_name: String,
    stage_name: String,
    action_name: String,
    result: ApprovalResult,
    token: Token,
}

#[derive(Debug, Deserialize)]
struct ApprovalResult {
    summary: String,
    status: Status,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
enum Status {
    Approved,
    Rejected,
}

pub(super) fn put(api: &Api, caller: Caller, request: Put) -> Result<Value, ApiError> {
    let Put { pipeline_name, stage_name, action_name, result: ApprovalResult { summary, status }, token } = request;
    let answer = Answer { approved: status == Status::Approved, summary, by: caller.arn };
    let at =
        api.runner.answer(&pipeline_name, &stage_name, &action_name, &token, answer).map_err(|error| match error {
            runner::Error::Approval(ApprovalError::InvalidToken { .. })
                if was_answered(api, &pipeline_name, &stage_name, &action_name, &token) =>
            {
                ApiError::completed(&action_name)
            }
            other => other.into(),
        })?;
    Ok(json!({"approvedAt": time(at)}))
}

/// Whether a person answered what this token was for, however long ago. What expired or was stopped nobody answered.
fn was_answered(api: &Api, pipeline: &str, stage: &str, action: &str, token: &Token) -> bool {
    let is_it = |run: &ActionRun| {
        let asked = run.approval.as_ref().is_some_and(|approval| approval.token == *token);
        asked && run.name == action && run.updated_by.is_some()
    };
    let has_it =
        |execution: &Execution| execution.stages.iter().any(|run| run.name == stage && run.actions.iter().any(is_it));
    let Ok(history) = api.runner.history(pipeline) else { return false };
    history.newest_first(None).map_while(Result::ok).any(|execution| has_it(&execution))
}
