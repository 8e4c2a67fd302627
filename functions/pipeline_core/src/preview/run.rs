//! Following what was deployed: whether it is still what is to be, and until when.

use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    ids::{ExecutionId, StackName},
    lease::{
        due::later,
        record::{Lease, State},
    },
    ports::{Clock, PortError},
    preview::{
        hint::Hint,
        look::{Previewing, Step},
        ports::{Announce, FindPreviews, KeepSlots, ReadPreviews, RunPreviews, UseStacks, WritePreviews},
        pull::ReadPulls,
        record::{Phase, Preview, Run, Why},
        settings::{CALM, SETTLE, TICK},
        turn::starting,
    },
    sweep::{policy, ports::WatchExecutions, stack::StackFacts},
};

/// What became of the claims of a run.
enum Claims {
    /// Both are held under its tokens, until then.
    Stand { expires_at: Timestamp },
    /// A slower claim for the same preview came after them.
    Overtaken,
    /// One was given back, has run out and is being cleaned, or is gone.
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
    pub(super) async fn follow(
        &self,
        standing: &Preview,
        run: &Run,
        hint: &Hint,
        until: Timestamp,
    ) -> Result<Step, PortError> {
        let now = self.clock.now();
        let expires_at = match self.claims(standing, run, until).await? {
            Claims::Stand { expires_at } => expires_at,
            Claims::Overtaken => return Ok(self.anew(standing, now)),
            Claims::Ended => {
                let phase = Phase::Removing { why: Why::RanOut, since: now };
                return Ok(Step::Write(standing.next(phase, Some(now), (self.ids)())));
            }
        };
        self.keep_place(standing, until).await?;
        let mut executions = self.stop_others(standing, Some(&run.execution), until).await?;
        let mut runs = executions.contains(&run.execution);
        if !runs && now < later(run.since, TICK) {
            // CodePipeline may not show yet what it has just started.
            executions.push(run.execution.clone());
            runs = true;
        }
        if !runs && self.is_spoilt(standing, run, until).await? {
            return Ok(self.anew(standing, now));
        }
        let due = match hint {
            // The host may have shown what was so before what it told of.
            Hint::Changed { head, .. } if head.as_ref() != Some(&run.commit) => later(now, TICK),
            _ => due(run, !runs && executions.is_empty(), expires_at, now),
        };
        Ok(rest_or_write(standing, executions, due, now, (self.ids)()))
    }

    /// Whoever was about to give back an earlier one's may have come in between.
    async fn keep_place(&self, standing: &Preview, until: Timestamp) -> Result<(), PortError> {
        let (Some(head), now) = (standing.wanted.head(), self.clock.now()) else { return Ok(()) };
        self.change_slots(until, |slots| slots.keep(&standing.subject, &head.author, now)).await
    }

    fn anew(&self, standing: &Preview, now: Timestamp) -> Step {
        Step::Write(standing.next(starting(now, (self.ids)()), Some(now), (self.ids)()))
    }

    async fn claims(&self, standing: &Preview, run: &Run, until: Timestamp) -> Result<Claims, PortError> {
        let source = standing.subject.source();
        let mut expiry: Option<Timestamp> = None;
        for (stack, token) in self.stacks_of(standing).iter().zip([run.tokens.app, run.tokens.tests]) {
            let Some(lease) = self.stacks.lease(stack, until).await? else { return Ok(Claims::Ended) };
            match lease.state {
                State::Held { .. } if lease.token != token && lease.source.as_ref() == Some(&source) => {
                    return Ok(Claims::Overtaken);
                }
                State::Held { expires_at } if lease.token == token => {
                    let kept = lease.hold_until.map_or(expires_at, |until| until.max(expires_at));
                    expiry = Some(expiry.map_or(kept, |expiry| expiry.min(kept)));
                }
                _ => return Ok(Claims::Ended),
            }
        }
        Ok(expiry.map_or(Claims::Ended, |expires_at| Claims::Stand { expires_at }))
    }

