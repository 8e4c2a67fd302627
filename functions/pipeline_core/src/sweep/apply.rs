//! Does what was planned: one attempt each, and the next run tries again.

use futures_util::future::join_all;
use uuid::Uuid;

use crate::{
    ids::Nonce,
    lease::{
        record::Lease,
        store::{Committed, commit},
    },
    ports::{Clock, PortError},
    sweep::{
        decide::{After, Deletion, Then, after, postponed, quarantined, told, uncounted},
        notice::{TOLD, message},
        observe::Observer,
        plan::Planned,
        ports::{DeleteStacks as _, EmptyBuckets as _, ReadBuckets as _, Tell as _},
        reach::{Act, Look},
        remedy,
        report::{Entry, Outcome},
    },
};

/// What a run that applies has: what it observes with, and hands.
#[derive(Debug)]
pub struct Applier<'a, E, H, C, R> {
    /// Time.
    pub clock: &'a C,
    /// Looks.
    pub observer: &'a Observer<'a, E, C, R>,
    /// Changes.
    pub hands: &'a H,
    /// Randomness.
    pub random: &'a R,
}

/// A step that was taken.
#[derive(Debug)]
pub struct Applied {
    /// The report's line about it.
    pub entry: Entry,
    /// The lease that people are to be told of.
    pub untold: Option<Lease>,
}

/// Why a step came to nothing.
enum Trouble {
    Conflict,
    Failed(String),
    /// It failed, and cost no attempt at the deletion.
    NotTried(String),
}

impl From<PortError> for Trouble {
    fn from(error: PortError) -> Self {
        Self::Failed(error.to_string())
    }
}

