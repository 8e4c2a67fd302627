//! What a run of repair did: the answer that people and programs read.

use jiff::Timestamp;
use serde::Serialize;

use crate::{
    ids::JobId,
    repair::ports::{Due, Open},
};

/// A run of repair.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RepairReport {
    /// When it began.
    pub at: Timestamp,
    /// Why nothing was looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_only: Option<String>,
    /// Whether there may be more, which the next run looks at.
    pub more: bool,
    /// What it looked at, the longest due first.
    pub entries: Vec<Entry>,
}

impl RepairReport {
    /// How many things could not be done, whether or not the next run tries them again; without [`Self::given_up`].
    pub fn troubles(&self) -> usize {
        usize::from(self.read_only.is_some()) + self.count(Outcome::Failed) + self.count(Outcome::LeftBehind)
    }

    /// How many jobs nobody will settle any more.
    pub fn given_up(&self) -> usize {
        self.count(Outcome::GivenUp)
    }

    fn count(&self, outcome: Outcome) -> usize {
        self.entries.iter().filter(|entry| entry.outcome == outcome).count()
    }
}

/// Something about a job, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// The job.
    pub job: JobId,
    /// What about it.
    pub what: What,
    /// What came of it.
    pub outcome: Outcome,
    /// More about that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl Entry {
    pub(super) fn new(due: &Due, outcome: Outcome, detail: Option<String>) -> Self {
        let what = match due.open {
            Open::Run(_) => What::Run,
            Open::Verdict(_) => What::Verdict,
        };
        Self { job: due.open.job().clone(), what, outcome, detail }
    }
}

/// What was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// A run of tests.
    Run,
    /// A verdict.
    Verdict,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// CodePipeline took our verdict.
    Settled,
    /// Somebody had settled the job before, such as the test itself.
    SettledBefore,
    /// Nothing was left to do.
    Closed,
    /// The owner of the run may be alive.
    Alive,
    /// Something went wrong; the next run tries again.
    Failed,
    /// The job has its verdict, and the tear-down of its run was not started, or may not have been: it is not tried again,
    /// and what the tests made may still be there.
    LeftBehind,
    /// Something goes wrong, and CodePipeline does not wait for it any more: it is not looked at again.
    GivenUp,
    /// This run's time was up before.
    Left,
}
