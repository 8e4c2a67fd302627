//! `PutActionRevision`: somebody tells of a new revision of a source.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::Api;
use super::error::ApiError;
use crate::identity::Caller;
use crate::pipeline::definition::{Action, Pipeline};
use crate::pipeline::engine::{Execution, ExecutionId, SourceRevision, Trigger, TriggerType};
use crate::runner::History;

/// `PutActionRevision`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Put {
    pipeline_name: String,
    stage_name: String,
    action_name: String,
    action_revision: Revision,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Revision {
    revision_id: String,
}

/// A revision that was used already starts nothing, so that whoever polls may tell of the newest again and again.
pub(super) fn put(api: &Api, caller: Caller, request: Put) -> Result<Value, ApiError> {
    let Put { pipeline_name, stage_name, action_name, action_revision: Revision { revision_id } } = request;
    let history = api.runner.history(&pipeline_name)?;
    let action = source(history.pipeline(), &stage_name, &action_name)?;
    if let Some(id) = used(&history, &action_name, &revision_id)? {
        return Ok(json!({"newRevision": false, "pipelineExecutionId": id}));
    }
    let trigger = Trigger { trigger_type: TriggerType::PutActionRevision, trigger_detail: caller.arn };
    let revision_type = if action.provider.name == "S3" { "S3_OBJECT_VERSION_ID" } else { "COMMIT_ID" }.to_owned();
    let revision = SourceRevision { action_name, revision_type, revision_value: revision_id };
    let id = api.runner.start(&pipeline_name, trigger, &BTreeMap::new(), vec![revision])?;
    Ok(json!({"newRevision": true, "pipelineExecutionId": id}))
}

fn source<'p>(pipeline: &'p Pipeline, stage: &str, action: &str) -> Result<&'p Action, ApiError> {
    let found = pipeline.stage(stage).ok_or_else(|| ApiError::no_stage(stage))?;
    let found = found.actions.iter().find(|known| known.name == action);
    let found = found.ok_or_else(|| ApiError::no_action(stage, action))?;
    if found.provider.is_source() {
        return Ok(found);
    }
    Err(ApiError::validation(format!(
        "action {action:?} of stage {stage:?} is no source action; only those have revisions"
    )))
}

/// The newest execution that the action brought this revision to, or will.
fn used(history: &History, action: &str, revision: &str) -> Result<Option<ExecutionId>, ApiError> {
    let told = |one: &SourceRevision| one.action_name == action && one.revision_value == revision;
    let brought = |execution: &Execution| {
        execution.succeeded().any(|run| run.name == action && run.revision.as_deref() == Some(revision))
    };
    for execution in history.newest_first(None) {
        let execution = execution?;
        if execution.source_revisions.iter().any(told) || brought(&execution) {
            return Ok(Some(execution.id));
        }
    }
    Ok(None)
}
