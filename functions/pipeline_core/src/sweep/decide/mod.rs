//! From a lease, what there is under it, and the time, to the one step to be done. Pure.

mod deleting;
mod dirty;
mod step;

pub use deleting::{After, after, quarantined, uncounted};
pub(crate) use dirty::last_change;
pub use dirty::told;
use jiff::{SignedDuration, Timestamp};
pub use step::{Deletion, Reason, Step, Then};

use crate::{
    lease::{
        due::later,
        record::{Lease, Notice, State},
    },
    ports::PortError,
    sweep::{eligible::by_itself, keep::Keep, observe::Observation, policy::Policy, report::Doing, stack::StackFacts},
    text::fit,
};

/// When something that goes on is looked at again.
const AGAIN: SignedDuration = SignedDuration::from_mins(1);
/// How long after it was kept a stack is looked at again, at least.
const KEPT_LEAST: SignedDuration = SignedDuration::from_mins(10);
/// And at most.
const KEPT_MOST: SignedDuration = SignedDuration::from_hours(1);
/// How often people hear of what is in quarantine: a report can get lost.
const REMINDED: SignedDuration = SignedDuration::from_hours(24);
/// The longest reason that a lease keeps, in characters.
const KEPT_WORDS: usize = 500;

/// What holds a run back from deleting (I12).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Brakes {
    /// Why nothing is deleted in this run.
    pub stopped: Option<String>,
    /// How many more expired stacks it may delete.
    pub left: usize,
}

/// Whether there is something to decide: an index that lags behind names leases that are not due (any more).
pub fn is_due(lease: &Lease, policy: &Policy, now: Timestamp) -> bool {
    let held = lease.hold_until.is_some_and(|until| until > now);
    // The holder's clock may lag behind ours.
    let expired = lease.expires_at().is_none_or(|at| later(at, policy.margin) < now);
    lease.due.is_some_and(|due| due <= now) && !held && expired
}

/// Whether there has to be a look at the stack to decide.
pub fn needs_look(lease: &Lease, policy: &Policy, brakes: &Brakes, now: Timestamp) -> bool {
    Case { lease, policy, brakes, now }.unseen().is_none()
}

/// Whether what hangs on this stack decides about it: if nothing else keeps it.
pub fn hangs_on_more(facts: &StackFacts, lease: &Lease, policy: &Policy, brakes: &Brakes, now: Timestamp) -> bool {
    let is_asked = match &lease.state {
        State::Dirty { notice, .. } => graced(notice, policy).is_some_and(|at| at <= now),
        State::Deleting { .. } => true,
        State::Held { .. } | State::Quarantined { .. } | State::Gone { .. } => false,
    };
    is_asked && braked(lease, policy, brakes).is_ok() && by_itself(facts, lease, policy).is_ok()
}

/// The step for this lease; `None` when there is nothing to decide.
pub fn decide(
    lease: &Lease,
    seen: &Result<Observation, PortError>,
    policy: &Policy,
    brakes: &Brakes,
    now: Timestamp,
) -> Option<Step> {
    if !is_due(lease, policy, now) {
        return None;
    }
    let case = Case { lease, policy, brakes, now };
    if let Some(step) = case.unseen() {
        return Some(step);
    }
    let seen = match seen {
        Ok(seen) => seen,
        Err(error) => return Some(case.unreadable(error)),
    };
    match &lease.state {
        State::Held { expires_at } => Some(case.held(*expires_at, seen)),
        State::Dirty { notice, absent_at } => Some(case.dirty(notice, *absent_at, seen)),
        State::Deleting { notice, attempts } => Some(case.deleting(notice, *attempts, seen.stack.as_ref())),
        State::Quarantined { .. } | State::Gone { .. } => None,
    }
}

/// The record of a lease whose turn comes again in a moment, behind the others'.
pub fn postponed(lease: &Lease, why: &str, now: Timestamp) -> Lease {
    Lease { kept: Some(fit(why, KEPT_WORDS)), due: Some(later(now, AGAIN)), ..lease.clone() }
}

/// Everything that a decision is made from, but for what was seen.
struct Case<'a> {
    lease: &'a Lease,
    policy: &'a Policy,
    brakes: &'a Brakes,
    now: Timestamp,
}