    /// Whether an earlier deployment left a stack that this one could not update: that is no fault of this commit.
    async fn is_spoilt(&self, standing: &Preview, run: &Run, until: Timestamp) -> Result<bool, PortError> {
        for (stack, token) in self.stacks_of(standing).iter().zip([run.tokens.app, run.tokens.tests]) {
            let of_earlier = |facts: &StackFacts| facts.tags.get(policy::TOKEN) != Some(&token.to_string());
            let found = self.stacks.stack(stack, until).await?;
            if found.is_some_and(|facts| !is_usable(&facts) && of_earlier(&facts)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Stops whatever else deploys this preview, and says which of its executions still run.
    pub(super) async fn stop_others(
        &self,
        standing: &Preview,
        spared: Option<&ExecutionId>,
        until: Timestamp,
    ) -> Result<Vec<ExecutionId>, PortError> {
        let mut running = vec![];
        for execution in self.executions(standing, until).await? {
            if !self.is_running(&execution, until).await? {
                continue;
            }
            if Some(&execution) != spared {
                self.stop(&execution, &format!("preview {} does not need it any more", standing.subject), until)
                    .await?;
            }
            running.push(execution);
        }
        Ok(running)
    }

    /// Those that were started for it, and those that entered under its leases, whoever started them.
    async fn executions(&self, standing: &Preview, until: Timestamp) -> Result<Vec<ExecutionId>, PortError> {
        let mut executions = standing.executions.clone();
        for stack in self.stacks_of(standing) {
            let lease = self.stacks.lease(&stack, until).await?.filter(|lease| is_ours(lease, standing));
            let entered = lease.into_iter().flat_map(|lease| lease.executions);
            for entered in entered.filter(|entered| entered.pipeline == self.settings.pipeline) {
                if !executions.contains(&entered.execution) {
                    executions.push(entered.execution);
                }
            }
        }
        Ok(executions)
    }

    pub(super) fn stacks_of(&self, standing: &Preview) -> [StackName; 2] {
        let Preview { subject, .. } = standing;
        [subject.stack(&self.settings.service), subject.tests_stack(&self.settings.service)]
    }
}

/// Whether a lease was claimed for this preview.
pub(super) fn is_ours(lease: &Lease, standing: &Preview) -> bool {
    lease.source.as_ref() == Some(&standing.subject.source())
}

/// Whether a stack can be updated, now or when what goes on has ended; all others must be deleted first.
pub(super) fn is_usable(facts: &StackFacts) -> bool {
    !matches!(
        facts.status.0.as_str(),
        "CREATE_FAILED"
            | "ROLLBACK_COMPLETE"
            | "ROLLBACK_FAILED"
            | "UPDATE_ROLLBACK_FAILED"
            | "DELETE_FAILED"
            | "REVIEW_IN_PROGRESS"
    )
}

/// When to look next: soon while anything runs, or while whoever began before us may still be at it; else when it runs out,
/// or an event may have been lost.
fn due(run: &Run, is_done: bool, expires_at: Timestamp, now: Timestamp) -> Timestamp {
    let (soon, settled) = (later(now, TICK), later(run.since, SETTLE));
    match is_done && now >= settled {
        // After it has run out sweep takes its time: people are told first.
        true => expires_at.max(later(now, SETTLE)).min(later(now, CALM)),
        false if is_done => settled.max(soon),
        false => soon,
    }
}

/// A write only if something has changed, or what is written tells when to look next.
pub(super) fn rest_or_write(
    standing: &Preview,
    executions: Vec<ExecutionId>,
    due: Timestamp,
    now: Timestamp,
    id: Uuid,
) -> Step {
    if standing.executions == executions && standing.due.is_some_and(|standing| now < standing && standing <= due) {
        return Step::Rest;
    }
    let next = standing.next(standing.phase.clone(), Some(due), id);
    Step::Write(Preview { executions, ..next })
}
