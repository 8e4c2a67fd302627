//! Leases behind the tombstone: whoever comes takes the deletion over, from wherever it got to (I15).

use jiff::{SignedDuration, Timestamp};

use super::{AGAIN, Case, Deletion, REMINDED, Reason, Step, Then};
use crate::{
    ids::StackArn,
    lease::{
        due::later,
        record::{Lease, Notice, State},
    },
    ports::PortError,
    sweep::{
        eligible::{Seen, eligible},
        keep::Keep,
        policy::Policy,
        remedy,
        report::Doing,
        stack::{Resource, Standing},
    },
};

/// Longer than a run: it may empty buckets to its end, and no other is to count another attempt meanwhile.
const EMPTYING: SignedDuration = SignedDuration::from_mins(6);

/// What a read after the tombstone says (I9).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum After {
    /// Delete it.
    Delete,
    /// Not now; the lease stays as it is.
    Stay(Keep),
    /// Not at all: a person has to look.
    Refuse(Keep),
}

/// Judges a read after the tombstone.
pub fn after(seen: &Result<Option<Seen>, PortError>, lease: &Lease, policy: &Policy) -> After {
    let seen = match seen {
        Ok(Some(seen)) => seen,
        Ok(None) => return After::Stay(lease.bound.clone().map_or(Keep::Unseen, Keep::Unknown)),
        Err(error) => return After::Stay(Keep::Unreadable(error.clone())),
    };
    match seen.facts.status.standing() {
        Standing::InProgress | Standing::Deleting | Standing::Deleted => {
            After::Stay(Keep::InProgress(seen.facts.status.0.clone()))
        }
        Standing::Settled | Standing::DeleteFailed | Standing::Untouchable => match eligible(seen, lease, policy) {
            Ok(()) => After::Delete,
            Err(Keep::Unseen) => After::Stay(Keep::Unseen),
            Err(why) => After::Refuse(why),
        },
    }
}

/// The record of a lease in quarantine: people are told of it again, and nothing else comes of it by itself (I4).
pub fn quarantined(lease: &Lease, why: &str, now: Timestamp) -> Lease {
    let state = State::Quarantined { at: now, why: why.to_owned() };
    Lease { state, due: Some(later(now, REMINDED)), kept: None, ..lease.clone() }
}

/// The record of a lease, of whose latest attempt at the deletion nothing came; `None` if that is what stands.
pub fn uncounted(lease: &Lease, failed: u32) -> Option<Lease> {
    match &lease.state {
        State::Deleting { notice, attempts } if *attempts != failed => {
            let state = State::Deleting { notice: notice.clone(), attempts: failed };
            Some(Lease { state, ..lease.clone() })
        }
        _ => None,
    }
}

impl Case<'_> {
    pub(super) fn deleting(&self, notice: &Notice, attempts: u32, seen: Option<&Seen>) -> Step {
        let Some(seen) = seen else { return self.unknown(notice, attempts) };
        match seen.facts.status.standing() {
            Standing::Deleted => return self.gone(Reason::Deleted),
            Standing::Deleting => return self.wait(self.lease.state.clone(), Reason::BeingDeleted, self.soon()),
            Standing::Settled | Standing::InProgress | Standing::DeleteFailed | Standing::Untouchable => {}
        }
        if let Some(step) = self.braked() {
            return step;
        }
        match after(&Ok(Some(seen.clone())), self.lease, self.policy) {
            After::Stay(why) => self.wait(self.lease.state.clone(), Reason::Kept(why), self.soon()),
            After::Refuse(why) => self.quarantine(remedy::refused(&self.lease.stack, &why.to_string())),
            After::Delete => self.retry(notice, attempts, seen),
        }
    }

    /// I6: not gone, for all we know. It is looked for a few times more.
    fn unknown(&self, notice: &Notice, attempts: u32) -> Step {
        let Some(id) = &self.lease.bound else { return self.keep(Keep::Unseen) };
        if attempts >= self.policy.max_attempts {
            return self.quarantine(remedy::forgotten(id));
        }
        let state = State::Deleting { notice: notice.clone(), attempts: attempts + 1 };
        self.kept(Keep::Unknown(id.clone()), state, later(self.now, backed_off(attempts)))
    }

    fn retry(&self, notice: &Notice, attempts: u32, seen: &Seen) -> Step {
        if seen.facts.status.standing() == Standing::Settled {
            return self.request(notice, attempts, attempts, Reason::NotBegun, vec![]);
        }
        let resources = seen.circumstances.as_ref().map_or(&[][..], |more| &more.resources);
        // I14: a bounded number of times.
        if attempts >= self.policy.max_attempts {
            return self.quarantine(remedy::failed(&self.lease.stack, seen.facts.reason.as_deref(), resources));
        }
        let words = seen.facts.reason.clone().unwrap_or_else(|| seen.facts.status.0.clone());
        let reason = Reason::Failed { attempts: attempts + 1, words };
        let buckets = if self.lease.empty_buckets { full(resources) } else { vec![] };
        self.request(notice, attempts, attempts + 1, reason, buckets)
    }

    /// Counted before it is tried, so that it ends even if every attempt kills the run.
    fn request(&self, notice: &Notice, failed: u32, attempts: u32, reason: Reason, buckets: Vec<String>) -> Step {
        let state = State::Deleting { notice: notice.clone(), attempts };
        let pause = if attempts > failed { backed_off(failed) } else { AGAIN };
        let pause = if buckets.is_empty() { pause } else { pause.max(EMPTYING) };
        let delete = |id: &StackArn| Then::Delete(Deletion { id: id.clone(), failed, buckets });
        let then = self.lease.bound.as_ref().map_or(Then::Nothing, delete);
        Step { doing: Doing::Retry, reason, write: Some(self.write(state, later(self.now, pause))), then }
    }

    pub(super) fn quarantine(&self, why: String) -> Step {
        let write = quarantined(self.lease, &why, self.now);
        Step { doing: Doing::Quarantine, reason: Reason::Stuck(why), write: Some(write), then: Then::Nothing }
    }
}

/// 1, 2, 4 … minutes.
fn backed_off(attempts: u32) -> SignedDuration {
    SignedDuration::from_mins(1_i64 << attempts.min(6))
}

/// How long it takes until a stack that CloudFormation does not know has been looked for often enough.
pub(super) fn patience(policy: &Policy) -> SignedDuration {
    backed_off(policy.max_attempts) - backed_off(0)
}

/// Buckets whose deletion failed.
fn full(resources: &[Resource]) -> Vec<String> {
    let stuck = resources.iter().filter(|one| one.kind == "AWS::S3::Bucket" && one.status == "DELETE_FAILED");
    stuck.map(|bucket| bucket.physical.clone()).filter(|name| !name.is_empty()).collect()
}
