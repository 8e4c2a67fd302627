//! Giving a name back.

use super::{Change, Moment, latest};
use crate::lease::{
    record::{Lease, Notice, State},
    refusal::Refusal,
    request::Release,
};

/// Lets sweep delete the stack without telling people: a release is its own notice (I11). A hold still keeps it to its
/// end: it is another one's wish. Only who says so lets it out of quarantine, having mended what stood in the way (I4).
pub fn release(standing: Option<&Lease>, release: &Release, moment: &Moment) -> Result<Change, Refusal> {
    let lease = latest(standing, &release.stack, release.token)?;
    let notice = Notice::Release { at: moment.now };
    let state = match (&lease.state, release.quarantined) {
        (State::Held { .. } | State::Dirty { notice: Notice::Mark { .. }, .. }, _) => {
            State::Dirty { notice, absent_at: None }
        }
        (State::Quarantined { .. }, true) => State::Deleting { notice, attempts: 0 },
        // Released twice.
        (State::Dirty { notice: Notice::Release { .. }, .. } | State::Deleting { .. }, _) => {
            return Ok(Change::Stands(lease.clone()));
        }
        (State::Quarantined { .. }, false) | (State::Gone { .. }, _) => return Err(Refusal::by(lease)),
    };
    let hold_until = lease.hold_until.filter(|until| *until > moment.now);
    Ok(Change::Write(Lease {
        state,
        due: Some(hold_until.unwrap_or(moment.now)),
        hold_until,
        kept: None,
        nonce: moment.nonce,
        ..lease.clone()
    }))
}