impl<E: Look, H: Act, C: Clock, R: Fn() -> Uuid> Applier<'_, E, H, C, R> {
    /// Takes one step.
    pub async fn apply(&self, planned: &Planned) -> Applied {
        let outcome = if planned.is_blind() { Outcome::Failed } else { Outcome::Done };
        let mut applied = Applied { entry: planned.entry(outcome), untold: None };
        if let Err(trouble) = self.attempt(planned, &mut applied).await {
            fail(&mut applied.entry, trouble);
        }
        applied
    }

    async fn attempt(&self, planned: &Planned, applied: &mut Applied) -> Result<(), Trouble> {
        let mut lease = planned.lease.clone();
        if let Some(next) = &planned.step.write {
            lease = Some(self.write(lease.as_ref(), next, &mut applied.entry).await?);
        }
        match (&planned.step.then, lease) {
            (Then::Delete(deletion), Some(lease)) => self.delete(&lease, deletion, &mut applied.entry).await,
            (Then::Tell, lease) => {
                applied.untold = lease;
                Ok(())
            }
            (Then::Nothing | Then::Delete(_), _) => Ok(()),
        }
    }

    /// Every change of a lease is one conditional write (I3); what does not stand is not acted upon.
    async fn write(&self, seen: Option<&Lease>, next: &Lease, entry: &mut Entry) -> Result<Lease, Trouble> {
        let next = Lease { nonce: Nonce::from_random((self.random)()), ..next.clone() };
        match commit(self.hands.leases(), seen, &next).await? {
            Committed::Ours => {
                entry.state = next.state.name();
                entry.token = Some(next.token);
                entry.stack_id.clone_from(&next.bound);
                Ok(next)
            }
            Committed::Theirs(_) => Err(Trouble::Conflict),
        }
    }

    async fn delete(&self, lease: &Lease, deletion: &Deletion, entry: &mut Entry) -> Result<(), Trouble> {
        let done = self.ask(lease, deletion, entry).await;
        if let (Err(Trouble::NotTried(_)), Some(next)) = (&done, uncounted(lease, deletion.failed)) {
            // Where even this fails, an attempt is lost, and there are others.
            let _ = self.write(Some(lease), &next, entry).await;
        }
        done
    }

    /// I3, I4: the tombstone stands, and no claim gets this id any more. So it does not matter how long anything takes
    /// from here to the deletion.
    async fn ask(&self, lease: &Lease, deletion: &Deletion, entry: &mut Entry) -> Result<(), Trouble> {
        // I9: a read of this one stack after the tombstone.
        let seen = self.observer.again(&deletion.id).await;
        match after(&seen, lease, self.observer.policy) {
            After::Delete => {}
            After::Stay(why) => return Err(Trouble::NotTried(format!("not asked for yet: {why}"))),
            After::Refuse(why) => return self.refuse(lease, &why.to_string(), entry).await,
        }
        for bucket in &deletion.buckets {
            self.empty(bucket, deletion).await?;
        }
        let request = deletion.request(lease);
        match self.observer.pace.call(self.hands.stacks().delete(&deletion.id, &request)).await {
            Ok(()) => Ok(()),
            Err(PortError::Unusable { why, .. }) => self.refuse(lease, &why, entry).await,
            // I9: asked for or not, for all we know.
            Err(error) => Err(Trouble::NotTried(error.to_string())),
        }
    }

    async fn refuse(&self, lease: &Lease, words: &str, entry: &mut Entry) -> Result<(), Trouble> {
        let why = remedy::refused(&lease.stack, words);
        let next = quarantined(lease, &why, self.clock.now());
        self.write(Some(lease), &next, entry).await?;
        Err(Trouble::Failed(format!("put into quarantine: {why}")))
    }

    /// Until it is empty, or the run's time is up.
    async fn empty(&self, bucket: &str, deletion: &Deletion) -> Result<(), Trouble> {
        loop {
            match self.empty_some(bucket, deletion).await {
                Ok(true) => return Ok(()),
                Ok(false) if self.observer.pace.is_over() => {
                    return Err(Trouble::NotTried(format!("the bucket {bucket} is not empty yet")));
                }
                Ok(false) => {}
                // I9: a moment's trouble is no attempt. What lasts is one, or it would never end.
                Err(error @ (PortError::Throttled { .. } | PortError::Unavailable { .. })) => {
                    return Err(Trouble::NotTried(error.to_string()));
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// I14: a bucket of just this stack. Another's is left as it is, and named once the deletion has failed for good.
    async fn empty_some(&self, bucket: &str, deletion: &Deletion) -> Result<bool, PortError> {
        let owner = match self.observer.eyes.buckets().owner(bucket).await {
            Err(PortError::NotFound { .. }) => return Ok(true),
            owner => owner?,
        };
        Ok(owner.as_deref() != Some(deletion.id.as_str()) || self.hands.buckets().empty(bucket).await?)
    }

    /// Tells people of all of them at once, and writes down that they were told (I11).
    pub async fn tell(&self, applied: &mut [Applied]) {
        let untold: Vec<&mut Applied> = applied.iter_mut().filter(|one| one.untold.is_some()).collect();
        let (mut now, later): (Vec<_>, Vec<_>) = untold.into_iter().enumerate().partition(|(at, _)| *at < TOLD);
        for (_, one) in later {
            one.entry.outcome = Outcome::Left;
        }
        let leases: Vec<&Lease> = now.iter().filter_map(|(_, one)| one.untold.as_ref()).collect();
        if leases.is_empty() {
            return;
        }
        let message = message(&leases, self.observer.policy, self.clock.now());
        let told = self.hands.people().tell(&message.subject, &message.text).await;
        for wave in now.chunks_mut(self.observer.policy.width.max(1)) {
            join_all(wave.iter_mut().map(|(_, one)| self.told(one, &told))).await;
        }
    }

    async fn told(&self, one: &mut Applied, answer: &Result<(), PortError>) {
        let Some(lease) = one.untold.take() else { return };
        // I11: the grace begins when they have been told, not before.
        let next = told(&lease, self.observer.policy, self.clock.now());
        let written = match answer {
            Ok(()) => self.write(Some(&lease), &next, &mut one.entry).await.map(drop),
            Err(error) => self.untold(&lease, &format!("nobody was told: {error}"), &mut one.entry).await,
        };
        if let Err(trouble) = written {
            fail(&mut one.entry, trouble);
        }
    }

    /// It makes way for the others: what needs no telling must not wait for it.
    async fn untold(&self, lease: &Lease, why: &str, entry: &mut Entry) -> Result<(), Trouble> {
        let next = postponed(lease, why, self.clock.now());
        self.write(Some(lease), &next, entry).await?;
        Err(Trouble::Failed(why.to_owned()))
    }
}

fn fail(entry: &mut Entry, trouble: Trouble) {
    (entry.outcome, entry.detail) = match trouble {
        Trouble::Conflict => (Outcome::Conflict, Some("the lease changed in the meantime".to_owned())),
        Trouble::Failed(why) | Trouble::NotTried(why) => (Outcome::Failed, Some(why)),
    };
}
