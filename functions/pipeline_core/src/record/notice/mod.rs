//! Notices of releases: each turn of one is told once, and nothing older after something newer.

pub mod perform;
mod words;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::ExecutionId;

/// A turn that an execution took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// Which execution.
    pub execution: ExecutionId,
    /// Which turn.
    pub news: News,
    /// The action's run, of an approval.
    pub run: Option<String>,
    /// When, in whole seconds.
    pub at: Option<Timestamp>,
}

/// What there is to tell of an execution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct News {
    /// The how many-th attempt it was: each retry is another.
    pub attempt: u64,
    /// What came about.
    pub what: What,
}

/// What came about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum What {
    /// It began.
    Started,
    /// It waits for an approval: of all that a stage asks for at once, people are told once.
    Waits {
        /// The stage.
        stage: String,
    },
    /// Somebody ended it. That a newer one took its place is no news, as that one tells of itself.
    Stopped,
    /// It failed, or was rejected.
    Failed,
    /// All went well.
    Succeeded,
}

/// What people were told of an execution.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noticed {
    /// In the order in which they were told.
    pub told: Vec<News>,
}

impl Noticed {
    /// Whether they neither know it nor anything later.
    pub fn is_news(&self, news: &News) -> bool {
        self.told.iter().all(|told| told != news && told.age() <= news.age())
    }

    /// The same, and this.
    pub(super) fn with(&self, news: &News) -> Self {
        Self { told: self.told.iter().chain([news]).cloned().collect() }
    }
}

impl News {
    /// What came later is greater. Where attempts are not counted, one that succeeds did so after it failed.
    fn age(&self) -> (u64, u8) {
        let turn = match self.what {
            What::Started => 0,
            What::Waits { .. } => 1,
            What::Stopped => 2,
            What::Failed => 3,
            What::Succeeded => 4,
        };
        (self.attempt, turn)
    }
}

#[cfg(test)]
mod tests;
