//! Keeping a stack, whoever has it.

use jiff::{SignedDuration, Timestamp};

use super::{Change, Moment, change, latest};
use crate::lease::{
    due::{self, later},
    record::{Lease, Notice, State},
    refusal::Refusal,
    request::Hold,
};

/// The longest hold.
const LONGEST: SignedDuration = SignedDuration::from_hours(90 * 24);

/// Keeps the stack until then, also when it was to be kept longer. Of one that is to be deleted already it clears the
/// mark and the release: people are told anew before anything happens (I11).
pub fn hold(standing: Option<&Lease>, hold: &Hold, moment: &Moment) -> Result<Change, Refusal> {
    if hold.until <= moment.now || hold.until > later(moment.now, LONGEST) {
        return Err(Refusal::BadRequest(format!("until: {} is not within the next 90 days", hold.until)));
    }
    let lease = latest(standing, &hold.stack, hold.token)?;
    let (state, due) = match &lease.state {
        State::Held { expires_at } => (lease.state.clone(), due::held(*expires_at, moment.margin, Some(hold.until))),
        State::Dirty { notice, .. } => {
            // A look from before the hold says nothing about the time after it (I6).
            let state = State::Dirty { notice: cleared(notice, moment.now), absent_at: None };
            (state, hold.until)
        }
        State::Deleting { .. } | State::Quarantined { .. } | State::Gone { .. } => return Err(Refusal::by(lease)),
    };
    let next =
        Lease { state, due: Some(due), hold_until: Some(hold.until), kept: None, nonce: moment.nonce, ..lease.clone() };
    Ok(change(lease, next))
}

fn cleared(notice: &Notice, now: Timestamp) -> Notice {
    match notice {
        Notice::Mark { told_at: None, .. } => notice.clone(),
        Notice::Mark { changed, .. } => Notice::Mark { at: now, told_at: None, changed: *changed },
        Notice::Release { .. } => Notice::Mark { at: now, told_at: None, changed: None },
    }
}
