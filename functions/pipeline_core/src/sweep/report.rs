//! What a run did, or would do: the answer that people and programs read.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::{FencingToken, StackArn, StackName};

/// Whether anything is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Nothing is (I13).
    Plan,
    /// What the plan says, is.
    Apply,
}

/// What a run is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// The leases that are due.
    Due,
    /// The stacks that have no lease.
    Adopt,
}

/// A run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Whether anything was changed.
    pub mode: Mode,
    /// When it began.
    pub at: Timestamp,
    /// Why nothing is deleted (I12).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped: Option<String>,
    /// Why nothing is changed at all (I10).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_only: Option<String>,
    /// How many more stacks have expired than a run may delete (I12).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub over_limit: Option<usize>,
    /// What it had to do with, the longest due first.
    pub entries: Vec<Entry>,
}

impl Report {
    /// A run that begins.
    pub fn new(mode: Mode, at: Timestamp) -> Self {
        Self { mode, at, stopped: None, read_only: None, over_limit: None, entries: vec![] }
    }

    /// How many leases this run put into quarantine, or found there again: each is looked at once a day.
    pub fn quarantined(&self) -> usize {
        let came_about = |outcome| !matches!(outcome, Outcome::Planned | Outcome::Conflict);
        self.entries.iter().filter(|entry| entry.state == "QUARANTINED" && came_about(entry.outcome)).count()
    }
}

/// One stack, and what was to be done about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// The stack's name.
    pub stack: StackName,
    /// Where its lease stands after the step, such as `DIRTY`; `FREE` without one, `UNKNOWN` when it was not read.
    pub state: &'static str,
    /// The lease's token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<FencingToken>,
    /// The stack that it is bound to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stack_id: Option<StackArn>,
    /// What is to be done.
    pub step: Doing,
    /// Why.
    pub reason: String,
    /// What came of it.
    pub outcome: Outcome,
    /// More about that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// What is to be done about a stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Doing {
    /// Nothing.
    Keep,
    /// Its lease expired, or it was updated since it did: people are to be told (again).
    Mark,
    /// People are told that it is to be deleted.
    Tell,
    /// It is deleted.
    Delete,
    /// Its deletion is asked for again.
    Retry,
    /// Something goes on, or is to be seen twice: it is looked at again in a later run.
    Await,
    /// It is gone, and its name free.
    Gone,
    /// It was deployed under the lease, which now knows it.
    Bind,
    /// It cannot be deleted: a person has to look.
    Quarantine,
    /// Nobody claimed it: it gets a lease, as one that is to be deleted.
    Adopt,
}

/// What came of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It would be done.
    Planned,
    /// It was.
    Done,
    /// The lease changed in the meantime; nothing was done.
    Conflict,
    /// Something went wrong; the next run tries again.
    Failed,
    /// The run's time was up before.
    Left,
}