impl Case<'_> {
    /// What is decided whatever the stack is like.
    fn unseen(&self) -> Option<Step> {
        let Lease { stack, bound, state, .. } = self.lease;
        match (state, bound) {
            (State::Quarantined { at, why }, _) => {
                let why = Keep::Quarantined { at: *at, why: why.clone() };
                Some(self.kept(why, state.clone(), later(self.now, REMINDED)))
            }
            // I5: what is not the lease's is not even looked at.
            (State::Dirty { .. } | State::Deleting { .. }, Some(id)) if !self.policy.place.has(id, stack) => {
                Some(self.keep(Keep::Elsewhere(id.clone())))
            }
            _ => None,
        }
    }

    /// I12: a brake is let go of by itself or by a person, however long the stack was kept. So all that it keeps stay in
    /// their order.
    fn braked(&self) -> Option<Step> {
        let why = braked(self.lease, self.policy, self.brakes).err()?;
        Some(self.kept(why, self.lease.state.clone(), later(self.now, KEPT_LEAST)))
    }

    /// Expired means dirty, not free.
    fn held(&self, expires_at: Timestamp, seen: &Observation) -> Step {
        let facts = seen.stack.as_ref().map(|seen| &seen.facts);
        let state = State::Dirty { notice: self.mark(facts), absent_at: None };
        let write = self.write(state, self.now);
        let then = facts.map_or(Then::Nothing, |facts| self.untold(&write, facts));
        Step { doing: Doing::Mark, reason: Reason::Expired(expires_at), write: Some(write), then }
    }

    /// People are told only of what may be deleted, as far as it can be told now.
    fn untold(&self, marked: &Lease, facts: &StackFacts) -> Then {
        if by_itself(facts, marked, self.policy).is_ok() { Then::Tell } else { Then::Nothing }
    }

    /// A new mark: nobody is told of it yet.
    fn mark(&self, facts: Option<&StackFacts>) -> Notice {
        Notice::Mark { at: self.now, told_at: None, changed: facts.and_then(|facts| facts.changed) }
    }

    fn write(&self, state: State, due: Timestamp) -> Lease {
        Lease { state, due: Some(due), kept: None, ..self.lease.clone() }
    }

    fn gone(&self, reason: Reason) -> Step {
        let write = Lease { due: None, hold_until: None, ..self.write(State::Gone { at: self.now }, self.now) };
        Step { doing: Doing::Gone, reason, write: Some(write), then: Then::Nothing }
    }

    fn wait(&self, state: State, reason: Reason, due: Timestamp) -> Step {
        Step { doing: Doing::Await, reason, write: Some(self.write(state, due)), then: Then::Nothing }
    }

    fn soon(&self) -> Timestamp {
        later(self.now, AGAIN)
    }

    /// I10: what cannot be read is kept. What may be better in a moment is not even written; what lasts makes way for the
    /// others, and is tried often enough for an alarm.
    fn unreadable(&self, error: &PortError) -> Step {
        let why = Keep::Unreadable(error.clone());
        let lasts = !matches!(error, PortError::Throttled { .. } | PortError::Unavailable { .. });
        match &self.lease.state {
            State::Dirty { .. } | State::Deleting { .. } if lasts => {
                self.kept(why, self.lease.state.clone(), self.soon())
            }
            _ => Step::keep(why),
        }
    }

    fn keep(&self, why: Keep) -> Step {
        self.keep_for(why, KEPT_LEAST, KEPT_MOST)
    }

    /// Kept, and looked at less and less often, so that what stays costs little.
    fn keep_for(&self, why: Keep, least: SignedDuration, most: SignedDuration) -> Step {
        let (notice, state) = match &self.lease.state {
            State::Dirty { notice, .. } => (notice, State::Dirty { notice: notice.clone(), absent_at: None }),
            State::Deleting { notice, .. } => (notice, self.lease.state.clone()),
            State::Held { .. } | State::Quarantined { .. } | State::Gone { .. } => return Step::keep(why),
        };
        let since = graced(notice, self.policy).unwrap_or_else(|| noticed(notice));
        let pause = self.now.duration_since(since).clamp(least, most);
        self.kept(why, state, later(self.now, pause))
    }

    /// Kept until then, which the lease says.
    fn kept(&self, why: Keep, state: State, due: Timestamp) -> Step {
        let kept = Some(fit(&why.to_string(), KEPT_WORDS));
        Step { write: Some(Lease { kept, ..self.write(state, due) }), ..Step::keep(why) }
    }
}

/// I12: what keeps this lease's stack from being deleted in this run.
fn braked(lease: &Lease, policy: &Policy, brakes: &Brakes) -> Result<(), Keep> {
    if brakes.stopped.is_some() {
        return Err(Keep::Stopped);
    }
    let (State::Dirty { notice, .. } | State::Deleting { notice, .. }) = &lease.state else { return Ok(()) };
    match notice {
        Notice::Mark { .. } if brakes.left == 0 => Err(Keep::OverLimit(policy.max_deletes)),
        Notice::Mark { .. } | Notice::Release { .. } => Ok(()),
    }
}

/// I11: from when on the stack may be deleted, also by a clock that runs ahead; `None` while people are not told.
fn graced(notice: &Notice, policy: &Policy) -> Option<Timestamp> {
    match notice {
        Notice::Release { at } => Some(*at),
        Notice::Mark { told_at, .. } => told_at.map(|at| later(later(at, policy.grace), policy.margin)),
    }
}

fn noticed(notice: &Notice) -> Timestamp {
    match notice {
        Notice::Release { at } | Notice::Mark { at, .. } => *at,
    }
}
