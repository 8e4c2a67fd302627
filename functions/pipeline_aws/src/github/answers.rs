//! What the API answers, as far as it matters here.

use serde::{Deserialize, Deserializer};

/// An account. GitHub shows none, or an empty one, where it knows of none.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct User {
    #[serde(default)]
    login: Option<String>,
}

/// An account's login, if there is one.
pub(super) fn login<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let user = Option::<User>::deserialize(deserializer)?;
    Ok(user.and_then(|user| user.login).filter(|login| !login.is_empty()))
}

/// A change of a branch.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Activity {
    /// Of which, by its full name.
    #[serde(rename = "ref")]
    pub(super) reference: String,
    /// The commit that the branch has since then.
    pub(super) after: String,
    /// What it was, such as `push`.
    #[serde(rename = "activity_type")]
    pub(super) kind: String,
    #[serde(deserialize_with = "login")]
    pub(super) actor: Option<String>,
}

/// A page of what one commit has and another has not.
#[derive(Debug, Deserialize)]
pub(super) struct Comparison {
    /// How many there are on all pages.
    #[serde(rename = "total_commits")]
    pub(super) total: usize,
    /// The oldest first.
    pub(super) commits: Vec<Commit>,
}

/// A commit.
#[derive(Debug, Deserialize)]
pub(super) struct Commit {
    pub(super) sha: String,
    #[serde(rename = "commit")]
    pub(super) said: Said,
    #[serde(default, deserialize_with = "login")]
    pub(super) author: Option<String>,
    #[serde(default, deserialize_with = "login")]
    pub(super) committer: Option<String>,
}

/// What a commit says of itself.
#[derive(Debug, Deserialize)]
pub(super) struct Said {
    pub(super) author: Option<Signature>,
    pub(super) committer: Option<Signature>,
    pub(super) verification: Option<Verification>,
}

/// Who somebody says to be.
#[derive(Debug, Deserialize)]
pub(super) struct Signature {
    pub(super) email: Option<String>,
}

/// Whether GitHub knows the key that a commit is signed with.
#[derive(Debug, Deserialize)]
pub(super) struct Verification {
    pub(super) verified: bool,
}

/// A pull request.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Pull {
    pub(super) number: u64,
    pub(super) state: String,
    #[serde(deserialize_with = "login")]
    pub(super) user: Option<String>,
    /// When it was merged, if it was.
    pub(super) merged_at: Option<String>,
    /// As what it was merged; before that, what it would be merged as.
    pub(super) merge_commit_sha: Option<String>,
    pub(super) head: Tip,
    pub(super) base: Tip,
    /// How many commits it has: told of one pull request, and not in lists.
    pub(super) commits: Option<usize>,
}

/// An end of a branch.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Tip {
    /// The branch's name.
    #[serde(rename = "ref")]
    pub(super) name: String,
    pub(super) sha: String,
    /// None where it is gone.
    pub(super) repo: Option<Repository>,
}

/// The repository that a branch is in: its name may change.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Repository {
    pub(super) id: u64,
}

/// A review of a pull request.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Review {
    pub(super) id: u64,
    #[serde(deserialize_with = "login")]
    pub(super) user: Option<String>,
    pub(super) state: String,
    pub(super) submitted_at: Option<String>,
    pub(super) commit_id: Option<String>,
    /// What the reviewer is to the repository.
    pub(super) author_association: Option<String>,
}
