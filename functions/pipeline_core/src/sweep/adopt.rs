//! Stacks that nobody claimed get a lease: as ones that are to be deleted, of which people are told first (I11).

use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    ids::{FencingToken, Nonce, StackArn},
    lease::{
        due::later,
        record::{Lease, Notice, State},
    },
    sweep::{
        decide::{Reason, Step, Then, last_change},
        eligible::by_facts,
        policy::{Policy, is_ephemeral},
        report::Doing,
        stack::{StackFacts, Standing},
    },
};

/// Whether a listed stack is worth a look: it is one of this service's, and there.
pub fn concerns(facts: &StackFacts, policy: &Policy) -> bool {
    let is_going = matches!(facts.status.standing(), Standing::Deleted | Standing::Deleting);
    is_ephemeral(&policy.place.service, facts.id.name().as_str()) && !is_going
}

/// Whether no lease takes care of a listed stack. A list may lag behind and show one that its lease already saw gone.
pub fn is_free(standing: Option<&Lease>, id: &StackArn) -> bool {
    standing.is_none_or(|lease| matches!(lease.state, State::Gone { .. }) && lease.bound.as_ref() != Some(id))
}

/// What to do about a stack whose name is free; `None` when it is gone, or about to be.
///
/// I4: it has to be read after the lease was, on which the write of the new one is conditional. So an id that was ever
/// tombstoned, under whichever lease of the name, is seen to be deleted.
pub fn decide(facts: &StackFacts, before: Option<&Lease>, policy: &Policy, now: Timestamp) -> Option<Step> {
    if !concerns(facts, policy) {
        return None;
    }
    if let Err(why) = by_facts(facts, policy) {
        return Some(Step::keep(why));
    }
    let reason = Reason::Unclaimed(last_change(facts));
    Some(Step { doing: Doing::Adopt, reason, write: Some(lease(facts, before, policy, now)), then: Then::Nothing })
}

fn lease(facts: &StackFacts, before: Option<&Lease>, policy: &Policy, now: Timestamp) -> Lease {
    let token = token(before, now);
    let notice = Notice::Mark { at: now, told_at: None, changed: facts.changed };
    Lease {
        stack: facts.id.name(),
        token,
        first: token,
        holder: None,
        source: None,
        bound: Some(facts.id.clone()),
        empty_buckets: false,
        executions: vec![],
        superseded: vec![],
        hold_until: None,
        state: State::Dirty { notice, absent_at: None },
        due: Some(later(last_change(facts), policy.adopt_after).max(now)),
        kept: None,
        nonce: Nonce::from_random(Uuid::nil()),
    }
}

/// I2: greater than any before, also than one that the table has forgotten.
fn token(before: Option<&Lease>, now: Timestamp) -> FencingToken {
    let least = before.map_or(0, |lease| lease.token.0.saturating_add(1));
    FencingToken(u64::try_from(now.as_second()).unwrap_or(0).max(least))
}
