//! Letting an execution deploy.

use super::{Change, Moment, change, expired, latest};
use crate::lease::{
    record::{Entered, Lease, State},
    refusal::Refusal,
    request::{Commits, Enter},
};

/// How many executions may enter before the name is free again.
const MOST: usize = 20;

/// Lets the execution of the latest claim deploy, and no older one.
pub fn enter(standing: Option<&Lease>, enter: &Enter, moment: &Moment) -> Result<Change, Refusal> {
    let lease = latest(standing, &enter.stack, enter.token).map_err(superseded)?;
    unmoved(enter.commits.as_ref())?;
    match &lease.state {
        State::Held { expires_at } if moment.now < *expires_at => {
            let executions = with(lease, &enter.entered)?;
            Ok(change(lease, Lease { executions, nonce: moment.nonce, ..lease.clone() }))
        }
        State::Held { expires_at } => Err(expired(lease, *expires_at)),
        State::Dirty { .. } | State::Deleting { .. } | State::Quarantined { .. } | State::Gone { .. } => {
            Err(Refusal::by(lease))
        }
    }
}

/// I6: all of them are to be seen ended before the name is free, so that none may be forgotten.
fn with(lease: &Lease, entered: &Entered) -> Result<Vec<Entered>, Refusal> {
    let known = lease.executions.contains(entered);
    if !known && lease.executions.len() >= MOST {
        return Err(Refusal::Busy { stack: lease.stack.clone(), why: crowded() });
    }
    Ok(lease.executions.iter().chain(Some(entered).filter(|_| !known)).cloned().collect())
}

fn crowded() -> String {
    format!("had {MOST} executions enter; release it, and claim it again when it is gone")
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
