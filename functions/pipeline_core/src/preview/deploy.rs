//! Beginning: a place, the leases, and an execution.

use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    ids::{FencingToken, Holder, Nonce, Source, StackName},
    lease::{
        record::{Lease, State},
        refusal::Refusal,
        request::{Claim, Release},
    },
    ports::{Clock, PortError, Retry, patiently},
    preview::{
        look::{Previewing, Step},
        ports::{
            Announce, FindPreviews, KeepSlots, ReadPreviews, Replaced, RunPreviews, Start, UseStacks, WritePreviews,
        },
        pull::ReadPulls,
        record::{Head, Phase, Preview, Run, Tokens, Wait},
        run::{is_ours, is_usable},
        settings::TICK,
        slots::Slots,
        turn::starting,
    },
    sweep::ports::WatchExecutions,
};

/// What keeps one stack's name from being used.
enum Obstacle {
    /// It passes.
    Wait(Wait),
    /// The claim has ended; another holder may claim.
    Ended,
}

impl<C, S, P, L, R, A, N> Previewing<'_, C, S, P, L, R, A, N>
where
    C: Clock,
    S: ReadPreviews + FindPreviews + WritePreviews + KeepSlots,
    P: ReadPulls,
    L: UseStacks,
    R: RunPreviews + WatchExecutions,
    A: Announce,
    N: Fn() -> Uuid,
{
    pub(super) async fn start(
        &self,
        standing: &Preview,
        holder: &Holder,
        waits: Option<&Wait>,
        since: Timestamp,
        head: &Head,
        until: Timestamp,
    ) -> Result<Step, PortError> {
        let wait = match self.begin(standing, holder, head, until).await? {
            Ok(next) => return Ok(Step::Write(next)),
            Err(Obstacle::Wait(wait)) => wait,
            Err(Obstacle::Ended) => {
                let now = self.clock.now();
                return Ok(Step::Write(standing.next(starting(now, (self.ids)()), Some(now), (self.ids)())));
            }
        };
        let now = self.clock.now();
        // The tick that is to come looks again.
        if waits == Some(&wait) && standing.due.is_some_and(|due| due > now) {
            return Ok(Step::Rest);
        }
        let phase = Phase::Starting { holder: holder.clone(), waits: Some(wait), since };
        Ok(Step::Write(standing.next(phase, Some(now.saturating_add(TICK).unwrap_or(now)), (self.ids)())))
    }

    async fn begin(
        &self,
        standing: &Preview,
        holder: &Holder,
        head: &Head,
        until: Timestamp,
    ) -> Result<Result<Preview, Obstacle>, PortError> {
        if let Some(wait) = self.take_place(standing, head, until).await? {
            return Ok(Err(Obstacle::Wait(wait)));
        }
        let mut tokens = vec![];
        for stack in self.stacks_of(standing) {
            match self.claim(standing, &stack, holder, until).await? {
                Ok(token) => tokens.push(token),
                Err(obstacle) => return Ok(Err(obstacle)),
            }
        }
        let [app, tests] = tokens[..] else { unreachable!("a preview has two stacks") };
        let [stack, tests_stack] = self.stacks_of(standing);
        let start = Start {
            subject: standing.subject.clone(),
            stack,
            tests_stack,
            tokens: Tokens { app, tests },
            head: head.clone(),
            holder: holder.clone(),
        };
        let started = patiently(self.clock, until, Retry::Anything, async || self.pipeline.start(&start).await);
        let Some(execution) = started.await? else { return Ok(Err(Obstacle::Wait(Wait::Executions))) };
        // Only now: the same start again, after one that nobody noted, is the same execution.
        let running = self.stop_others(standing, Some(&execution), until).await?;
        let now = self.clock.now();
        let run = Run {
            holder: holder.clone(),
            tokens: start.tokens,
            execution: execution.clone(),
            commit: head.commit.clone(),
            since: now,
        };
        let mut executions: Vec<_> = running.into_iter().filter(|running| *running != execution).collect();
        executions.push(execution);
        let next = standing.next(Phase::Running(run), Some(now.saturating_add(TICK).unwrap_or(now)), (self.ids)());
        Ok(Ok(Preview { executions, ..next }))
    }

    /// A claim that can be deployed under.
    async fn claim(
        &self,
        standing: &Preview,
        stack: &StackName,
        holder: &Holder,
        until: Timestamp,
    ) -> Result<Result<FencingToken, Obstacle>, PortError> {
        let found = self.stacks.stack(stack, until).await?;
        if found.is_some_and(|facts| !is_usable(&facts)) {
            return self.clear(standing, stack, until).await.map(Err);
        }
        let claim = Claim {
            stack: stack.clone(),
            holder: holder.clone(),
            ttl: self.settings.ttl,
            source: standing.subject.source(),
            empty_buckets: true,
        };
        match self.stacks.claim(claim, until).await {
            Ok(token) => Ok(Ok(token)),
            Err(refusal) => obstacle(refusal, &standing.subject.source()).map(Err),
        }
    }

    /// What cannot be updated is to be deleted; a claim would keep it.
    async fn clear(&self, standing: &Preview, stack: &StackName, until: Timestamp) -> Result<Obstacle, PortError> {
        let lease = self.stacks.lease(stack, until).await?.filter(|lease| is_ours(lease, standing));
        self.give_back(lease.as_ref(), until).await?;
        Ok(Obstacle::Wait(match lease {
            Some(Lease { state: State::Quarantined { .. }, .. }) | None => Wait::Person {
                what: format!("stack {stack} can neither be updated nor is it ours to delete; see to it"),
            },
            Some(_) => Wait::Deletion,
        }))
    }

    /// Releases a lease that is held, whoever was the last to claim it for this preview.
    pub(super) async fn give_back(&self, lease: Option<&Lease>, until: Timestamp) -> Result<(), PortError> {
        let Some(lease) = lease.filter(|lease| matches!(lease.state, State::Held { .. })) else { return Ok(()) };
        let release = Release { stack: lease.stack.clone(), token: lease.token, quarantined: false };
        match self.stacks.release(release, until).await {
            Err(Refusal::Unavailable(error)) => Err(error),
            // Somebody else was faster; what stands then is looked at next.
            Ok(()) | Err(_) => Ok(()),
        }
    }

    async fn take_place(&self, standing: &Preview, head: &Head, until: Timestamp) -> Result<Option<Wait>, PortError> {
        let now = self.clock.now();
        let (subject, quota) = (&standing.subject, self.settings.quota);
        self.change_slots(until, |slots| slots.take(subject, &head.author, quota, now)).await
    }

    /// Decides anew by what stands whenever somebody else was faster.
    pub(super) async fn change_slots<T>(
        &self,
        until: Timestamp,
        change: impl Fn(&mut Slots) -> T,
    ) -> Result<T, PortError> {
        let mut seen = patiently(self.clock, until, Retry::Anything, async || self.store.slots().await).await?;
        loop {
            let mut next = seen.clone();
            let outcome = change(&mut next);
            if next == seen {
                return Ok(outcome);
            }
            next.nonce = Some(Nonce::from_random((self.ids)()));
            let write = async || self.store.replace_slots(&seen, &next).await;
            match patiently(self.clock, until, Retry::Anything, write).await? {
                Replaced::Conflict(standing) => {
                    let standing = standing.unwrap_or_default();
                    if standing.nonce == next.nonce {
                        return Ok(outcome);
                    }
                    seen = standing;
                }
                Replaced::Done => return Ok(outcome),
            }
            if self.clock.now() >= until {
                return Err(PortError::Unavailable {
                    operation: "change who has a preview".to_owned(),
                    detail: "others were faster again and again".to_owned(),
                });
            }
        }
    }
}

