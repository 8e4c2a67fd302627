//! How the API names pipelines, and what they were when they did what they did.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::error::ApiError;
use crate::cloud::client::{ACCOUNT, REGION};
use crate::pipeline::definition::Pipeline;
use crate::runner::History;

/// The versions of one pipeline that some executions went through, each read once.
pub(super) struct Versions<'h> {
    history: &'h History<'h>,
    read: BTreeMap<u32, Option<Pipeline>>,
}

impl<'h> Versions<'h> {
    pub(super) fn of(history: &'h History<'h>) -> Self {
        Self { history, read: BTreeMap::new() }
    }

    pub(super) fn get(&mut self, version: u32) -> Result<Option<&Pipeline>, ApiError> {
        let read = match self.read.entry(version) {
            Entry::Occupied(read) => read.into_mut(),
            Entry::Vacant(place) => place.insert(self.history.version(version)?),
        };
        Ok(read.as_ref())
    }
}

/// The ARN of the webhook of this name.
pub(super) fn webhook_arn(name: &str) -> String {
    arn(&format!("webhook:{name}"))
}

/// The ARN of the pipeline of this name.
pub(super) fn arn(name: &str) -> String {
    format!("arn:aws:codepipeline:{REGION}:{ACCOUNT}:{name}")
}
