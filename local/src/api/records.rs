//! What the API keeps of each pipeline beside what the runner does: earlier versions, tags, and which requests have
//! started it.

use std::collections::BTreeMap;

use crate::cloud::client::{ACCOUNT, REGION};
use crate::pipeline::definition::wire::Declaration;
use crate::pipeline::engine::ExecutionId;

/// The records, by the pipelines' names.
pub(super) type Records = BTreeMap<String, Record>;

/// What is kept of one pipeline.
#[derive(Debug, Default)]
pub(super) struct Record {
    /// Tag key → value.
    pub(super) tags: BTreeMap<String, String>,
    /// Every version before the current one.
    pub(super) earlier: Vec<Declaration>,
    /// `clientRequestToken` → what the request that had it started.
    pub(super) started: BTreeMap<String, ExecutionId>,
}

/// The ARN of the pipeline of this name.
pub(super) fn arn(name: &str) -> String {
    format!("arn:aws:codepipeline:{REGION}:{ACCOUNT}:{name}")
}
