//! Answers: what whoever asked is shown of leases.

use jiff::Timestamp;
use serde::Serialize;

use crate::{
    ids::{FencingToken, Holder, Source, StackArn, StackName},
    lease::record::{Lease, State},
};

/// The answer to a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Answer {
    /// The lease as it stands afterwards.
    Lease(View),
    /// Some of the leases.
    Leases {
        /// They, by the time when sweep looks at them next.
        leases: Vec<View>,
        /// What to give as `after` for those behind them; `None` at the end.
        #[serde(skip_serializing_if = "Option::is_none")]
        next: Option<String>,
    },
}

/// A lease as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct View {
    /// The stack's name.
    pub stack: StackName,
    /// Where the lease stands, such as `HELD`.
    pub state: &'static str,
    /// The fencing token of the latest claim.
    pub token: FencingToken,
    /// Who claimed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holder: Option<Holder>,
    /// What for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// The stack that was deployed under it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stack_id: Option<StackArn>,
    /// Whether its buckets may be emptied.
    pub empty_buckets: bool,
    /// Until when it is held.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// Until when a person wants it kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hold_until: Option<Timestamp>,
    /// When sweep looks at it next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
    /// Why it is in quarantine, or was kept by the latest sweep.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

impl From<Lease> for View {
    fn from(lease: Lease) -> Self {
        Self {
            state: lease.state.name(),
            expires_at: lease.expires_at(),
            due: lease.due,
            why: match lease.state {
                State::Quarantined { why, .. } => Some(why),
                _ => lease.kept,
            },
            stack: lease.stack,
            token: lease.token,
            holder: lease.holder,
            source: lease.source,
            stack_id: lease.bound,
            empty_buckets: lease.empty_buckets,
            hold_until: lease.hold_until,
        }
    }
}
