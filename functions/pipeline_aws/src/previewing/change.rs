//! That something happened on which previews may depend.

use jiff::Timestamp;
use pipeline_core::ids::CommitId;
use serde::{Deserialize, Serialize};

/// What happened, as the function tells itself, so that whoever told it need not wait for what follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum Change {
    /// Something was done to a pull request.
    PullRequest {
        /// Its number.
        #[serde(rename = "pull_request")]
        number: u64,
        /// When, by its host's clock.
        #[serde(skip_serializing_if = "Option::is_none")]
        updated: Option<Timestamp>,
        /// What its newest commit was then.
        #[serde(skip_serializing_if = "Option::is_none")]
        head: Option<CommitId>,
    },
    /// A branch was deleted.
    BranchDeleted {
        /// Its name.
        #[serde(rename = "branch_deleted")]
        branch: String,
    },
}

impl Change {
    /// That a pull request has changed, of which nothing else is known.
    pub(super) fn of_pull_request(number: u64) -> Self {
        Self::PullRequest { number, updated: None, head: None }
    }
}
