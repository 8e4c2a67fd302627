//! What people do to executions and stages: stop, retry, roll back, override, open and close.

use serde::Deserialize;
use serde_json::{Value, json};

use super::Api;
use super::error::ApiError;
use crate::identity::Caller;
use crate::pipeline::engine::{ConditionKind, ExecutionId, RetryMode, Trigger, TriggerType, Way};

const NO_EXECUTION: &str = "PipelineExecutionNotFoundException";

/// `StopPipelineExecution`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Stop {
    pipeline_name: String,
    pipeline_execution_id: ExecutionId,
    #[serde(default)]
    abandon: bool,
    reason: Option<String>,
}

/// `RetryStageExecution`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Retry {
    pipeline_name: String,
    stage_name: String,
    pipeline_execution_id: ExecutionId,
    #[serde(rename = "retryMode")]
    mode: RetryMode,
}

/// `RollbackStage`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Rollback {
    pipeline_name: String,
    stage_name: String,
    target_pipeline_execution_id: ExecutionId,
}

/// `OverrideStageCondition`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Override {
    pipeline_name: String,
    stage_name: String,
    pipeline_execution_id: ExecutionId,
    condition_type: ConditionKind,
}

/// `EnableStageTransition`, and `DisableStageTransition`, which has a reason.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Transition {
    pipeline_name: String,
    stage_name: String,
    #[serde(rename = "transitionType")]
    way: Way,
    reason: Option<String>,
}

/// An execution that is not there is no more stoppable than one that has ended: no other error is documented.
pub(super) fn stop(api: &Api, request: Stop) -> Result<Value, ApiError> {
    let Stop { pipeline_name, pipeline_execution_id: id, abandon, reason } = request;
    let reason = reason.filter(|reason| !reason.is_empty());
    let stopped = api.runner.stop(&pipeline_name, &id, abandon, reason).map_err(ApiError::from);
    stopped.map_err(|error| error.instead_of(NO_EXECUTION, "PipelineExecutionNotStoppableException"))?;
    Ok(json!({"pipelineExecutionId": id}))
}

/// An execution that is not there is not the latest in the stage: no other error is documented.
pub(super) fn retry(api: &Api, request: &Retry) -> Result<Value, ApiError> {
    let Retry { pipeline_name, stage_name, pipeline_execution_id: id, mode } = request;
    let retried = api.runner.retry(pipeline_name, stage_name, id, *mode).map_err(ApiError::from);
    retried.map_err(not_the_latest)?;
    Ok(json!({"pipelineExecutionId": id}))
}

/// That as many executions run as may is no documented error of it: the pipeline is busy.
pub(super) fn roll_back(api: &Api, caller: Caller, request: &Rollback) -> Result<Value, ApiError> {
    let Rollback { pipeline_name, stage_name, target_pipeline_execution_id: target } = request;
    let trigger = Trigger { trigger_type: TriggerType::ManualRollback, trigger_detail: caller.arn };
    let rolled_back = api.runner.roll_back(pipeline_name, stage_name, target, trigger).map_err(ApiError::from);
    let busy =
        |error: ApiError| error.instead_of("ConcurrentPipelineExecutionsLimitExceededException", "ConflictException");
    Ok(json!({"pipelineExecutionId": rolled_back.map_err(busy)?}))
}

/// As of a retry.
pub(super) fn override_condition(api: &Api, caller: Caller, request: &Override) -> Result<Value, ApiError> {
    let Override { pipeline_name, stage_name, pipeline_execution_id: id, condition_type } = request;
    let overridden = api.runner.override_condition(pipeline_name, stage_name, id, *condition_type, caller.arn);
    overridden.map_err(ApiError::from).map_err(not_the_latest)?;
    Ok(Value::Null)
}

pub(super) fn enable(api: &Api, caller: Caller, request: &Transition) -> Result<Value, ApiError> {
    let Transition { pipeline_name, stage_name, way, .. } = request;
    api.runner.change_transition(pipeline_name, stage_name, *way, caller.arn, None)?;
    Ok(Value::Null)
}

pub(super) fn disable(api: &Api, caller: Caller, request: Transition) -> Result<Value, ApiError> {
    let Transition { pipeline_name, stage_name, way, reason } = request;
    api.runner.change_transition(&pipeline_name, &stage_name, way, caller.arn, reason)?;
    Ok(Value::Null)
}

fn not_the_latest(error: ApiError) -> ApiError {
    error.instead_of(NO_EXECUTION, "NotLatestPipelineExecutionException")
}
