//! What may be put into quarantine: what a person has to look at, and nothing that passes by itself (I9, I14).

use pipeline_core::{
    ids::StackArn,
    lease::record::{Lease, State},
};

use super::{
    Checked, Oracle, Tombstone,
    deletions::Doubt,
    ensure,
    eyes::{Asked, Sight, UNKNOWN},
};
use crate::{op::Version, world::World};

/// A minute, in ms: so long a sweeper waits before it looks again, and twice as long each further time.
const MINUTE: i64 = 60_000;

impl Oracle {
    /// A sweeper is about to put into quarantine what it saw as `seen`.
    pub(super) fn check_quarantine(&self, world: &World, actor: usize, seen: &Version, next: &Lease) -> Checked {
        let Some(id) = &next.bound else {
            return ensure(false, "I4", || format!("quarantine of {} without a stack", next.stack));
        };
        match seen.state {
            "DIRTY" => self.check_forgotten(world, actor, seen, id),
            "DELETING" => self.check_given_up(world, actor, seen, id),
            _ => Ok(()),
        }
    }

    /// I6: one that CloudFormation does not know is looked for as often as behind a tombstone.
    fn check_forgotten(&self, world: &World, actor: usize, seen: &Version, id: &StackArn) -> Checked {
        let eyes = &self.eyes[actor];
        let unknown = eyes.latest(id).is_some_and(|sight| sight.objection == Some(UNKNOWN));
        ensure(unknown, "I6", || format!("quarantine of {id}, which is known"))?;
        let name = id.name();
        let cloud = world.cloud.borrow();
        let Some(Lease { state: State::Dirty { absent_at, .. }, .. }) = standing(cloud.lease(&name), seen) else {
            return Ok(());
        };
        let apart = absent_at.map(|first| world.now() - first.as_millisecond());
        let patience = ((1 << self.max_attempts) - 1) * MINUTE - self.spread;
        ensure(apart >= Some(patience), "I6", || format!("quarantine of {id} {apart:?} ms after the first look"))?;
        let first_run = self.names.get(&name).and_then(|ledger| ledger.absent_run);
        ensure(first_run != Some((actor, eyes.run)), "I6", || format!("quarantine of {id} at the first look"))
    }

    /// I9: an error or an operation that goes on is no reason.
    fn check_given_up(&self, world: &World, actor: usize, seen: &Version, id: &StackArn) -> Checked {
        let eyes = &self.eyes[actor];
        let Some(tombstone) = self.tombstones.get(id) else { return Ok(()) };
        if eyes.asked(id) == Some(Asked::Refused) {
            return Ok(());
        }
        let Some(sight) = eyes.latest(id).filter(|sight| sight.seq > tombstone.seq) else {
            return ensure(false, "I9", || format!("quarantine of {id}, which was not read"));
        };
        let cloud = world.cloud.borrow();
        let attempts = standing(cloud.lease(&id.name()), seen).map_or(u32::MAX, attempts);
        let used_up = attempts >= self.max_attempts;
        let unfit = matches!(self.doubt(actor, id, tombstone.seq), Some(Doubt::Objection(why)) if why != UNKNOWN);
        let cause = if sight.failed || sight.objection == Some(UNKNOWN) { used_up } else { false };
        let cause = cause || (unfit && !sight.busy) || !tombstone.covers(sight) || sight.is_newer(tombstone.token);
        ensure(cause, "I9", || format!("quarantine of {id} after {attempts} failures, and nothing is in the way"))
    }

    /// I9, I14: an attempt is counted for a deletion that failed, or a stack that CloudFormation does not know.
    pub(super) fn check_attempts(&self, world: &World, actor: usize, seen: &Version, next: &Lease) -> Checked {
        let (Some(id), State::Deleting { attempts: counted, .. }) = (&next.bound, &next.state) else { return Ok(()) };
        let cloud = world.cloud.borrow();
        let Some(before) = standing(cloud.lease(&next.stack), seen).map(attempts) else { return Ok(()) };
        let eyes = &self.eyes[actor];
        let sight = eyes.latest(id);
        let failed = sight.is_some_and(|sight| sight.failed || sight.objection == Some(UNKNOWN));
        let said = || format!("attempt {counted} after {before} at {id}");
        ensure(*counted <= before || (failed && *counted == before + 1), "I9", said)?;
        let taken_back = *counted < before;
        ensure(!taken_back || (eyes.asked(id) != Some(Asked::Taken) && *counted + 1 == before), "I14", said)
    }
}

impl Tombstone {
    /// I11: whether people know of the stack as it was seen.
    pub(super) fn covers(&self, sight: &Sight) -> bool {
        sight.is_covered(&self.notice)
    }
}

/// What stands, if it is what was seen.
fn standing<'a>(lease: Option<&'a Lease>, seen: &Version) -> Option<&'a Lease> {
    lease.filter(|lease| lease.nonce == seen.nonce)
}

fn attempts(lease: &Lease) -> u32 {
    match lease.state {
        State::Deleting { attempts, .. } => attempts,
        _ => 0,
    }
}
