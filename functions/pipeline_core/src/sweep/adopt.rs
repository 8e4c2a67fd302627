//! Stacks that nobody claimed get a lease: as ones that are to be deleted, of which people are told first (I11).

use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    ids::{FencingToken, Nonce},
    lease::{
        due::later,
        record::{Lease, Notice, State},
    },
    ports::PortError,
    sweep::{
        decide::{Reason, Step, Then, last_change},
        eligible::by_facts,
        keep::Keep,
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

/// What to do about a stack and the lease of its name; `None` where a lease takes care of it.
pub fn decide(
    facts: &StackFacts,
    standing: &Result<Option<Lease>, PortError>,
    policy: &Policy,
    now: Timestamp,
) -> Option<Step> {
    let before = match standing {
        Err(error) => return Some(Step::keep(Keep::Unreadable(error.clone()))),
        Ok(Some(lease)) if !has_left(lease, facts) => return None,
        Ok(before) => before.as_ref(),
    };
    if let Err(why) = by_facts(facts, policy) {
        return Some(Step::keep(why));
    }
    let reason = Reason::Unclaimed(last_change(facts));
    Some(Step { doing: Doing::Adopt, reason, write: Some(lease(facts, before, policy, now)), then: Then::Nothing })
}

/// A list may lag behind and show a stack whose lease already saw it gone.
fn has_left(lease: &Lease, facts: &StackFacts) -> bool {
    matches!(lease.state, State::Gone { .. }) && lease.bound.as_ref() != Some(&facts.id)
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
        execution: None,
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
