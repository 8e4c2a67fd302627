//! Looking at several previews: at those that are due, and at those of a branch.

use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    lease::due::later,
    ports::{Clock, PortError, Retry, patiently},
    preview::{
        hint::Hint,
        look::Previewing,
        ports::{Announce, FindPreviews, KeepSlots, ReadPreviews, RunPreviews, UseStacks, WritePreviews},
        pull::ReadPulls,
        record::Preview,
        settings::ROUND,
        subject::Subject,
    },
    sweep::ports::WatchExecutions,
};

/// How many previews a tick looks at; the next one goes on.
const BATCH: usize = 50;

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
    /// Looks at those that are due. What cannot be looked at does not keep the others: it is looked at again by the next
    /// tick, and each begins with another one. The answer is how many were.
    ///
    /// # Errors
    /// What is due could not be found.
    pub async fn tick(&self, until: Timestamp) -> Result<usize, PortError> {
        let until = until.min(later(self.clock.now(), ROUND));
        let due = async || self.store.due(self.clock.now(), BATCH).await;
        let mut due = patiently(self.clock, until, Retry::Anything, due).await?;
        let first = (self.ids)().as_u128() % u128::try_from(due.len().max(1)).unwrap_or(1);
        due.rotate_left(usize::try_from(first).unwrap_or_default());
        Ok(self.look_at(&due, until).await.0)
    }

    /// Looks at the pull requests whose branch was deleted. A developer's stack stays: only they give it back.
    ///
    /// # Errors
    /// Those could not be found, or one not be looked at.
    pub async fn branch_deleted(&self, branch: &str, until: Timestamp) -> Result<usize, PortError> {
        let active = patiently(self.clock, until, Retry::Anything, async || self.store.active().await).await?;
        let mut meant = vec![];
        for subject in active.into_iter().filter(|subject| matches!(subject, Subject::PullRequest(_))) {
            match self.read(&subject, until).await {
                Ok(preview) if preview.as_ref().and_then(Preview::branch) != Some(branch) => {}
                // What cannot be read is looked at too, and says why not.
                Ok(_) | Err(_) => meant.push(subject),
            }
        }
        let (looked, failure) = self.look_at(&meant, until).await;
        failure.map_or(Ok(looked), Err)
    }

    /// How many were looked at, and the first failure.
    async fn look_at(&self, subjects: &[Subject], until: Timestamp) -> (usize, Option<PortError>) {
        let (mut looked, mut failure) = (0, None);
        for subject in subjects {
            if self.clock.now() >= until {
                break;
            }
            match self.look(subject, &Hint::Nothing, until).await {
                Ok(_) => looked += 1,
                Err(error) => {
                    tracing::error!(%subject, %error, "could not see to a preview");
                    failure.get_or_insert(error);
                }
            }
        }
        (looked, failure)
    }
}

impl Preview {
    /// The branch that it is made of.
    pub fn branch(&self) -> Option<&str> {
        self.wanted.head().map(|head| head.branch.as_str())
    }
}
