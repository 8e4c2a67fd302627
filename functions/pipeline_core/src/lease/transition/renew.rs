//! Having a name longer.

use super::{Change, Moment, change, expired, latest};
use crate::lease::{
    due::{self, later},
    record::{Lease, State},
    refusal::Refusal,
    request::Renew,
};

/// Prolongs a lease that has not expired; never shortens it. What has expired may have been marked already: it is
/// claimed anew.
pub fn renew(standing: Option<&Lease>, renew: &Renew, moment: &Moment) -> Result<Change, Refusal> {
    let lease = latest(standing, &renew.stack, renew.token)?;
    match &lease.state {
        State::Held { expires_at } if moment.now < *expires_at => {
            let expires_at = later(moment.now, renew.ttl.into()).max(*expires_at);
            Ok(change(
                lease,
                Lease {
                    state: State::Held { expires_at },
                    due: Some(due::held(expires_at, moment.margin, lease.hold_until)),
                    kept: None,
                    nonce: moment.nonce,
                    ..lease.clone()
                },
            ))
        }
        State::Held { expires_at } => Err(expired(lease, *expires_at)),
        State::Dirty { .. } | State::Deleting { .. } | State::Quarantined { .. } | State::Gone { .. } => {
            Err(Refusal::by(lease))
        }
    }
}
