//! Settling jobs.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::error::ApiError;
use crate::actions::jobs::{ExecutionDetails, FailureDetails, JobId};
use crate::runner::Runner;

/// `PutJobSuccessResult`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Success {
    job_id: JobId,
    #[serde(default)]
    execution_details: ExecutionDetails,
    continuation_token: Option<String>,
    #[serde(default)]
    output_variables: BTreeMap<String, String>,
}

/// `PutJobFailureResult`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Failure {
    job_id: JobId,
    failure_details: FailureDetails,
}

pub(super) fn success(runner: &Runner, request: Success) -> Result<Value, ApiError> {
    let Success { job_id, execution_details, continuation_token, output_variables } = request;
    runner.context().jobs.settle_success(&job_id, execution_details, continuation_token, output_variables)?;
    Ok(json!({}))
}

pub(super) fn failure(runner: &Runner, request: Failure) -> Result<Value, ApiError> {
    runner.context().jobs.settle_failure(&request.job_id, request.failure_details)?;
    Ok(json!({}))
}
