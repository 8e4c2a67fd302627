//! Answering manual approvals.

use serde::Deserialize;
use serde_json::{Value, json};

use super::Api;
use super::error::ApiError;
use super::json::time;
use crate::identity::Caller;
use crate::pipeline::engine::Answer;
use crate::pipeline::token::Token;

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
    let at = api.runner.answer(&pipeline_name, &stage_name, &action_name, &token, answer)?;
    Ok(json!({"approvedAt": time(at)}))
}
