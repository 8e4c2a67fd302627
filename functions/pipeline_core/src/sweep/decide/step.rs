//! What is to be done about one lease: all of it decided, nothing left to choose.

use std::fmt;

use jiff::Timestamp;

use crate::{
    ids::{Digest, StackArn},
    lease::record::{Lease, Notice, State},
    sweep::{keep::Keep, report::Doing},
};

/// A step. It is a value: a plan prints it, and a run that applies does just this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What, in a word.
    pub doing: Doing,
    /// Why.
    pub reason: Reason,
    /// The record to be written in place of the one that was seen, but for its nonce.
    pub write: Option<Lease>,
    /// What follows, once that is written.
    pub then: Then,
}

/// What follows a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Then {
    /// Nothing.
    Nothing,
    /// People are told, and that is written too.
    Tell,
    /// The stack is looked at again and deleted.
    Delete(Deletion),
}

/// A deletion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deletion {
    /// The stack.
    pub id: StackArn,
    /// How often it failed; what stands again if nothing comes of this attempt.
    pub failed: u32,
    /// The buckets that kept it from being deleted and may be emptied, if they are its own (I14).
    pub buckets: Vec<String>,
}

impl Deletion {
    /// Makes CloudFormation take the same request only once. Another write of the lease that allows it makes another
    /// request: CloudFormation may have taken the one before and given it up.
    pub fn request(&self, lease: &Lease) -> String {
        let digest = Digest::of(format!("{} {}", self.id, lease.nonce).as_bytes());
        let short: String = digest.as_str().chars().take(32).collect();
        format!("flowgate-{}-{short}", lease.token)
    }
}

impl Step {
    /// Nothing is done, and nothing written.
    pub fn keep(why: Keep) -> Self {
        Self { doing: Doing::Keep, reason: Reason::Kept(why), write: None, then: Then::Nothing }
    }

    /// Whether it deletes a stack because its lease expired (I12).
    pub fn is_expiry(&self) -> bool {
        let state = self.write.as_ref().map(|lease| &lease.state);
        matches!(self.then, Then::Delete(_))
            && matches!(state, Some(State::Deleting { notice: Notice::Mark { .. }, .. }))
    }
}

/// Why a step is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// The lease ran out.
    Expired(Timestamp),
    /// People are not told yet.
    Untold(Timestamp),
    /// The stack is used (I11).
    Updated,
    /// Its holder, or a person, let it go.
    Released(Timestamp),
    /// Nobody objected.
    Told(Timestamp),
    /// The deletion did not arrive, or CloudFormation gave it up.
    NotBegun,
    /// The deletion failed.
    Failed {
        /// How often.
        attempts: u32,
        /// CloudFormation's words.
        words: String,
    },
    /// CloudFormation deletes it.
    BeingDeleted,
    /// CloudFormation deleted it.
    Deleted,
    /// No stack has the name.
    Absent,
    /// No stack had the name then, either.
    StillAbsent(Timestamp),
    /// The stack has a token of the lease.
    Deployed,
    /// The stack has our tags, and no token of the lease.
    Stray,
    /// A person has to look.
    Stuck(String),
    /// There is no lease for the stack, which was changed then.
    Unclaimed(Timestamp),
    /// Not yet, or not at all.
    Kept(Keep),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Expired(at) => write!(f, "its lease expired at {at:.0}"),
            Self::Untold(at) => write!(f, "it was marked at {at:.0}, and people are not told yet"),
            Self::Updated => f.write_str("it was updated after it was marked or released: people are told of it"),
            Self::Released(at) => write!(f, "it was released at {at:.0}"),
            Self::Told(at) => write!(f, "people were told at {at:.0}, and nobody claimed, held or updated it"),
            Self::NotBegun => f.write_str("its deletion did not begin"),
            Self::Failed { attempts, words } => write!(f, "its deletion failed ({attempts} so far): {words}"),
            Self::BeingDeleted => f.write_str("it is being deleted"),
            Self::Deleted => f.write_str("CloudFormation has deleted it"),
            Self::Absent => f.write_str("no stack has its name; a later run looks again"),
            Self::StillAbsent(at) => write!(f, "no stack has had its name since {at:.0}"),
            Self::Deployed => f.write_str("a stack of its name was deployed under it"),
            Self::Stray => f.write_str("a stack of its name was deployed, but not under it: people are told of it"),
            Self::Stuck(why) => f.write_str(why),
            Self::Unclaimed(at) => write!(f, "nobody claimed it, and it was changed last at {at:.0}"),
            Self::Kept(why) => why.fmt(f),
        }
    }
}
