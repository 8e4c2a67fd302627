//! `ListDeployActionExecutionTargets`.

use serde::Deserialize;
use serde_json::{Value, json};

use super::Api;
use super::error::ApiError;
use crate::pipeline::engine::{Execution, RunId};
use crate::runner::{self, History};

/// `ListDeployActionExecutionTargets`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct List {
    pipeline_name: Option<String>,
    action_execution_id: RunId,
    next_token: Option<String>,
}

/// Instances and clusters have targets; no provider that deploys to them runs here, so whatever ran had none.
pub(super) fn list(api: &Api, request: &List) -> Result<Value, ApiError> {
    let List { pipeline_name, action_execution_id: id, next_token } = request;
    if !ran(api, pipeline_name.as_deref(), id)? {
        return Err(ApiError::no_action_execution(id));
    }
    match next_token {
        Some(token) => Err(ApiError::next_token(token)),
        None => Ok(json!({"targets": []})),
    }
}

/// Whether an action of the pipeline, or of any, ran under this id.
fn ran(api: &Api, pipeline: Option<&str>, id: &RunId) -> Result<bool, ApiError> {
    if let Some(name) = pipeline {
        return has(&api.runner.history(name)?, id);
    }
    for listed in api.runner.names() {
        match api.runner.history(&listed.name) {
            Ok(history) if has(&history, id)? => return Ok(true),
            // One that is deleted at this moment had none.
            Ok(_) | Err(runner::Error::NotFound(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(false)
}

fn has(history: &History, id: &RunId) -> Result<bool, ApiError> {
    let is_in =
        |execution: &Execution| execution.stages.iter().any(|stage| stage.actions.iter().any(|run| run.id == *id));
    for execution in history.newest_first(None) {
        if is_in(&execution?) {
            return Ok(true);
        }
    }
    Ok(false)
}
