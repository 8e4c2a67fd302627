//! The record of a lease: one for each stack name of this account and region.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::{ExecutionId, FencingToken, Holder, Nonce, Source, StackArn, StackName};

/// A lease as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// The stack's name.
    pub stack: StackName,
    /// The fencing token of the latest claim.
    pub token: FencingToken,
    /// The token of the first claim since the name was last free: a stack whose tag has a token from here to
    /// [`Self::token`] was deployed under this lease.
    pub first: FencingToken,
    /// Who claimed it; a new one for each claim. `None` for a stack that was adopted.
    pub holder: Option<Holder>,
    /// What it was claimed for. Whoever claims for the same source takes it over.
    pub source: Option<Source>,
    /// The stack that was deployed under it.
    pub bound: Option<StackArn>,
    /// Whether buckets of the stack may be emptied so that it can be deleted (I14).
    pub empty_buckets: bool,
    /// The pipeline executions that may still deploy the stack, whoever has claimed it since: the one that was let in
    /// last, as all that were let in before had ended then.
    pub executions: Vec<Entered>,
    /// Who held it since the name was last free and was taken over, the latest last: their claims have ended.
    pub superseded: Vec<Holder>,
    /// Until when a person wants the stack kept, whoever holds it.
    pub hold_until: Option<Timestamp>,
    /// Where it stands.
    pub state: State,
    /// When sweep is to look at it next; `None` when it never needs to.
    pub due: Option<Timestamp>,
    /// Why the latest sweep left it as it was, for people.
    pub kept: Option<String>,
    /// The write that made this version of the record (I8).
    pub nonce: Nonce,
}

impl Lease {
    /// Until when it is held; `None` when nobody holds it.
    pub fn expires_at(&self) -> Option<Timestamp> {
        match self.state {
            State::Held { expires_at } => Some(expires_at),
            State::Dirty { .. } | State::Deleting { .. } | State::Quarantined { .. } | State::Gone { .. } => None,
        }
    }
}

/// A pipeline execution that deploys the stack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entered {
    /// The pipeline.
    pub pipeline: String,
    /// Its execution.
    pub execution: ExecutionId,
}

/// Where a lease stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
    /// Somebody uses the stack.
    Held {
        /// Until when, by the holder's own clock.
        expires_at: Timestamp,
    },
    /// Nobody uses it any more; it is to be deleted.
    Dirty {
        /// Who was told of that, and when (I11).
        notice: Notice,
        /// Since when CloudFormation knows no stack that is bound, or, while none is, none of the name (I6).
        absent_at: Option<Timestamp>,
    },
    /// It is being deleted, and cannot be had back (I4).
    Deleting {
        /// What allowed it: an update since then stops the deletion (I11).
        notice: Notice,
        /// How often the deletion failed.
        attempts: u32,
    },
    /// It could not be deleted; a person has to look.
    Quarantined {
        /// Since when.
        at: Timestamp,
        /// What stands in the way, and what to do about it.
        why: String,
    },
    /// It is gone, and its name free.
    Gone {
        /// Since when.
        at: Timestamp,
    },
}

impl State {
    /// Its name, as people and the table's attribute `state` have it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Held { .. } => "HELD",
            Self::Dirty { .. } => "DIRTY",
            Self::Deleting { .. } => "DELETING",
            Self::Quarantined { .. } => "QUARANTINED",
            Self::Gone { .. } => "GONE",
        }
    }
}

/// How people know that a stack is to be deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Notice {
    /// Its holder or a person released it: its own notice, without any grace. It covers updates until an hour later,
    /// of a deployment that was under way; a later one is a use, and people are told first (I11).
    Release {
        /// When.
        at: Timestamp,
    },
    /// Sweep found it expired.
    Mark {
        /// When.
        at: Timestamp,
        /// When people were told; nothing is deleted before, and the grace counts from here.
        told_at: Option<Timestamp>,
        /// When the stack had been updated last, then: an update clears the mark.
        changed: Option<Timestamp>,
    },
}
