//! Pipelines: their definitions and their state.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::error::ApiError;
use super::json::time;
use super::page::Paging;
use super::records::arn;
use super::tags::{self, Tag};
use super::{Api, start, state};
use crate::identity::Caller;
use crate::pipeline::definition::Pipeline;
use crate::runner::{self, Listed, Times};

/// How many pipelines there may be.
const MOST: usize = 1000;

/// `CreatePipeline` and `UpdatePipeline`.
#[derive(Debug, Deserialize)]
pub(super) struct Define {
    pipeline: Value,
    #[serde(default)]
    tags: Vec<Tag>,
}

/// `GetPipeline`.
#[derive(Debug, Deserialize)]
pub(super) struct Get {
    name: String,
    version: Option<u32>,
}

/// A request that only names a pipeline.
#[derive(Debug, Deserialize)]
pub(super) struct Named {
    name: String,
}

/// Creates the pipeline and, as CodePipeline does, starts it if it can be started so: one with a variable that has no
/// default cannot.
pub(super) fn create(api: &Api, caller: &Caller, request: Define) -> Result<Value, ApiError> {
    let pipeline = definition(&request.pipeline)?;
    if api.runner.names().len() >= MOST {
        return Err(ApiError::limit(format!("there are {MOST} pipelines already; delete one")));
    }
    let tags = tags::checked(&BTreeMap::new(), request.tags)?;
    let written = (!tags.is_empty()).then(|| tags::written(&tags));
    let pipeline = api.runner.create(pipeline, tags)?;
    let name = &pipeline.name;
    if let Err(error) = start::created(api, name, caller) {
        eprintln!("warning: pipeline {name} was created, but not started: {error}");
    }
    Ok(json!({"pipeline": pipeline.declaration(), "tags": written}))
}

pub(super) fn update(api: &Api, request: &Define) -> Result<Value, ApiError> {
    let pipeline = api.runner.update(definition(&request.pipeline)?)?;
    Ok(json!({"pipeline": pipeline.declaration()}))
}

/// Removing none is no error.
pub(super) fn delete(api: &Api, request: &Named) -> Result<Value, ApiError> {
    api.runner.delete(&request.name)?;
    Ok(Value::Null)
}

pub(super) fn get(api: &Api, request: &Get) -> Result<Value, ApiError> {
    let Get { name, version } = request;
    let history = api.runner.history(name)?;
    let wanted = version.unwrap_or(history.pipeline().version);
    let pipeline = history.version(wanted)?.ok_or_else(|| ApiError::no_version(name, wanted))?;
    let Times { created, updated } = api.runner.times(name)?;
    let metadata = json!({"pipelineArn": arn(name), "created": time(created), "updated": time(updated)});
    Ok(json!({"pipeline": pipeline.declaration(), "metadata": metadata}))
}

pub(super) fn state(api: &Api, request: &Named) -> Result<Value, ApiError> {
    let times = api.runner.times(&request.name)?;
    Ok(api.runner.inspect(&request.name, |pipeline, state| state::answer(pipeline, state, times))?)
}

pub(super) fn list(api: &Api, request: &Paging) -> Result<Value, ApiError> {
    let page = request.page(api.runner.names(), |listed| &listed.name, |_| true)?;
    // One that is deleted at this moment is not listed.
    let summaries: Vec<_> = page.items.iter().filter_map(|listed| summary(api, listed).ok()).collect();
    Ok(json!({"pipelines": summaries, "nextToken": page.next_token}))
}

fn summary(api: &Api, listed: &Listed) -> Result<Value, runner::Error> {
    let Listed { name, version, created, updated } = listed;
    api.runner.inspect(name, |pipeline, _| {
        json!({
            "name": name,
            "version": version,
            "pipelineType": pipeline.declaration().pipeline_type,
            "executionMode": pipeline.execution_mode,
            "created": time(*created),
            "updated": time(*updated),
        })
    })
}

fn definition(declaration: &Value) -> Result<Pipeline, ApiError> {
    Ok(Pipeline::from_declaration(declaration).map_err(runner::Error::from)?)
}
