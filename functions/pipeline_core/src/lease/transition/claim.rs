//! Having a name for a while.

use jiff::Timestamp;

use super::{Change, Moment, expired};
use crate::{
    ids::{FencingToken, Holder},
    lease::{
        due::{self, later},
        record::{Lease, State},
        refusal::Refusal,
        request::Claim,
    },
};

/// How many holders that were taken over are remembered.
const REMEMBERED: usize = 20;

/// Grants a name that is free, or that was claimed for the same purpose before. Expired is not free: the stack is still
/// there, and sweep deletes it first.
pub fn claim(standing: Option<&Lease>, claim: &Claim, moment: &Moment) -> Result<Change, Refusal> {
    let Some(lease) = standing else { return grant(None, claim, moment).map(Change::Write) };
    if lease.superseded.contains(&claim.holder) {
        return Err(ended(lease));
    }
    if lease.holder.as_ref() == Some(&claim.holder) {
        return again(lease, moment.now);
    }
    match &lease.state {
        State::Gone { .. } => grant(Some(lease.token), claim, moment).map(Change::Write),
        State::Held { .. } | State::Dirty { .. } if takes_over(lease, claim, moment) => {
            reuse(lease, claim, moment).map(Change::Write)
        }
        // I4: what is being deleted is never used again.
        State::Held { .. } | State::Dirty { .. } | State::Deleting { .. } | State::Quarantined { .. } => {
            Err(Refusal::by(lease))
        }
    }
}

/// The same claim once more: it is granted once, and not anew when it has ended.
fn again(lease: &Lease, now: Timestamp) -> Result<Change, Refusal> {
    match &lease.state {
        State::Held { expires_at } if now < *expires_at => Ok(Change::Stands(lease.clone())),
        State::Held { expires_at } => Err(expired(lease, *expires_at)),
        State::Gone { .. } => Err(ended(lease)),
        State::Dirty { .. } | State::Deleting { .. } | State::Quarantined { .. } => Err(Refusal::by(lease)),
    }
}

fn ended(lease: &Lease) -> Refusal {
    Refusal::Superseded(format!("this holder's claim of stack {} has ended; claim with a new holder", lease.stack))
}

fn takes_over(lease: &Lease, claim: &Claim, moment: &Moment) -> bool {
    let same = match &lease.source {
        Some(source) => *source == claim.source,
        // An adopted stack belongs to whoever claims it before it is deleted.
        None => matches!(lease.state, State::Dirty { .. }),
    };
    // I8: granted before and taken over since, this claim would take it back from a newer one.
    same && !moment.doubt
}

fn grant(previous: Option<FencingToken>, claim: &Claim, moment: &Moment) -> Result<Lease, Refusal> {
    let token = next_token(previous, claim, moment.now)?;
    let expires_at = later(moment.now, claim.ttl.into());
    Ok(Lease {
        stack: claim.stack.clone(),
        token,
        first: token,
        holder: Some(claim.holder.clone()),
        source: Some(claim.source.clone()),
        bound: None,
        empty_buckets: claim.empty_buckets,
        executions: vec![],
        superseded: vec![],
        hold_until: None,
        state: State::Held { expires_at },
        due: Some(due::held(expires_at, moment.margin, None)),
        kept: None,
        nonce: moment.nonce,
    })
}

/// The stack stays, and so do `first`, which tells that it is ours, and the executions that may still deploy it. It lasts
/// as long as the claim that it takes over: whoever has that goes on believing in it (I1).
fn reuse(lease: &Lease, claim: &Claim, moment: &Moment) -> Result<Lease, Refusal> {
    let granted = grant(Some(lease.token), claim, moment)?;
    let expires_at = granted.expires_at().max(lease.expires_at()).unwrap_or(moment.now);
    Ok(Lease {
        first: lease.first,
        bound: lease.bound.clone(),
        executions: lease.executions.clone(),
        superseded: taken_over(lease),
        hold_until: lease.hold_until,
        state: State::Held { expires_at },
        due: Some(due::held(expires_at, moment.margin, lease.hold_until)),
        ..granted
    })
}

/// Who held it before, the latest last.
fn taken_over(lease: &Lease) -> Vec<Holder> {
    let before = lease.superseded.len().saturating_sub(REMEMBERED - 1);
    lease.superseded.iter().skip(before).chain(&lease.holder).cloned().collect()
}

/// I2: greater than every token before it; by the clock, also when the record of those is gone.
fn next_token(previous: Option<FencingToken>, claim: &Claim, now: Timestamp) -> Result<FencingToken, Refusal> {
    let clock = u64::try_from(now.as_second()).unwrap_or_default();
    let FencingToken(previous) = previous.unwrap_or(FencingToken(0));
    let above = previous.checked_add(1).ok_or_else(|| {
        Refusal::BadRequest(format!(
            "stack {} has token {previous}, which none can follow; mend its record",
            claim.stack
        ))
    })?;
    Ok(FencingToken(above.max(clock)))
}
