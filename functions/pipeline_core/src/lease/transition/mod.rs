//! What becomes of a lease: pure functions of what stands, what is asked for, and the moment. Every change is one
//! conditional write of the whole record; nothing else ever writes.

mod bind;
mod claim;
mod enter;
mod hold;
mod release;
mod renew;
#[cfg(test)]
mod tests;

pub use bind::{bind, elsewhere};
pub use claim::claim;
pub use enter::enter;
pub use hold::hold;
use jiff::{SignedDuration, Timestamp};
pub use release::release;
pub use renew::renew;

use crate::{
    ids::{FencingToken, Nonce, StackName},
    lease::{
        record::{Lease, State},
        refusal::Refusal,
    },
};

/// What is to become of a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// This is to be written in place of what was seen.
    Write(Lease),
    /// What stands is what was asked for.
    Stands(Lease),
}

/// What a change depends on beside the lease and the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The time now, by our own clock.
    pub now: Timestamp,
    /// How far clocks may differ.
    pub margin: SignedDuration,
    /// Names the write that may come of it (I8).
    pub nonce: Nonce,
    /// Whether the same request may have been granted before, in a write that was never answered, and have been
    /// changed by others since (I8).
    pub doubt: bool,
}

/// The lease, if `token` is that of its latest claim (I7).
pub(super) fn latest<'a>(
    standing: Option<&'a Lease>,
    stack: &StackName,
    token: FencingToken,
) -> Result<&'a Lease, Refusal> {
    let lease = standing.filter(|lease| !matches!(lease.state, State::Gone { .. }));
    let lease = lease.ok_or_else(|| Refusal::NoLease(stack.clone()))?;
    if lease.token == token {
        return Ok(lease);
    }
    Err(Refusal::StaleToken { stack: stack.clone(), given: token, standing: lease.token })
}

/// A write, unless it would change nothing.
fn change(standing: &Lease, next: Lease) -> Change {
    let same = *standing == Lease { nonce: standing.nonce, ..next.clone() };
    if same { Change::Stands(standing.clone()) } else { Change::Write(next) }
}

fn expired(lease: &Lease, at: Timestamp) -> Refusal {
    Refusal::Expired { stack: lease.stack.clone(), at }
}
