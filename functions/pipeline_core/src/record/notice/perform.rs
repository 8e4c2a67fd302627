//! Tells people of a turn, once.
//!
//! Who tells holds the pen of what was told of that execution. Whoever dies with it in hand may have told: it is told
//! again by the next delivery, rather than never.

use jiff::Timestamp;

use crate::{
    ids::{ExecutionId, Nonce},
    ports::{Clock, PortError, Retry, patiently, within},
    record::{
        notice::{News, Noticed, Turn, What, words},
        pen::{Desk, KeepSlips, Slip},
        say::Place,
        sign::{Move, behind, read_anew},
        tell::Heard,
        watch::{ExecutionState, Progress, ReadProgress, Step, StepState},
    },
    sweep::ports::Tell,
};

/// Tells people of releases, with the ports that takes.
#[derive(Debug)]
pub struct Notify<'a, C, W, K, T, N> {
    /// Time.
    pub clock: &'a C,
    /// Executions.
    pub executions: &'a W,
    /// What was told.
    pub slips: &'a K,
    /// People.
    pub people: &'a T,
    /// The pipeline that releases.
    pub place: Place,
    /// Makes a number that is used once.
    pub nonce: N,
}

impl<C, W, K, T, N> Notify<'_, C, W, K, T, N>
where
    C: Clock,
    W: ReadProgress,
    K: KeepSlips<ExecutionId, Noticed>,
    T: Tell,
    N: Fn() -> Nonce,
{
    /// Tells of `turn` before `until`.
    pub async fn tell(&self, turn: &Turn, until: Timestamp) -> Result<Heard, PortError> {
        let desk = Desk { clock: self.clock, slips: self.slips, key: &turn.execution, nonce: &self.nonce, until };
        loop {
            let slip: Option<Slip<Noticed>> = desk.free().await?;
            let noticed = slip.as_ref().map(|slip| slip.told.clone()).unwrap_or_default();
            if !noticed.is_news(&turn.news) {
                return Ok(Heard::Stands);
            }
            let progress = self.progress(turn, until).await?;
            if is_answered(turn, &progress) {
                return Ok(Heard::Nothing("what waited was answered"));
            }
            let Some(held) = desk.take(slip.as_ref(), noticed.clone()).await? else { continue };
            let told = self.publish(turn, &progress, &held).await;
            let after = if told.is_ok() { noticed.with(&turn.news) } else { noticed };
            let laid_down = desk.lay_down(&held, after, &Ok(())).await;
            told?;
            // People know: another delivery would tell them twice.
            let _ = laid_down.inspect_err(|error| tracing::warn!(%error, "told, and could not record that"));
            return Ok(Heard::Told);
        }
    }

    async fn progress(&self, turn: &Turn, until: Timestamp) -> Result<Progress, PortError> {
        let read = async || {
            let progress = self.executions.progress(&self.place.pipeline, &turn.execution).await?;
            let is_new = |progress: &Progress| !progress.is_behind(&turn.came_about(), turn.at);
            progress.filter(is_new).ok_or_else(|| behind(&format!("execution {}", turn.execution)))
        };
        read_anew(self.clock, until, read).await
    }

    async fn publish(&self, turn: &Turn, progress: &Progress, held: &Slip<Noticed>) -> Result<(), PortError> {
        let message = words::message(&turn.news, progress, &turn.execution, &self.place);
        let pen = held.pen.unwrap_or(Timestamp::MAX);
        // What may have been published is not published again as long as somebody can still say so.
        let tell = async || self.people.tell(&message.subject, &message.text).await;
        let told = within(self.clock, pen, patiently(self.clock, pen, Retry::Throttled, tell)).await;
        told.unwrap_or_else(|| {
            let (operation, detail) = ("tell people".to_owned(), "it took too long".to_owned());
            Err(PortError::Unavailable { operation, detail })
        })
    }
}

impl Turn {
    /// What must be seen of the execution, if it is not older than this.
    fn came_about(&self) -> Move {
        match (&self.news.what, &self.run) {
            (What::Waits { .. }, Some(run)) => Move::Step { run: run.clone(), state: StepState::Running },
            (What::Started | What::Waits { .. }, _) => Move::Execution(ExecutionState::Running),
            (What::Stopped, _) => Move::Execution(ExecutionState::Stopped),
            (What::Failed, _) => Move::Execution(ExecutionState::Failed),
            (What::Succeeded, _) => Move::Execution(ExecutionState::Succeeded),
        }
    }
}

/// Whether it says that somebody is waited for who is not.
fn is_answered(Turn { news: News { what, .. }, run, .. }: &Turn, progress: &Progress) -> bool {
    let is_run = |step: &&Step| Some(&step.id) == run.as_ref();
    let run = progress.steps.iter().find(is_run);
    matches!(what, What::Waits { .. }) && run.is_some_and(|step| step.state != StepState::Running)
}
