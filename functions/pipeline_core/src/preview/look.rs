//! Looking at a preview: what is wanted, what stands, and the next step, until nothing is left to do for now.

use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    ids::ExecutionId,
    lease::{due::later, record::Entered},
    ports::{Clock, PortError, Retry, patiently},
    preview::{
        hint::Hint,
        ports::{Announce, FindPreviews, KeepSlots, ReadPreviews, Replaced, RunPreviews, UseStacks, WritePreviews},
        pull::ReadPulls,
        record::{Phase, Preview, Wanted, Why},
        settings::{LOOK, Settings},
        subject::Subject,
        turn::turned,
        wanted,
    },
    sweep::ports::WatchExecutions,
};

/// How many steps one look takes, at most: each follows from a write, ours or another's.
const STEPS: usize = 50;

/// The previews of a service, with the ports that they take.
#[derive(Debug)]
pub struct Previewing<'a, C, S, P, L, R, A, N> {
    /// Time.
    pub clock: &'a C,
    /// Their records, and who has a place.
    pub store: &'a S,
    /// Pull requests.
    pub pulls: &'a P,
    /// Stacks and their leases.
    pub stacks: &'a L,
    /// The pipeline.
    pub pipeline: &'a R,
    /// Who shows them to people.
    pub announce: &'a A,
    /// What they may do.
    pub settings: &'a Settings,
    /// Makes ids that nobody else makes.
    pub ids: N,
}

/// What a step came to.
#[expect(clippy::large_enum_variant, reason = "there is one at a time, and it is taken apart at once")]
pub(super) enum Step {
    /// Nothing is left to do for now.
    Rest,
    /// This is to stand in place of what was seen.
    Write(Preview),
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
    /// Looks at one preview, and does what can be done for it now; the record that stands then, if there is one.
    ///
    /// # Errors
    /// A service did not answer till the end. What was done stands, and the next look goes on from there.
    pub async fn look(&self, subject: &Subject, hint: &Hint, until: Timestamp) -> Result<Option<Preview>, PortError> {
        let until = until.min(later(self.clock.now(), LOOK));
        let standing = self.steps(subject, hint, until).await?;
        if let Some(preview) = &standing {
            patiently(self.clock, until, Retry::Anything, async || self.announce.changed(preview).await).await?;
        }
        Ok(standing)
    }

    async fn steps(&self, subject: &Subject, hint: &Hint, until: Timestamp) -> Result<Option<Preview>, PortError> {
        let mut seen = self.read(subject, until).await?;
        let Some(mut wanted) = self.wanted(subject, seen.as_ref(), hint, until).await? else { return Ok(seen) };
        let mut again = self.is_asked_again(seen.as_ref(), hint, until).await?;
        for _ in 0..STEPS {
            let turned = turned(seen.as_ref(), subject, &wanted, again, self.clock.now(), (self.ids)());
            let step = match (turned, &seen) {
                (Some(next), _) => Step::Write(next),
                (None, Some(standing)) => self.step(standing, hint, until).await?,
                (None, None) => Step::Rest,
            };
            let Step::Write(next) = step else { return Ok(seen) };
            match self.write(seen.as_ref(), &next, until).await? {
                Replaced::Done => {
                    again = false;
                    seen = Some(next);
                }
                Replaced::Conflict(other) => {
                    self.undo(&next, other.as_ref(), until).await?;
                    // Somebody else may know more than what we read before.
                    wanted = match self.wanted(subject, other.as_ref(), hint, until).await? {
                        Some(wanted) => wanted,
                        None => return Ok(other),
                    };
                    seen = other;
                }
            }
        }
        Err(PortError::Unavailable {
            operation: format!("settle preview {subject}"),
            detail: format!("it has changed {STEPS} times meanwhile"),
        })
    }

