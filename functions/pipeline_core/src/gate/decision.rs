//! A decision as it is kept: with what it was based on.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    gate::approved::{self, Excluded, Vote, Worth},
    ids::{Digest, ExecutionId, JobId},
    ports::PortError,
};

/// What came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It may be released.
    Approve,
    /// Not known yet.
    Wait,
    /// It may not.
    Deny,
}

/// What one rule said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The rule's name.
    pub rule: String,
    /// What it said.
    pub outcome: Outcome,
    /// Why, in words for people.
    pub because: String,
}

/// One decision. A gate's job makes one; a retry of the gate is another job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// The job that it settles.
    pub job: JobId,
    /// The pipeline.
    pub pipeline: String,
    /// The execution.
    pub execution: ExecutionId,
    /// When.
    pub at: Timestamp,
    /// What came out: approve or deny.
    pub outcome: Outcome,
    /// What each rule said.
    pub answers: Vec<Answer>,
    /// The revision that the action named.
    pub revision: Option<String>,
    /// The digest of what would be deployed, where it could be measured.
    pub digest: Option<Digest>,
    /// The approvals that were seen, and what each was worth.
    pub votes: Vec<Vote>,
    /// Whose approvals could not count.
    pub excluded: Vec<Excluded>,
}

impl Decision {
    /// Whether it lets the release through, on the approvals of at least so many people.
    pub fn released_by(&self, people: usize) -> bool {
        let approved = |answer: &Answer| answer.rule == approved::NAME && answer.outcome == Outcome::Approve;
        let counted = self.votes.iter().filter(|vote| vote.worth == Worth::Counts).count();
        self.outcome == Outcome::Approve && self.answers.iter().any(approved) && counted >= people
    }
}

/// Reading decisions.
pub trait ReadDecisions {
    /// All decisions about the execution, read consistently, the oldest first.
    fn decisions(&self, execution: &ExecutionId) -> impl Future<Output = Result<Vec<Decision>, PortError>>;
}

/// Writing decisions.
pub trait WriteDecisions {
    /// Writes the decision unless its job has one, and returns the one that stands afterwards (I16).
    fn record_decision(&self, decision: &Decision) -> impl Future<Output = Result<Decision, PortError>>;
}
