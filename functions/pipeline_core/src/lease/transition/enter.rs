//! Letting an execution deploy.

use super::{Change, Moment, change, expired, latest};
use crate::lease::{
    record::{Lease, State},
    refusal::Refusal,
    request::{Commits, Enter},
};

/// Lets the execution of the latest claim deploy, and no older one. All executions of `standing` but this one have to be
/// seen to have ended: none is forgotten before, and so no two are ever in together (I6).
pub fn enter(standing: Option<&Lease>, enter: &Enter, moment: &Moment) -> Result<Change, Refusal> {
    let lease = latest(standing, &enter.stack, enter.token).map_err(superseded)?;
    unmoved(enter.commits.as_ref())?;
    match &lease.state {
        State::Held { expires_at } if moment.now < *expires_at => {
            let executions = vec![enter.entered.clone()];
            Ok(change(lease, Lease { executions, nonce: moment.nonce, ..lease.clone() }))
        }
        State::Held { expires_at } => Err(expired(lease, *expires_at)),
        State::Dirty { .. } | State::Deleting { .. } | State::Quarantined { .. } | State::Gone { .. } => {
            Err(Refusal::by(lease))
        }
    }
}

fn superseded(refusal: Refusal) -> Refusal {
    match refusal {
        Refusal::StaleToken { .. } => Refusal::Superseded(refusal.to_string()),
        other => other,
    }
}

fn unmoved(commits: Option<&Commits>) -> Result<(), Refusal> {
    match commits {
        Some(Commits { head, revision }) if head != revision => {
            Err(Refusal::Superseded(format!("commit {revision} was built, and {head} is to be deployed")))
        }
        _ => Ok(()),
    }
}
