//! Giving a preview back: the leases first, so that nothing begins any more, then the executions. Sweep deletes the stacks.

use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    lease::record::{Lease, State},
    ports::{Clock, PortError},
    preview::{
        look::{Previewing, Step},
        ports::{Announce, FindPreviews, KeepSlots, ReadPreviews, RunPreviews, UseStacks, WritePreviews},
        pull::ReadPulls,
        record::{Phase, Preview, Why},
        run::{is_ours, rest_or_write},
        settings::{SETTLE, SLOWEST, TICK},
    },
    sweep::ports::WatchExecutions,
};

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
    pub(super) async fn remove(
        &self,
        standing: &Preview,
        why: Why,
        since: Timestamp,
        until: Timestamp,
    ) -> Result<Step, PortError> {
        let mut is_gone = true;
        for lease in self.leases_of(standing, until).await? {
            self.give_back(Some(&lease), until).await?;
            is_gone &= matches!(lease.state, State::Gone { .. });
        }
        let executions = self.stop_others(standing, None, until).await?;
        let now = self.clock.now();
        if !is_gone || !executions.is_empty() {
            return Ok(rest_or_write(standing, executions, later(since, now), now, (self.ids)()));
        }
        self.change_slots(until, |slots| slots.leave(&standing.subject)).await?;
        let due = now.saturating_add(SETTLE).unwrap_or(now);
        let next = standing.next(Phase::Removed { why, at: now }, Some(due), (self.ids)());
        Ok(Step::Write(Preview { executions, ..next }))
    }

    /// One last look, when whoever was at it meanwhile has ended: a claim that was made too late is given back too, and so is
    /// a place.
    pub(super) async fn stay_removed(
        &self,
        standing: &Preview,
        why: Why,
        at: Timestamp,
        until: Timestamp,
    ) -> Result<Step, PortError> {
        let leases = self.leases_of(standing, until).await?;
        let now = self.clock.now();
        if leases.iter().any(|lease| !matches!(lease.state, State::Gone { .. })) {
            let next = standing.next(Phase::Removing { why, since: at }, Some(now), (self.ids)());
            return Ok(Step::Write(next));
        }
        self.change_slots(until, |slots| slots.leave(&standing.subject)).await?;
        match standing.due {
            Some(due) if due <= now => Ok(Step::Write(standing.next(standing.phase.clone(), None, (self.ids)()))),
            _ => Ok(Step::Rest),
        }
    }

    async fn leases_of(&self, standing: &Preview, until: Timestamp) -> Result<Vec<Lease>, PortError> {
        let mut leases = vec![];
        for stack in self.stacks_of(standing) {
            leases.extend(self.stacks.lease(&stack, until).await?.filter(|lease| is_ours(lease, standing)));
        }
        Ok(leases)
    }
}

/// Sooner while it is fresh: a sweep that only plans deletes nothing for a long time.
fn later(since: Timestamp, now: Timestamp) -> Timestamp {
    let pause = (now.duration_since(since) / 4).clamp(TICK, SLOWEST);
    now.saturating_add(pause).unwrap_or(now)
}
