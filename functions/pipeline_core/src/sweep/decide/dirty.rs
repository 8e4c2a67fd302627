//! Leases that nobody uses any more.

use jiff::Timestamp;

use super::{AGAIN, Case, Deletion, KEPT_LEAST, Reason, Step, Then, deleting::patience, graced};
use crate::{
    ids::StackArn,
    lease::{
        due::later,
        record::{Entered, Lease, Notice, State},
    },
    sweep::{
        eligible::{Found, Seen, by_itself, by_name, eligible, is_outdated},
        keep::Keep,
        observe::Observation,
        policy::Policy,
        remedy,
        report::Doing,
        stack::{StackFacts, Standing},
    },
};

impl Case<'_> {
    pub(super) fn dirty(&self, notice: &Notice, absent_at: Option<Timestamp>, seen: &Observation) -> Step {
        // I6: it could deploy after the tombstone, or make anew what was deleted.
        if let Some(entered) = &seen.running {
            return self.running(entered);
        }
        match (&self.lease.bound, &seen.stack) {
            (Some(_), Some(stack)) => self.bound(notice, stack),
            (Some(id), None) => self.unknown_yet(notice, absent_at, id),
            (None, Some(stack)) => match by_name(&stack.facts, self.lease, self.policy) {
                Ok(found) => self.bind(notice, &stack.facts, found),
                Err(why) => self.keep(why),
            },
            (None, None) => self.absent(notice, absent_at),
        }
    }

    fn running(&self, entered: &Entered) -> Step {
        self.keep_for(Keep::Running(entered.clone()), AGAIN, KEPT_LEAST)
    }

    fn bound(&self, notice: &Notice, seen: &Seen) -> Step {
        match (seen.facts.status.standing(), notice) {
            (Standing::Deleted, _) => self.gone(Reason::Deleted),
            (Standing::Deleting, _) => self.wait(self.lease.state.clone(), Reason::BeingDeleted, self.soon()),
            // I11: an update clears the mark.
            _ if is_outdated(notice, &seen.facts) => self.mark_anew(&seen.facts),
            (_, Notice::Mark { at, told_at: None, .. }) => self.tell(*at, &seen.facts),
            _ => self.ripe(notice, seen),
        }
    }

    fn tell(&self, marked_at: Timestamp, facts: &StackFacts) -> Step {
        match by_itself(facts, self.lease, self.policy) {
            Ok(()) => Step { doing: Doing::Tell, reason: Reason::Untold(marked_at), write: None, then: Then::Tell },
            Err(why) => self.keep(why),
        }
    }

    /// I6: not known is not gone. It is looked for as often as behind the tombstone.
    fn unknown_yet(&self, notice: &Notice, absent_at: Option<Timestamp>, id: &StackArn) -> Step {
        let since = absent_at.unwrap_or(self.now);
        let looked = self.now.duration_since(since);
        if looked >= patience(self.policy) {
            return self.quarantine(remedy::forgotten(id));
        }
        let state = State::Dirty { notice: notice.clone(), absent_at: Some(since) };
        self.kept(Keep::Unknown(id.clone()), state, later(self.now, looked + AGAIN))
    }

    /// People know, or will have known for long enough.
    fn ripe(&self, notice: &Notice, seen: &Seen) -> Step {
        let graced = graced(notice, self.policy).unwrap_or(Timestamp::MAX);
        if graced > self.now {
            return self.kept(Keep::Grace(graced), self.lease.state.clone(), graced);
        }
        if let Err(why) = by_itself(&seen.facts, self.lease, self.policy) {
            return self.keep(why);
        }
        if let Some(step) = self.braked() {
            return step;
        }
        match eligible(seen, self.lease, self.policy) {
            Ok(()) => self.delete(notice, &seen.facts.id),
            Err(why) => self.keep(why),
        }
    }

    /// I3: the tombstone, which only this very record can become.
    fn delete(&self, notice: &Notice, id: &StackArn) -> Step {
        let state = State::Deleting { notice: notice.clone(), attempts: 0 };
        let reason = match notice {
            Notice::Release { at } => Reason::Released(*at),
            Notice::Mark { at, told_at, .. } => Reason::Told(told_at.unwrap_or(*at)),
        };
        let deletion = Deletion { id: id.clone(), failed: 0, buckets: vec![] };
        let write = Some(self.write(state, self.soon()));
        Step { doing: Doing::Delete, reason, write, then: Then::Delete(deletion) }
    }

    /// A stack that nobody claimed may rest after each update as long as before it was adopted.
    fn mark_anew(&self, facts: &StackFacts) -> Step {
        let rests = self.lease.holder.is_none();
        let due = if rests { later(last_change(facts), self.policy.adopt_after).max(self.now) } else { self.now };
        let state = State::Dirty { notice: self.mark(Some(facts)), absent_at: None };
        let write = self.write(state, due);
        let then = if due > self.now { Then::Nothing } else { self.untold(&write, facts) };
        Step { doing: Doing::Mark, reason: Reason::Updated, write: Some(write), then }
    }

    /// I11: people were told of no stack, or of another; and nobody released one that was not deployed under the lease.
    fn bind(&self, notice: &Notice, facts: &StackFacts, found: Found) -> Step {
        let (notice, reason) = match (notice, found) {
            (Notice::Release { .. }, Found::Deployed) => (notice.clone(), Reason::Deployed),
            (Notice::Mark { .. }, Found::Deployed) => (self.mark(Some(facts)), Reason::Deployed),
            (_, Found::Stray) => (self.mark(Some(facts)), Reason::Stray),
        };
        let is_released = matches!(notice, Notice::Release { .. });
        let state = State::Dirty { notice, absent_at: None };
        let write = Lease { bound: Some(facts.id.clone()), ..self.write(state, self.now) };
        let then = if is_released { Then::Nothing } else { self.untold(&write, facts) };
        Step { doing: Doing::Bind, reason, write: Some(write), then }
    }

    /// I6: nothing was ever bound, nothing runs, and no stack has the name in two runs apart.
    fn absent(&self, notice: &Notice, absent_at: Option<Timestamp>) -> Step {
        let since = absent_at.unwrap_or(self.now);
        let settled = later(later(since, AGAIN), self.policy.margin);
        if absent_at.is_some() && settled <= self.now {
            return self.gone(Reason::StillAbsent(since));
        }
        let state = State::Dirty { notice: notice.clone(), absent_at: Some(since) };
        self.wait(state, Reason::Absent, settled)
    }
}

/// The record of a lease of which people were told at `at` (I11).
pub fn told(lease: &Lease, policy: &Policy, at: Timestamp) -> Lease {
    let State::Dirty { notice: Notice::Mark { at: marked, changed, .. }, .. } = &lease.state else {
        return lease.clone();
    };
    let notice = Notice::Mark { at: *marked, told_at: Some(at), changed: *changed };
    let graced = graced(&notice, policy);
    let due = graced.map(|due| lease.hold_until.map_or(due, |until| until.max(due)));
    Lease { state: State::Dirty { notice, absent_at: None }, due, ..lease.clone() }
}

/// When the stack was created or updated last.
pub(crate) fn last_change(facts: &StackFacts) -> Timestamp {
    facts.changed.unwrap_or(facts.created)
}
