//! Why a preview is looked at.

use jiff::Timestamp;

use crate::{ids::CommitId, preview::record::Head};

/// Why a preview is looked at. What is so now is read, and not believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hint {
    /// It is due, or something happened.
    Nothing,
    /// Its pull request has changed.
    Changed {
        /// When, by its host's clock.
        updated: Option<Timestamp>,
        /// What its newest commit was then.
        head: Option<CommitId>,
    },
    /// A developer wants this commit, again if need be.
    Up(Head),
    /// A developer gives it back.
    Down,
}
