//! Noting which stack was deployed.

use super::{Change, Moment, change, expired, latest};
use crate::{
    ids::{StackArn, StackName},
    lease::{
        place::Place,
        record::{Lease, Notice, State},
        refusal::Refusal,
        request::Bind,
    },
};

/// Binds the stack `id`, which was seen alive. Names are unique: when the holder binds another id than before, that one
/// is gone.
pub fn bind(
    standing: Option<&Lease>,
    bind: &Bind,
    id: &StackArn,
    place: &Place,
    moment: &Moment,
) -> Result<Change, Refusal> {
    let lease = latest(standing, &bind.stack, bind.token)?;
    // I5: only a stack of this account, region and name.
    if !place.has(id, &bind.stack) {
        return Err(elsewhere(id, &bind.stack, place));
    }
    let same = lease.bound.as_ref() == Some(id);
    match &lease.state {
        State::Held { .. } | State::Dirty { .. } if same => Ok(Change::Stands(lease.clone())),
        State::Held { expires_at } if lease.bound.is_none() || moment.now < *expires_at => {
            Ok(change(lease, bound(lease, id, moment)))
        }
        State::Held { expires_at } => Err(expired(lease, *expires_at)),
        State::Dirty { notice, .. } if lease.bound.is_none() => {
            let state = State::Dirty { notice: untold(notice), absent_at: None };
            let due = Some(lease.hold_until.unwrap_or(moment.now).max(moment.now));
            Ok(change(lease, Lease { state, due, ..bound(lease, id, moment) }))
        }
        State::Dirty { .. } | State::Deleting { .. } | State::Quarantined { .. } | State::Gone { .. } => {
            Err(Refusal::by(lease))
        }
    }
}

/// Refuses the id of a stack of another account, region or name.
pub fn elsewhere(id: &StackArn, stack: &StackName, place: &Place) -> Refusal {
    let why = format!("it is not {stack} in account {} and region {}", place.account, place.region);
    Refusal::WrongStack { id: id.clone(), why }
}

fn bound(lease: &Lease, id: &StackArn, moment: &Moment) -> Lease {
    Lease { bound: Some(id.clone()), kept: None, nonce: moment.nonce, ..lease.clone() }
}

/// I11: whoever was told was not told of this stack.
fn untold(notice: &Notice) -> Notice {
    match notice {
        Notice::Release { at } => Notice::Release { at: *at },
        Notice::Mark { at, .. } => Notice::Mark { at: *at, told_at: None, changed: None },
    }
}
