//! Letting an execution deploy.

use super::{Change, Moment, change, expired, latest};
use crate::lease::{
    record::{Entered, Lease, State},
    refusal::Refusal,
    request::{Commits, Enter},
};

/// How many executions may enter before a stack is bound.
const MOST: usize = 20;

/// Lets the execution of the latest claim deploy, and no older one.
pub fn enter(standing: Option<&Lease>, enter: &Enter, moment: &Moment) -> Result<Change, Refusal> {
    let lease = latest(standing, &enter.stack, enter.token).map_err(superseded)?;
    unmoved(enter.commits.as_ref())?;
    match &lease.state {
        State::Held { expires_at } if moment.now < *expires_at => {
            let executions = to_end(lease, &enter.entered)?;
            Ok(change(lease, Lease { executions, nonce: moment.nonce, ..lease.clone() }))
        }
        State::Held { expires_at } => Err(expired(lease, *expires_at)),
        State::Dirty { .. } | State::Deleting { .. } | State::Quarantined { .. } | State::Gone { .. } => {
            Err(Refusal::by(lease))
        }
    }
}

/// I6: the executions that must have ended before the name of a stack that is never bound is free; none may be forgotten.
/// A stack that is bound is seen to end itself.
fn to_end(lease: &Lease, entered: &Entered) -> Result<Vec<Entered>, Refusal> {
    let mut executions = lease.executions.clone();
    if lease.bound.is_some() || executions.contains(entered) {
        return Ok(executions);
    }
    if executions.len() >= MOST {
        let why = format!(
            "had {MOST} executions enter and was never bound; bind it, or release it and claim it again when it is gone"
        );
        return Err(Refusal::Busy { stack: lease.stack.clone(), why });
    }
    executions.push(entered.clone());
    Ok(executions)
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
