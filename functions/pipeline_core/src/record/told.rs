//! What a pull request was told.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{
    ids::{CommitId, ExecutionId},
    record::{
        say::Said,
        speak::{CommentId, Light, Status},
    },
};

/// What a pull request was told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// What stands there; `None` while somebody changes it, or where that came to nothing.
    pub shown: Option<Said>,
    /// Our comment.
    pub comment: Comment,
    /// Commits whose latest status of ours may say that something is under way.
    pub pending: BTreeSet<CommitId>,
    /// What was seen of the execution that was told of last.
    pub seen: Option<Seen>,
}

/// Our comment on a pull request.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Comment {
    /// None that we know of.
    #[default]
    None,
    /// This one.
    Made {
        /// Its id.
        id: CommentId,
        /// Whether it was made in place of one that somebody deleted.
        again: bool,
    },
    /// Somebody deleted it twice, and so wants none.
    Unwanted,
}

/// How much of an execution was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Which.
    pub execution: ExecutionId,
    /// How many of its actions had begun.
    pub begun: usize,
    /// How many had ended.
    pub ended: usize,
}

impl Seen {
    /// Whether `self` was read before `told`, though it was asked for later.
    pub(super) fn is_behind(&self, told: &Self) -> bool {
        self.execution == told.execution && (self.begun < told.begun || self.ended < told.ended)
    }
}

impl Told {
    /// The same, as it is while that is changed.
    pub(super) fn changing(&self, said: &Said, seen: Option<Seen>) -> Self {
        let mut pending = self.pending.clone();
        pending.extend(said.pending().cloned());
        Self { shown: None, pending, seen, comment: self.comment.clone() }
    }

    /// What is said of commits that nobody is at any more, as their status would say for ever that somebody is.
    pub(super) fn closing(&self, said: &Said) -> Vec<(CommitId, Status)> {
        let current = said.status.as_ref().map(|(commit, _)| commit);
        let line = match current {
            Some(commit) => format!("Superseded by {}.", short(commit)),
            None => "The preview was removed before this was tested.".to_owned(),
        };
        let left = self.pending.iter().filter(|commit| Some(*commit) != current);
        left.map(|commit| (commit.clone(), Status { light: Light::Error, line: line.clone(), url: None })).collect()
    }
}

impl Said {
    /// The commit that it says something is under way of.
    fn pending(&self) -> Option<&CommitId> {
        self.status.as_ref().filter(|(_, status)| status.light == Light::Pending).map(|(commit, _)| commit)
    }

    /// The same, for a record.
    pub(super) fn still_pending(&self) -> BTreeSet<CommitId> {
        self.pending().cloned().into_iter().collect()
    }
}

/// A commit as people write it.
pub(super) fn short(commit: &CommitId) -> &str {
    &commit.as_str()[..7]
}
