//! What the API keeps of each pipeline beside what the runner does: earlier versions, tags, and which requests have
//! started it.

use std::collections::BTreeMap;

use crate::cloud::client::{ACCOUNT, REGION};
use crate::pipeline::definition::Pipeline;
use crate::pipeline::engine::ExecutionId;

/// The records, by the pipelines' names.
pub(super) type Records = BTreeMap<String, Record>;

/// What is kept of one pipeline.
#[derive(Debug, Default)]
pub(super) struct Record {
    /// Tag key → value.
    pub(super) tags: BTreeMap<String, String>,
    /// Every version before the current one.
    pub(super) earlier: Vec<Pipeline>,
    /// `clientRequestToken` → what the request that had it started.
    pub(super) started: BTreeMap<String, ExecutionId>,
}

/// The versions of one pipeline.
#[derive(Debug, Clone, Copy)]
pub(super) struct Versions<'a> {
    pub(super) current: &'a Pipeline,
    pub(super) earlier: &'a [Pipeline],
}

impl<'a> Versions<'a> {
    pub(super) fn of(self, version: u32) -> Option<&'a Pipeline> {
        std::iter::once(self.current).chain(self.earlier).find(|pipeline| pipeline.version == version)
    }
}

/// The ARN of the pipeline of this name.
pub(super) fn arn(name: &str) -> String {
    format!("arn:aws:codepipeline:{REGION}:{ACCOUNT}:{name}")
}
