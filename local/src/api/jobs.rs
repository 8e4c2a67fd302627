//! Settling jobs.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::Api;
use super::error::ApiError;
use crate::actions::jobs::{ExecutionDetails, FailureDetails, JobId};

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

pub(super) fn success(api: &Api, request: Success) -> Result<Value, ApiError> {
    let Success { job_id, execution_details, continuation_token, output_variables } = request;
    api.runner.context().jobs.settle_success(&job_id, execution_details, continuation_token, output_variables)?;
    Ok(Value::Null)
}

pub(super) fn failure(api: &Api, request: Failure) -> Result<Value, ApiError> {
    api.runner.context().jobs.settle_failure(&request.job_id, request.failure_details)?;
    Ok(Value::Null)
}
