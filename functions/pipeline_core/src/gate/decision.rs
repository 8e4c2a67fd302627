//! A decision as it is kept: with what it was based on.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    gate::{
        approved::{Vote, Worth},
        drift::Drift,
        makers::Excluded,
        observation::{Execution, Observation, Seen, TestedStack},
        overrides::Override,
        params::{Phase, Rules},
        people::Person,
        source::{Maker, PullRequest},
    },
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

/// A rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// Enough people approved.
    Approved,
    /// A pull request was reviewed.
    PullRequest,
    /// The tests passed.
    Tested,
    /// The stack is as its template says.
    NoDrift,
    /// The revision is the execution's.
    Revision,
    /// The artifact is what was built.
    Digest,
    /// Nothing changed while it was judged.
    Unmoved,
    /// An override can be understood.
    Override,
}

impl Rule {
    /// I22: nobody can answer for what is deployed being something else.
    pub(super) fn can_be_overridden(self) -> bool {
        matches!(self, Self::Approved | Self::PullRequest | Self::Tested | Self::NoDrift)
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Approved => "approved",
            Self::PullRequest => "pull_request",
            Self::Tested => "tested",
            Self::NoDrift => "no_drift",
            Self::Revision => "revision",
            Self::Digest => "digest",
            Self::Unmoved => "unmoved",
            Self::Override => "override",
        })
    }
}

/// What one rule said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The rule.
    pub rule: Rule,
    /// What it said.
    pub outcome: Outcome,
    /// Why, in words for people.
    pub because: String,
    /// Who answers for it, where it did not pass by itself.
    pub overridden: Option<Person>,
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
    /// What it was for.
    #[serde(default)]
    pub phase: Phase,
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
    /// What was asked for.
    pub rules: Rules,
    /// What else was seen.
    pub inputs: Inputs,
}

impl Decision {
    /// Whether it let the release through, and this rule did so by itself: an override is of one execution, while it stands.
    pub(super) fn was_met(&self, rule: Rule) -> bool {
        let is_met =
            |answer: &Answer| answer.rule == rule && answer.outcome == Outcome::Approve && answer.overridden.is_none();
        self.outcome == Outcome::Approve && self.answers.iter().any(is_met)
    }

    /// How many people's approvals it counted that were not given before `since`.
    pub(super) fn counted_since(&self, since: Timestamp) -> usize {
        let answered = |vote: &&Vote| vote.run.as_ref().and_then(|run| run.answered);
        let counted = self.votes.iter().filter(|vote| vote.worth == Worth::Counts);
        counted.filter(|vote| answered(vote).is_some_and(|answered| answered >= since)).count()
    }
}

/// What was looked at, or why it could not be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Noted<T> {
    /// This.
    Seen(T),
    /// It could not be seen.
    Unseen(String),
}

/// What a decision was based on, beside the votes. What it did not need is `None`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inputs {
    /// The execution.
    pub execution: Noted<Execution>,
    /// Who made the revision, as the source knows them.
    pub makers: Option<Noted<Vec<Maker>>>,
    /// The pull request that brought it.
    pub pull_request: Option<Noted<Option<PullRequest>>>,
    /// What the tests came to.
    pub tests: Option<Noted<Vec<TestedStack>>>,
    /// The digest that was recorded when it was built.
    pub recorded: Noted<Option<Digest>>,
    /// Whether the stack had drifted.
    pub drift: Option<Noted<Drift>>,
    /// The override that there was.
    pub overridden: Option<Override>,
}

impl Inputs {
    pub(super) fn of(seen: &Observation, overridden: Option<Override>) -> Self {
        Self {
            execution: noted(&seen.execution),
            makers: seen.makers.as_ref().map(noted),
            pull_request: seen.pull_request.as_ref().map(noted),
            tests: seen.tests.as_ref().map(noted),
            recorded: noted(&seen.recorded),
            drift: seen.drift.as_ref().map(noted),
            overridden,
        }
    }
}

fn noted<T: Clone>(seen: &Seen<T>) -> Noted<T> {
    match seen {
        Ok(seen) => Noted::Seen(seen.clone()),
        Err(error) => Noted::Unseen(error.to_string()),
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
