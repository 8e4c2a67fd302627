//! What a sweeper may ask for, by what it saw.

use pipeline_core::{
    ids::{StackArn, StackName},
    lease::record::{Lease, Notice, State},
    sweep::report::{Mode, Work},
};

use super::{Checked, Oracle, ensure, eyes::is_preview};
use crate::{
    cloud::{ACCOUNT, REGION},
    op::{Condition, Op, Target, Version},
    scenario::MARGIN,
    world::World,
};

/// Two looks for a stack are so far apart, in ms (I6).
const TICKS: i64 = 60_000;

/// What speaks against a deletion.
#[derive(Debug, Clone, Copy)]
pub(super) enum Doubt {
    /// Something was not read.
    Unread(&'static str),
    /// What was read.
    Objection(&'static str),
}

impl Oracle {
    pub(super) fn check_request(&mut self, world: &World, actor: usize, op: &Op) -> Checked {
        if !op.mutates() {
            return check_look(op);
        }
        let eyes = &self.eyes[actor];
        ensure(eyes.mode == Mode::Apply, "I13", || format!("a run that plans sends {op}"))?;
        ensure(!eyes.list_broken, "I10", || format!("after a list that could not be read to its end: {op}"))?;
        match op {
            Op::Delete { target, request_token } => self.check_delete(actor, target, request_token),
            Op::Empty(bucket) => self.check_emptying(actor, bucket),
            Op::Write { condition, next } => self.check_write(world, actor, condition, next),
            _ => Ok(()),
        }
    }

    fn check_delete(&mut self, actor: usize, target: &Target, request_token: &str) -> Checked {
        let Target::Id(id) = target else {
            return ensure(false, "I5", || format!("DeleteStack names {target:?}, not a stack"));
        };
        let ours = id.account() == ACCOUNT && id.region() == REGION && is_preview(id.name().as_str());
        ensure(ours, "I5", || format!("DeleteStack of {id}"))?;
        let Some(tombstone) = self.tombstones.get_mut(id) else {
            return ensure(false, "I3", || format!("DeleteStack of {id} without a tombstone"));
        };
        if self.eyes[actor].latest(id).is_some_and(|sight| sight.failed) {
            tombstone.retried.push(request_token.to_owned());
        }
        // The first request can be one of these: somebody else's deletion failed before.
        let most = self.max_attempts as usize + 1;
        let (since, answered) = (tombstone.seq, tombstone.answered.len());
        ensure(answered <= most, "I14", || format!("{answered} deletions of {id} were begun after it had failed"))?;
        let covered = self.eyes[actor].latest(id).is_none_or(|sight| tombstone.covers(sight));
        ensure(covered, "I11", || format!("DeleteStack of {id}, updated since its notice"))?;
        self.check_switch(actor, id)?;
        self.check_eligible(actor, id, since, "DeleteStack")
    }

    /// CloudFormation took a request. One whose answer is lost is not counted (I9), however often that happens.
    pub(super) fn deletion_begun(&mut self, id: &StackArn, request_token: &str) {
        let Some(tombstone) = self.tombstones.get_mut(id) else { return };
        let is_retry = tombstone.retried.iter().any(|it| it == request_token);
        if is_retry && !tombstone.answered.iter().any(|it| it == request_token) {
            tombstone.answered.push(request_token.to_owned());
        }
    }

    fn check_switch(&self, actor: usize, id: &StackArn) -> Checked {
        let eyes = &self.eyes[actor];
        ensure(eyes.allowed, "I12", || format!("deletion of {id}, and the switch does not allow any"))?;
        ensure(eyes.work == Work::Due, "I12", || format!("deletion of {id} in a run that adopts"))
    }

    /// I9: all that was read of it since, speaks for it.
    fn check_eligible(&self, actor: usize, id: &StackArn, since: u64, what: &str) -> Checked {
        match self.doubt(actor, id, since) {
            None => Ok(()),
            Some(Doubt::Unread(why) | Doubt::Objection(why)) => {
                ensure(false, "I9", || format!("{what} of {id}: {why}"))
            }
        }
    }

    /// I9: what speaks against a deletion, of all that was read of the stack since.
    pub(super) fn doubt(&self, actor: usize, id: &StackArn, since: u64) -> Option<Doubt> {
        let eyes = &self.eyes[actor];
        let Some(sight) = eyes.latest(id).filter(|sight| sight.seq > since) else {
            return Some(Doubt::Unread("not read"));
        };
        if let Some(objection) = sight.objection {
            return Some(Doubt::Objection(objection));
        }
        for export in &sight.exports {
            match eyes.imported.iter().rev().find(|(name, seq, _)| name == export && *seq > since) {
                None => return Some(Doubt::Unread("nobody looked for importers")),
                Some((.., true)) => return Some(Doubt::Objection("an export of it is imported")),
                Some((.., false)) => {}
            }
        }
        let Some((.., roles)) = eyes.roles.iter().rev().find(|(of, seq, _)| of == id && *seq > since) else {
            return Some(Doubt::Unread("its resources were not read"));
        };
        for role in roles {
            match eyes.trusts.iter().rev().find(|(name, seq, _)| name == role && *seq > since) {
                None => return Some(Doubt::Unread("a role of it was not read")),
                Some((.., true)) => return Some(Doubt::Objection("it owns a role that CloudFormation may take on")),
                Some((.., false)) => {}
            }
        }
        None
    }

    /// I14: only of the stack itself, and only where the lease opted in.
    fn check_emptying(&self, actor: usize, bucket: &str) -> Checked {
        let owner = self.eyes[actor].owners.iter().rev().find(|(name, _)| name == bucket);
        let owner = owner.and_then(|(_, owner)| owner.as_ref()?.parse::<StackArn>().ok());
        let tombstone = owner.as_ref().and_then(|id| self.tombstones.get(id));
        let allowed = tombstone.is_some_and(|tombstone| tombstone.empty_buckets);
        ensure(allowed, "I14", || format!("bucket {bucket} of {owner:?} is emptied"))?;
        let Some(id) = owner else { return Ok(()) };
        self.check_switch(actor, &id)
    }

    fn check_write(&mut self, world: &World, actor: usize, condition: &Condition, next: &Lease) -> Checked {
        match &next.state {
            State::Deleting { notice, .. } if !follows(world, condition, next) => {
                self.check_tombstone(actor, notice, next)
            }
            State::Gone { .. } => self.check_gone(world, actor, condition, next),
            _ => self.check_known(world, actor, condition, next),
        }
    }

    /// A write of which it is known what it follows.
    fn check_known(&self, world: &World, actor: usize, condition: &Condition, next: &Lease) -> Checked {
        let (Condition::Stands(Some(seen)) | Condition::Like(seen)) = condition else { return Ok(()) };
        match &next.state {
            State::Quarantined { .. } => self.check_quarantine(world, actor, seen, next),
            State::Deleting { .. } => self.check_attempts(world, actor, seen, next),
            State::Dirty { notice, .. } if seen.state == "DIRTY" && seen.bound.is_none() => {
                self.check_bound(actor, notice, next)
            }
            _ => Ok(()),
        }
    }

    /// I11: a release is about what was deployed under that lease; of any other stack people are told first.
    fn check_bound(&self, actor: usize, notice: &Notice, next: &Lease) -> Checked {
        let Some(id) = &next.bound else { return Ok(()) };
        let seen = self.eyes[actor].present.iter().rev().find(|(name, _)| *name == next.stack);
        let sight = seen.and_then(|(_, sight)| sight.as_ref()).filter(|sight| sight.id == *id);
        let Some(sight) = sight else { return ensure(false, "I10", || format!("{id} is bound, and was not seen")) };
        ensure(!sight.is_newer(next.token), "I9", || format!("{id} is bound, of token {:?}", sight.tag))?;
        let token = sight.tag.as_ref().and_then(|tag| tag.parse::<u64>().ok());
        let deployed = token.is_some_and(|token| (next.first.0..=next.token.0).contains(&token));
        let fits = match notice {
            Notice::Release { .. } => deployed,
            Notice::Mark { told_at, .. } => told_at.is_none(),
        };
        ensure(fits, "I11", || format!("{id} of token {token:?} is bound with {notice:?}"))
    }

    fn check_tombstone(&mut self, actor: usize, notice: &Notice, next: &Lease) -> Checked {
        let Some(id) = &next.bound else {
            return ensure(false, "I3", || format!("a tombstone for {} without a stack", next.stack));
        };
        self.check_switch(actor, id)?;
        if matches!(notice, Notice::Mark { .. }) {
            self.eyes[actor].expired_deletions += 1;
            let deletions = self.eyes[actor].expired_deletions;
            ensure(deletions <= self.max_deletes, "I12", || format!("{deletions} expired stacks deleted in one run"))?;
        }
        let covered = self.eyes[actor].latest(id).is_none_or(|sight| sight.is_covered(notice));
        ensure(covered, "I11", || format!("a tombstone of {id}, updated since {notice:?}"))?;
        self.check_seen_to_end(actor, next)?;
        self.check_eligible(actor, id, 0, "a tombstone")
    }

    fn check_gone(&self, world: &World, actor: usize, condition: &Condition, next: &Lease) -> Checked {
        let eyes = &self.eyes[actor];
        if let Some(id) = &next.bound {
            let deleted = eyes.latest(id).is_some_and(|sight| sight.deleted);
            return ensure(deleted, "I6", || format!("GONE of {id}, which was not seen deleted"));
        }
        self.check_absent(world, actor, condition, &next.stack)?;
        self.check_seen_to_end(actor, next)
    }

    /// I6: whoever closes a lease has asked, in this very run, about the executions that may deploy.
    fn check_seen_to_end(&self, actor: usize, next: &Lease) -> Checked {
        for execution in next.executions.iter().map(|entered| entered.execution.to_string()) {
            let running = self.eyes[actor].running.iter().rev().find(|(of, _)| *of == execution);
            let ended = matches!(running, Some((_, false)));
            ensure(ended, "I6", || format!("{} closed, and execution {execution} was not seen to end", next.stack))?;
        }
        Ok(())
    }

    /// I6: two looks found no stack of this name.
    fn check_absent(&self, world: &World, actor: usize, condition: &Condition, stack: &StackName) -> Checked {
        let eyes = &self.eyes[actor];
        let absent = eyes.present.iter().rev().find(|(of, _)| of == stack);
        let absent = matches!(absent, Some((_, None)));
        ensure(absent, "I6", || format!("GONE of {stack}, whose absence was not seen"))?;
        let cloud = world.cloud.borrow();
        let Some(Lease { state: State::Dirty { absent_at: Some(first), .. }, nonce, .. }) = cloud.lease(stack) else {
            // Whatever stands there, the write will come to nothing, or is judged when it is applied.
            return Ok(());
        };
        if matches!(condition, Condition::Stands(Some(seen)) if seen.nonce != *nonce) {
            return Ok(());
        }
        // Within MARGIN in full by true time, however far apart their clocks are.
        let apart = world.now() - first.as_millisecond();
        ensure(apart >= TICKS + MARGIN - self.spread, "I6", || {
            format!("GONE of {stack} {apart} ms after the first look")
        })?;
        let first_run = self.names.get(stack).and_then(|ledger| ledger.absent_run);
        ensure(first_run != Some((actor, eyes.run)), "I6", || format!("GONE of {stack} in one run with the first look"))
    }
}

/// I5: whatever a deletion may follow is asked of a preview of this account and region.
fn check_look(op: &Op) -> Checked {
    let (Op::ById(id) | Op::Resources(id)) = op else { return Ok(()) };
    let ours = id.account() == ACCOUNT && id.region() == REGION && is_preview(id.name().as_str());
    ensure(ours, "I5", || format!("a look at {id}"))
}

/// Whether a write leaves DELETING as it is.
fn follows(world: &World, condition: &Condition, next: &Lease) -> bool {
    match condition {
        Condition::Stands(Some(Version { state, .. })) | Condition::Like(Version { state, .. }) => *state == "DELETING",
        _ => {
            let cloud = world.cloud.borrow();
            let standing = cloud.lease(&next.stack);
            standing.is_some_and(|lease| lease.state.name() == "DELETING" && lease.bound == next.bound)
        }
    }
}
