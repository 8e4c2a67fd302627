//! The record of a preview: what is wanted, how far that is, and when to look again.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    ids::{CommitId, ExecutionId, FencingToken, Holder, Nonce},
    preview::subject::Subject,
};

/// A preview as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    /// What it is for.
    pub subject: Subject,
    /// Rises with each write.
    pub version: u64,
    /// What was wanted when that was looked at last.
    pub wanted: Wanted,
    /// How far that is.
    pub phase: Phase,
    /// Executions that were started for it and were not yet seen to have ended, the latest last.
    pub executions: Vec<ExecutionId>,
    /// When to look at it again; `None` when nothing is left to do.
    pub due: Option<Timestamp>,
    /// The write that made this version (I8).
    pub nonce: Nonce,
}

impl Preview {
    /// Whether this execution was started for it, and is to go on, or was not yet seen to have ended.
    pub fn deploys(&self, execution: &ExecutionId) -> bool {
        let is_run = matches!(&self.phase, Phase::Running(run) if run.execution == *execution);
        is_run || self.executions.contains(execution)
    }
}

/// What is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Wanted {
    /// A stack with this commit.
    Deployed(Head),
    /// None.
    Removed {
        /// Why not.
        why: Why,
    },
}

impl Wanted {
    /// What is to be deployed, if anything is.
    pub fn head(&self) -> Option<&Head> {
        match self {
            Self::Deployed(head) => Some(head),
            Self::Removed { .. } => None,
        }
    }
}

/// What is to be deployed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The commit.
    pub commit: CommitId,
    /// The branch that it is on.
    pub branch: String,
    /// Whose preview it is, as quotas count them: a login, an ARN, or a developer's name.
    pub author: String,
}

/// Why there is to be no stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Why {
    /// The pull request was closed.
    Closed,
    /// The pull request was merged.
    Merged,
    /// The pull request is a draft.
    Draft,
    /// The pull request comes from another repository: its code obtains no credentials.
    Fork,
    /// The branch is gone.
    BranchDeleted,
    /// The developer gave it back.
    Down,
    /// Nobody pushed for so long that its lease ran out.
    RanOut,
}

/// How far it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Phase {
    /// The stacks' names are being claimed by this holder, and then an execution is started.
    Starting {
        /// Who claims.
        holder: Holder,
        /// What keeps it from beginning.
        waits: Option<Wait>,
        /// Since when.
        since: Timestamp,
    },
    /// An execution was started; whether it still runs, the pipeline knows.
    Running(Run),
    /// The leases are released; the stacks are to be gone.
    Removing {
        /// Why.
        why: Why,
        /// Since when.
        since: Timestamp,
    },
    /// Nothing is there.
    Removed {
        /// Why.
        why: Why,
        /// Since when.
        at: Timestamp,
    },
}

impl Phase {
    /// Its name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Starting { .. } => "STARTING",
            Self::Running(_) => "RUNNING",
            Self::Removing { .. } => "REMOVING",
            Self::Removed { .. } => "REMOVED",
        }
    }
}

/// The latest execution of a preview.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// Who claimed.
    pub holder: Holder,
    /// The tokens that it was granted.
    pub tokens: Tokens,
    /// The execution.
    pub execution: ExecutionId,
    /// The commit that it deploys.
    pub commit: CommitId,
    /// Since when.
    pub since: Timestamp,
}

/// The fencing tokens of a preview's two leases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tokens {
    /// That of the service's stack.
    pub app: FencingToken,
    /// That of the tests' stack.
    pub tests: FencingToken,
}

/// What keeps a preview from beginning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Wait {
    /// Its author has as many as one may.
    AuthorsQuota {
        /// How many that are.
        limit: usize,
    },
    /// There are as many as there may be.
    Quota {
        /// How many that are.
        limit: usize,
    },
    /// What stood there before is being deleted, or waits for that.
    Deletion,
    /// A stack of that name could not be deleted, and needs a person; or somebody else holds it. In words for people.
    Person {
        /// Who, and what to do.
        what: String,
    },
    /// As many executions run as may.
    Executions,
}
