//! Leases that nobody uses any more.

use jiff::Timestamp;

use super::{AGAIN, Case, Deletion, Reason, Step, Then, braked, graced, noticed};
use crate::{
    ids::{Digest, FencingToken, StackArn},
    lease::{
        due::later,
        record::{Entered, Lease, Notice, State},
    },
    sweep::{
        eligible::{Seen, by_name, eligible},
        keep::Keep,
        observe::Observation,
        policy::Policy,
        report::Doing,
        stack::{StackFacts, Standing},
    },
};

impl Case<'_> {
    pub(super) fn dirty(&self, notice: &Notice, absent_at: Option<Timestamp>, seen: &Observation) -> Step {
        match (&self.lease.bound, &seen.stack) {
            (Some(_), Some(stack)) => self.bound(notice, stack),
            // I6: not known is not gone.
            (Some(id), None) => self.keep(Keep::Unknown(id.clone())),
            (None, Some(stack)) => match by_name(&stack.facts, self.lease, self.policy) {
                Ok(()) => self.bind(notice, &stack.facts),
                Err(why) => self.keep(why),
            },
            (None, None) => self.absent(notice, absent_at, seen.running.as_ref()),
        }
    }

    fn bound(&self, notice: &Notice, seen: &Seen) -> Step {
        match (seen.facts.status.standing(), notice) {
            (Standing::Deleted, _) => self.gone(Reason::Deleted),
            (Standing::Deleting, _) => self.wait(self.lease.state.clone(), Reason::BeingDeleted, self.soon()),
            // I11: an update clears the mark.
            (_, Notice::Mark { changed, .. }) if *changed != seen.facts.changed => self.mark_anew(&seen.facts),
            (_, Notice::Mark { at, told_at: None, .. }) => {
                Step { doing: Doing::Tell, reason: Reason::Untold(*at), write: None, then: Then::Tell }
            }
            _ => self.ripe(notice, seen),
        }
    }

    /// People know, or will have known for long enough.
    fn ripe(&self, notice: &Notice, seen: &Seen) -> Step {
        let graced = graced(notice, self.policy).unwrap_or(Timestamp::MAX);
        if graced > self.now {
            let write = self.write(self.lease.state.clone(), graced);
            return Step { write: Some(write), ..Step::keep(Keep::Grace(graced)) };
        }
        if let Err(why) = braked(self.lease, self.policy, self.brakes) {
            return Step::keep(why);
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
        let deletion = Deletion { id: id.clone(), request: request(id, self.lease.token, notice, 0), buckets: vec![] };
        let write = Some(self.write(state, self.soon()));
        Step { doing: Doing::Delete, reason, write, then: Then::Delete(deletion) }
    }

    /// A stack that nobody claimed may rest after each update as long as before it was adopted.
    fn mark_anew(&self, facts: &StackFacts) -> Step {
        let rests = self.lease.holder.is_none();
        let due = if rests { later(last_change(facts), self.policy.adopt_after).max(self.now) } else { self.now };
        let then = if due > self.now { Then::Nothing } else { Then::Tell };
        let state = State::Dirty { notice: self.mark(Some(facts)), absent_at: None };
        Step { doing: Doing::Mark, reason: Reason::Updated, write: Some(self.write(state, due)), then }
    }

    /// I11: people were told of no stack, or of another.
    fn bind(&self, notice: &Notice, facts: &StackFacts) -> Step {
        let (notice, then) = match notice {
            Notice::Release { .. } => (notice.clone(), Then::Nothing),
            Notice::Mark { .. } => (self.mark(Some(facts)), Then::Tell),
        };
        let mut write = self.write(State::Dirty { notice, absent_at: None }, self.now);
        write.bound = Some(facts.id.clone());
        Step { doing: Doing::Bind, reason: Reason::Deployed, write: Some(write), then }
    }

    /// I6: nothing was ever bound, nothing runs, and no stack has the name in two runs apart.
    fn absent(&self, notice: &Notice, absent_at: Option<Timestamp>, running: Option<&Entered>) -> Step {
        if let Some(entered) = running {
            return self.keep(Keep::Running(entered.clone()));
        }
        let since = absent_at.unwrap_or(self.now);
        let settled = later(since, AGAIN);
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
    let due = later(at, policy.grace);
    let due = Some(lease.hold_until.map_or(due, |until| until.max(due)));
    Lease { state: State::Dirty { notice, absent_at: None }, due, ..lease.clone() }
}

/// When the stack was created or updated last.
pub(crate) fn last_change(facts: &StackFacts) -> Timestamp {
    facts.changed.unwrap_or(facts.created)
}

/// The same for the same attempt at the same deletion, whoever makes it; another one once a person let it be tried again.
pub(super) fn request(id: &StackArn, token: FencingToken, notice: &Notice, attempts: u32) -> String {
    let digest = Digest::of(format!("{id} {}", noticed(notice)).as_bytes());
    let short: String = digest.as_str().chars().take(32).collect();
    format!("flowgate-{token}-{attempts}-{short}")
}
