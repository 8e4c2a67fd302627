//! How the API names pipelines, and what they were when they did what they did.

use std::collections::BTreeMap;

use super::error::ApiError;
use crate::cloud::client::{ACCOUNT, REGION};
use crate::pipeline::definition::Pipeline;
use crate::pipeline::engine::Execution;
use crate::runner::History;

/// The versions of one pipeline that some executions went through.
#[derive(Debug)]
pub(super) struct Versions(BTreeMap<u32, Pipeline>);

impl Versions {
    pub(super) fn read(history: &History, executions: &[Execution]) -> Result<Self, ApiError> {
        let mut versions = BTreeMap::new();
        for execution in executions {
            let version = execution.pipeline_version;
            if !versions.contains_key(&version)
                && let Some(pipeline) = history.version(version)?
            {
                versions.insert(version, pipeline);
            }
        }
        Ok(Self(versions))
    }

    pub(super) fn of(&self, version: u32) -> Option<&Pipeline> {
        self.0.get(&version)
    }
}

/// The ARN of the pipeline of this name.
pub(super) fn arn(name: &str) -> String {
    format!("arn:aws:codepipeline:{REGION}:{ACCOUNT}:{name}")
}