    async fn step(&self, standing: &Preview, hint: &Hint, until: Timestamp) -> Result<Step, PortError> {
        match (&standing.phase, &standing.wanted) {
            (Phase::Starting { holder, waits, since }, Wanted::Deployed(head)) => {
                self.start(standing, holder, waits.as_ref(), *since, head, until).await
            }
            (Phase::Running(run), _) => self.follow(standing, run, hint, until).await,
            (Phase::Removing { why, since }, _) => self.remove(standing, *why, *since, until).await,
            (Phase::Removed { why, at }, _) => self.stay_removed(standing, *why, *at, until).await,
            (Phase::Starting { .. }, Wanted::Removed { .. }) => {
                unreachable!("what is not wanted is never about to start: both are written together")
            }
        }
    }

    async fn wanted(
        &self,
        subject: &Subject,
        seen: Option<&Preview>,
        hint: &Hint,
        until: Timestamp,
    ) -> Result<Option<Wanted>, PortError> {
        let Subject::PullRequest(number) = subject else { return Ok(wanted::of_developer(hint, seen)) };
        let pull = patiently(self.clock, until, Retry::Anything, async || {
            let pull = self.pulls.pull(*number).await?;
            wanted::up_to_date(*number, pull.as_ref(), hint)?;
            Ok(pull)
        });
        // What its host does not have, though nobody spoke of it just now, is not to be had any more.
        let gone = seen.map(|_| Wanted::Removed { why: Why::Closed });
        Ok(pull.await?.map(|pull| wanted::of_pull(pull, self.settings.drafts)).or(gone))
    }

    /// A developer who asks for what stands already wants it made anew, unless that is under way.
    async fn is_asked_again(&self, seen: Option<&Preview>, hint: &Hint, until: Timestamp) -> Result<bool, PortError> {
        let (Hint::Up(_), Some(preview)) = (hint, seen) else { return Ok(false) };
        match &preview.phase {
            Phase::Starting { .. } => Ok(false),
            Phase::Running(run) => Ok(!self.is_running(&run.execution, until).await?),
            Phase::Removing { .. } | Phase::Removed { .. } => Ok(true),
        }
    }

    /// An execution that was started, and is not in the record that stands, is nobody's. Its claims were overtaken, or are
    /// released by whoever looks next; so this saves time and money, and safety does not rest on it.
    async fn undo(&self, ours: &Preview, standing: Option<&Preview>, until: Timestamp) -> Result<(), PortError> {
        let Phase::Running(run) = &ours.phase else { return Ok(()) };
        if standing.is_some_and(|standing| standing.deploys(&run.execution)) {
            return Ok(());
        }
        self.stop(&run.execution, "a newer state of its preview came first", until).await
    }

    pub(super) async fn is_running(&self, execution: &ExecutionId, until: Timestamp) -> Result<bool, PortError> {
        let entered = Entered { pipeline: self.settings.pipeline.clone(), execution: execution.clone() };
        patiently(self.clock, until, Retry::Anything, async || self.pipeline.is_running(&entered).await).await
    }

    pub(super) async fn stop(&self, execution: &ExecutionId, why: &str, until: Timestamp) -> Result<(), PortError> {
        patiently(self.clock, until, Retry::Anything, async || self.pipeline.stop(execution, why).await).await
    }

    pub(super) async fn read(&self, subject: &Subject, until: Timestamp) -> Result<Option<Preview>, PortError> {
        patiently(self.clock, until, Retry::Anything, async || self.store.preview(subject).await).await
    }

    /// I8: an answer that got lost was ours if our own write stands.
    async fn write(
        &self,
        seen: Option<&Preview>,
        next: &Preview,
        until: Timestamp,
    ) -> Result<Replaced<Preview>, PortError> {
        let answer =
            patiently(self.clock, until, Retry::Anything, async || self.store.replace(seen, next).await).await?;
        Ok(match answer {
            Replaced::Conflict(Some(standing)) if standing.nonce == next.nonce => Replaced::Done,
            answer => answer,
        })
    }
}
