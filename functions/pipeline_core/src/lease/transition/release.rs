//! Giving a name back.

use super::{Change, Moment, latest};
use crate::lease::{
    record::{Lease, Notice, State},
    refusal::Refusal,
    request::Release,
};

/// Lets sweep delete the stack at once: a release is its own notice (I11). Of a lease in quarantine it is the way out,
/// by a person who mended what stood in the way (I4).
pub fn release(standing: Option<&Lease>, release: &Release, moment: &Moment) -> Result<Change, Refusal> {
    let lease = latest(standing, &release.stack, release.token)?;
    let notice = Notice::Release { at: moment.now };
    let state = match &lease.state {
        State::Held { .. } | State::Dirty { notice: Notice::Mark { .. }, .. } => {
            State::Dirty { notice, absent_at: None }
        }
        State::Quarantined { .. } => State::Deleting { notice, attempts: 0 },
        // Released twice.
        State::Dirty { notice: Notice::Release { .. }, .. } | State::Deleting { .. } => {
            return Ok(Change::Stands(lease.clone()));
        }
        State::Gone { .. } => return Err(Refusal::by(lease)),
    };
    Ok(Change::Write(Lease {
        state,
        due: Some(moment.now),
        hold_until: None,
        kept: None,
        nonce: moment.nonce,
        ..lease.clone()
    }))
}
