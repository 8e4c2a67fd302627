//! Looking at several previews: at those that are due, and at those of a branch.

use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    ports::{Clock, PortError, Retry, patiently},
    preview::{
        hint::Hint,
        look::Previewing,
        ports::{Announce, FindPreviews, KeepSlots, ReadPreviews, RunPreviews, UseStacks, WritePreviews},
        pull::ReadPulls,
        record::Preview,
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
    /// Looks at those that are due, the oldest first. What cannot be looked at does not keep the others; the first such
    /// failure is the tick's.
    ///
    /// # Errors
    /// What is due could not be found, or not be looked at.
    pub async fn tick(&self, until: Timestamp) -> Result<usize, PortError> {
        let due = async || self.store.due(self.clock.now(), BATCH).await;
        let due = patiently(self.clock, until, Retry::Anything, due).await?;
        self.look_at(due.iter().map(|subject| (subject, Hint::Nothing)), until).await
    }

    /// Looks at those whose branch was deleted. What a developer's stack was made of is gone, and so is that; a pull request
    /// says itself what becomes of it.
    ///
    /// # Errors
    /// As of [`Self::tick`].
    pub async fn branch_deleted(&self, branch: &str, until: Timestamp) -> Result<usize, PortError> {
        let active = patiently(self.clock, until, Retry::Anything, async || self.store.active().await).await?;
        let mut meant = vec![];
        for subject in &active {
            let preview = self.read(subject, until).await?;
            if preview.as_ref().and_then(Preview::branch) == Some(branch) {
                meant.push((subject, hint(subject)));
            }
        }
        self.look_at(meant.into_iter(), until).await
    }

    async fn look_at<'s>(
        &self,
        subjects: impl Iterator<Item = (&'s Subject, Hint)>,
        until: Timestamp,
    ) -> Result<usize, PortError> {
        let (mut looked, mut failure) = (0, None);
        for (subject, hint) in subjects.take_while(|_| self.clock.now() < until) {
            match self.look(subject, &hint, until).await {
                Ok(_) => looked += 1,
                Err(error) => {
                    tracing::error!(%subject, %error, "could not see to a preview");
                    failure.get_or_insert(error);
                }
            }
        }
        failure.map_or(Ok(looked), Err)
    }
}

fn hint(subject: &Subject) -> Hint {
    match subject {
        Subject::PullRequest(_) => Hint::Nothing,
        Subject::Developer(_) => Hint::Down,
    }
}

impl Preview {
    /// The branch that it is made of.
    pub fn branch(&self) -> Option<&str> {
        self.wanted.head().map(|head| head.branch.as_str())
    }
}
