//! What is said on a pull request.

use serde::{Deserialize, Serialize};

use crate::{
    ids::{CommitId, Nonce},
    ports::PortError,
};

/// A comment of ours, as its host names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CommentId(pub String);

/// What a commit's status says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The colour of it.
    pub light: Light,
    /// One line of at most 140 characters.
    pub line: String,
    /// Where there is more.
    pub url: Option<String>,
}

/// The colour of a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Light {
    /// Under way.
    Pending,
    /// Well.
    Success,
    /// Not well, by what was tested.
    Failure,
    /// Not well, and nothing can be said of what was to be tested.
    Error,
}

/// Speaking on pull requests.
pub trait Speak {
    /// The first comment of a pull request that has this mark (see [`is_marked`](super::say::is_marked)) and that we may
    /// edit.
    fn find(&self, number: u64, mark: &str) -> impl Future<Output = Result<Option<CommentId>, PortError>>;
    /// Writes a comment; where the host can tell by `nonce` that it is the same again, it is written once.
    fn comment(&self, number: u64, text: &str, nonce: Nonce) -> impl Future<Output = Result<CommentId, PortError>>;
    /// Writes a comment anew. [`PortError::NotFound`]: somebody deleted it.
    fn edit(&self, number: u64, comment: &CommentId, text: &str) -> impl Future<Output = Result<(), PortError>>;
    /// Sets the status that a commit has for this pull request, where the host knows such; elsewhere it does nothing.
    fn status(&self, number: u64, commit: &CommitId, status: &Status) -> impl Future<Output = Result<(), PortError>>;
}
