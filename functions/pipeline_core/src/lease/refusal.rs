//! Why an operation on a lease was refused, in words for people.

use jiff::Timestamp;
use serde::{Serialize, Serializer, ser::SerializeStruct};

use crate::{
    ids::{FencingToken, Source, StackArn, StackName},
    lease::record::{Lease, State},
    ports::PortError,
};

/// Why an operation came to nothing. Nothing was changed, except where it says that it cannot tell.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The request is not one.
    #[error("{0}")]
    BadRequest(String),
    /// The name is free.
    #[error("stack {0} has no lease; claim it first")]
    NoLease(StackName),
    /// Somebody else holds it. Expired means dirty, not free.
    #[error(
        "stack {stack} is held for {} until {expires_at}; it is free once sweep has deleted it",
        whom(.used_for.as_ref())
    )]
    Held {
        /// The stack.
        stack: StackName,
        /// For what.
        used_for: Option<Source>,
        /// Until when, by the holder's clock.
        expires_at: Timestamp,
    },
    /// It was released or has expired, and is not deleted yet.
    #[error(
        "stack {stack}, last used for {}, waits to be deleted; claim it for that again, or for something else once it \
         is gone",
        whom(.used_for.as_ref())
    )]
    Dirty {
        /// The stack.
        stack: StackName,
        /// What it was used for.
        used_for: Option<Source>,
    },
    /// It is being deleted (I4).
    #[error("stack {0} is being deleted; claim it again when it is gone")]
    Deleting(StackName),
    /// It could not be deleted (I4).
    #[error("stack {stack} is in quarantine; mend what stands in the way, then release it as quarantined: {why}")]
    Quarantined {
        /// The stack.
        stack: StackName,
        /// What stands in the way.
        why: String,
    },
    /// The token is not that of the latest claim (I7).
    #[error("token {given} of stack {stack} is stale: the latest is {standing}")]
    StaleToken {
        /// The stack.
        stack: StackName,
        /// The token that was given.
        given: FencingToken,
        /// That of the latest claim.
        standing: FencingToken,
    },
    /// The lease has run out.
    #[error("the lease of stack {stack} expired at {at}; claim it anew")]
    Expired {
        /// The stack.
        stack: StackName,
        /// When.
        at: Timestamp,
    },
    /// Something newer took its place.
    #[error("superseded: {0}")]
    Superseded(String),
    /// Others are at work on the stack.
    #[error("stack {stack} {why}")]
    Busy {
        /// The stack.
        stack: StackName,
        /// What it is busy with, and what to do about it.
        why: String,
        /// Whether that passes by itself.
        passes: bool,
    },
    /// A stack is not the one that the lease is about (I5).
    #[error("stack {id} cannot be bound: {why}")]
    WrongStack {
        /// Its id.
        id: StackArn,
        /// Why not.
        why: String,
    },
    /// A service did not answer till the end: a change may have been made or not, and the same request again tells.
    #[error("{error}{hint}", error = .0, hint = again(.0))]
    Unavailable(#[from] PortError),
}

/// What is refused for good is refused again.
fn again(error: &PortError) -> &'static str {
    match error {
        PortError::Throttled { .. } | PortError::Unavailable { .. } => "; ask again",
        PortError::NotFound { .. } | PortError::Denied { .. } | PortError::Unusable { .. } => "",
    }
}

fn whom(source: Option<&Source>) -> String {
    source.map_or_else(|| "nobody known".to_owned(), |source| format!("{:?}", source.as_str()))
}

impl Refusal {
    /// Why nothing can be done with a lease that stands where it does.
    pub fn by(lease: &Lease) -> Self {
        let stack = lease.stack.clone();
        match &lease.state {
            State::Held { expires_at } => Self::Held { stack, used_for: lease.source.clone(), expires_at: *expires_at },
            State::Dirty { .. } => Self::Dirty { stack, used_for: lease.source.clone() },
            State::Deleting { .. } => Self::Deleting(stack),
            State::Quarantined { why, .. } => Self::Quarantined { stack, why: why.clone() },
            State::Gone { .. } => Self::NoLease(stack),
        }
    }

    /// The word that programs tell refusals by.
    pub fn code(&self) -> &'static str {
        match self {
            Self::BadRequest(_) => "BadRequest",
            Self::NoLease(_) => "NoLease",
            Self::Held { .. } => "Held",
            Self::Dirty { .. } => "Dirty",
            Self::Deleting(_) => "Deleting",
            Self::Quarantined { .. } => "Quarantined",
            Self::StaleToken { .. } => "StaleToken",
            Self::Expired { .. } => "Expired",
            Self::Superseded(_) => "Superseded",
            Self::Busy { .. } => "Busy",
            Self::WrongStack { .. } => "WrongStack",
            Self::Unavailable(_) => "Unavailable",
        }
    }
}

/// `{"error": {"code", "message"}}`.
impl Serialize for Refusal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Words {
            code: &'static str,
            message: String,
        }
        let mut answer = serializer.serialize_struct("Refusal", 1)?;
        answer.serialize_field("error", &Words { code: self.code(), message: self.to_string() })?;
        answer.end()
    }
}