fn obstacle(refusal: Refusal, ours: &Source) -> Result<Obstacle, PortError> {
    match refusal {
        Refusal::Unavailable(error) => Err(error),
        // Granted before, and given back, run out or overtaken since (I8): a new claim takes it over.
        Refusal::Held { used_for: Some(source), .. } | Refusal::Dirty { used_for: Some(source), .. }
            if source == *ours =>
        {
            Ok(Obstacle::Ended)
        }
        Refusal::Deleting(_) => Ok(Obstacle::Wait(Wait::Deletion)),
        Refusal::Superseded(_) | Refusal::Expired { .. } | Refusal::StaleToken { .. } => Ok(Obstacle::Ended),
        Refusal::BadRequest(_)
        | Refusal::NoLease(_)
        | Refusal::Held { .. }
        | Refusal::Dirty { .. }
        | Refusal::Quarantined { .. }
        | Refusal::Busy { .. }
        | Refusal::WrongStack { .. } => Ok(Obstacle::Wait(Wait::Person { what: refusal.to_string() })),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_that_was_overtaken_by_one_for_the_same_needs_no_person() {
        let ours: Source = "pull request 42".parse().unwrap();
        let dirty = |source: &str| Refusal::Dirty {
            stack: "shop-pr-42".parse().unwrap(),
            used_for: Some(source.parse().unwrap()),
        };
        assert!(matches!(obstacle(dirty("pull request 42"), &ours), Ok(Obstacle::Ended)));
        assert!(matches!(obstacle(dirty("ada, by hand"), &ours), Ok(Obstacle::Wait(Wait::Person { .. }))));
    }
}
