//! Pipelines: their definitions, and starting them.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::Named;
use super::error::ApiError;
use crate::actions::Pushed;
use crate::cloud::client;
use crate::pipeline::definition::{Action, Pipeline};
use crate::pipeline::engine::{SourceRevision, Trigger, TriggerType};
use crate::runner::{self, Runner};

/// `CreatePipeline` and `UpdatePipeline`.
#[derive(Debug, Deserialize)]
pub(super) struct Definition {
    pipeline: Value,
    /// Kept with the pipeline by AWS.
    tags: Option<Value>,
}

/// `StartPipelineExecution`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Start {
    name: String,
    #[serde(default)]
    variables: Vec<Variable>,
    #[serde(default)]
    source_revisions: Vec<SourceRevision>,
}

#[derive(Debug, Deserialize)]
struct Variable {
    name: String,
    value: String,
}

/// Creates the pipeline and, as CodePipeline does, starts it.
pub(super) fn create(runner: &Runner, request: &Definition) -> Result<Value, ApiError> {
    let pipeline = definition(request)?;
    let (name, declaration) = (pipeline.name.clone(), json!(pipeline.declaration()));
    let revisions = pushed_revisions(&pipeline, runner.context().pushed.as_ref());
    runner.create(pipeline)?;
    start_with(runner, &name, TriggerType::CreatePipeline, &BTreeMap::new(), revisions)?;
    Ok(match &request.tags {
        Some(tags) => json!({"pipeline": declaration, "tags": tags}),
        None => json!({"pipeline": declaration}),
    })
}

/// What the pipeline's sources must fetch of what this session pushed.
fn pushed_revisions(pipeline: &Pipeline, pushed: Option<&Pushed>) -> Vec<SourceRevision> {
    let Some(Pushed { repository, commit }) = pushed else { return Vec::new() };
    let actions = pipeline.stages.iter().flat_map(|stage| &stage.actions);
    let sources = actions.filter(|action| action.configuration.get("RepositoryName") == Some(repository));
    let revision = |action: &Action| SourceRevision {
        action_name: action.name.clone(),
        revision_type: "COMMIT_ID".to_owned(),
        revision_value: commit.clone(),
    };
    sources.map(revision).collect()
}

pub(super) fn update(runner: &Runner, request: &Definition) -> Result<Value, ApiError> {
    let pipeline = runner.update(definition(request)?)?;
    Ok(json!({"pipeline": pipeline.declaration()}))
}

pub(super) fn delete(runner: &Runner, request: &Named) -> Value {
    runner.delete(&request.name);
    json!({})
}

pub(super) fn get(runner: &Runner, request: &Named) -> Result<Value, ApiError> {
    let pipeline = runner.pipeline(&request.name)?;
    Ok(json!({"pipeline": pipeline.declaration()}))
}

pub(super) fn start(runner: &Runner, request: Start) -> Result<Value, ApiError> {
    let variables = request.variables.into_iter().map(|Variable { name, value }| (name, value)).collect();
    start_with(runner, &request.name, TriggerType::StartPipelineExecution, &variables, request.source_revisions)
}

fn start_with(
    runner: &Runner,
    name: &str,
    trigger_type: TriggerType,
    variables: &BTreeMap<String, String>,
    revisions: Vec<SourceRevision>,
) -> Result<Value, ApiError> {
    let trigger_detail = format!("arn:aws:iam::{}:root", client::ACCOUNT);
    let id = runner.start(name, Trigger { trigger_type, trigger_detail }, variables, revisions)?;
    Ok(json!({"pipelineExecutionId": id}))
}

fn definition(request: &Definition) -> Result<Pipeline, ApiError> {
    Ok(Pipeline::from_declaration(&request.pipeline).map_err(runner::Error::from)?)
}
