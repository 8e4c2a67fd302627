//! Where a revision comes from: who made it, and which pull request brought it.

use serde::{Deserialize, Serialize};

use crate::{ids::CommitId, ports::PortError};

/// A repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Repository {
    /// In CodeCommit, in our account and region: its name.
    CodeCommit(String),
    /// On GitHub: `OWNER/NAME`.
    GitHub(String),
}

/// A name under which somebody acts. What counts is the person that the people map finds behind it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Identity {
    /// An ARN.
    Principal(String),
    /// An e-mail address that a commit gives.
    Address(String),
    /// A login on GitHub.
    Account(String),
}

/// Somebody who has to do with a release, and so cannot approve it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Maker {
    /// The names by which the source knows them, at least one. Each that the map knows is meant.
    pub names: Vec<Identity>,
    /// What they did.
    pub why: Why,
}

/// What somebody has to do with a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// Pushed the commit, or merged it.
    Pushed,
    /// Wrote the commit.
    Wrote,
    /// Committed what another wrote.
    Committed,
    /// Opened the pull request that brought it.
    Proposed,
    /// Wrote, committed or pushed something else of what is released.
    Contributed,
    /// Pushed the commits of the pull request that brought it.
    Updated,
    /// Started the execution by hand.
    Started,
}

/// A pull request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PullRequest {
    /// Its number.
    pub number: String,
    /// What became of it.
    pub state: PullRequestState,
    /// The branch that it is to be merged into.
    pub branch: String,
    /// What was reviewed: another one whenever its commits change. CodeCommit's `revisionId`, GitHub's head commit.
    pub revision: String,
    /// Who opened it, who wrote and committed its commits, and who merged it; on GitHub also who pushed its commits, as
    /// [`Why::Updated`].
    pub makers: Vec<Maker>,
    /// Its commits, the newest first.
    pub commits: Vec<CommitId>,
    /// The approval rules of CodeCommit; `None` where the provider tells of none.
    pub rules: Option<ApprovalRules>,
    /// What reviewers said, each once and what they said last.
    pub reviews: Vec<Review>,
}

/// What became of a pull request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PullRequestState {
    /// It can still be merged.
    Open,
    /// It was closed and not merged.
    Closed,
    /// It was merged as the commit that it was looked for by.
    Merged,
}

/// What CodeCommit says of a pull request's approval rules, for the revision that was reviewed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalRules {
    /// Each of them.
    pub rules: Vec<ApprovalRule>,
    /// Who set them aside: an ARN.
    pub overridden: Option<String>,
}

/// An approval rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalRule {
    /// Its name.
    pub name: String,
    /// How many approvals it needs; `None` when its content is not understood.
    pub needed: Option<u32>,
    /// Whether CodeCommit says that they are there.
    pub satisfied: bool,
}

/// What a reviewer said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    /// Who.
    pub by: Identity,
    /// What.
    pub opinion: Reviewed,
    /// What they looked at.
    pub revision: String,
}

/// What a reviewer thinks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reviewed {
    /// It is good.
    Approved,
    /// It must change first.
    Refused,
    /// What they said was dismissed, or taken back.
    Dismissed,
}

/// What a release is made of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Made {
    /// Who wrote and committed its commit, and the others that it adds to what was released before, and on GitHub who pushed
    /// them.
    pub makers: Vec<Maker>,
    /// All these commits, its own first.
    pub commits: Vec<CommitId>,
}

/// Reading where revisions come from. Who pushed to CodeCommit is recorded by [`crate::record`], and not asked here.
pub trait ReadSource {
    /// Everybody whom the source knows to have made the commit of the branch, or any of those that it adds to `since`.
    fn made(
        &self,
        repository: &Repository,
        branch: &str,
        commit: &CommitId,
        since: Option<&CommitId>,
    ) -> impl Future<Output = Result<Made, PortError>>;
    /// The pull request that brought the commit to the branch, or else one of the commit that did not, or `None`. One that
    /// changes while it is read is [`PortError::Unavailable`].
    fn pull_request(
        &self,
        repository: &Repository,
        commit: &CommitId,
        branch: &str,
    ) -> impl Future<Output = Result<Option<PullRequest>, PortError>>;
}
