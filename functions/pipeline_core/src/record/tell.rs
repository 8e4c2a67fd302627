//! Has stand on a pull request what is so of its preview: one comment, and the status of its commit.
//!
//! An event only wakes us; what is told is read anew, under the pen (see [`pen`](super::pen)), so that what is told later
//! was read later. `Ok` says that what the event told of, or something newer, stands there; else it is delivered again.

use jiff::Timestamp;

use crate::{
    ids::{CommitId, ExecutionId, Nonce},
    ports::{Clock, PortError, Retry, patiently, within},
    preview::{
        ports::ReadPreviews,
        record::{Phase, Preview},
        subject::Subject,
    },
    record::{
        pen::{Desk, KeepSlips, Slip},
        say::{Place, Said, mark, say},
        sign::{Sign, behind, read_anew},
        speak::{CommentId, Speak, Status},
        told::{Comment, Seen, Told},
        watch::{Progress, ReadProgress},
    },
};

/// Tells pull requests, with the ports that takes.
#[derive(Debug)]
pub struct Tell<'a, C, P, W, K, S, N> {
    /// Time.
    pub clock: &'a C,
    /// The records of previews.
    pub previews: &'a P,
    /// Executions.
    pub executions: &'a W,
    /// What was told.
    pub slips: &'a K,
    /// The pull requests' host.
    pub host: &'a S,
    /// What is spoken of.
    pub place: Place,
    /// Makes a number that is used once.
    pub nonce: N,
}

/// What became of a sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// It was told.
    Told,
    /// It stood there already.
    Stands,
    /// It is nothing to tell, and why.
    Nothing(&'static str),
}

/// A preview and its latest execution, read one after the other.
struct View {
    preview: Preview,
    progress: Option<(ExecutionId, Progress)>,
}

impl<C, P, W, K, S, N> Tell<'_, C, P, W, K, S, N>
where
    C: Clock,
    P: ReadPreviews,
    W: ReadProgress,
    K: KeepSlips<Subject, Told>,
    S: Speak,
    N: Fn() -> Nonce,
{
    /// Tells what `sign` is about, before `until`.
    pub async fn tell(&self, sign: &Sign, until: Timestamp) -> Result<Heard, PortError> {
        let Some(subject) = self.subject(sign, until).await? else {
            return Ok(Heard::Nothing("it is of no preview"));
        };
        let Subject::PullRequest(number) = subject else {
            return Ok(Heard::Nothing("a developer's preview has no pull request"));
        };
        let desk = Desk { clock: self.clock, slips: self.slips, key: &subject, nonce: &self.nonce, until };
        // What we were at when somebody took our pen: it may be ours that stands there now.
        let mut overtaken: Option<Told> = None;
        loop {
            let slip: Option<Slip<Told>> = desk.free().await?;
            let sign = overtaken.is_none().then_some(sign);
            let Some(view) = self.view(&subject, sign, slip.as_ref(), until).await? else {
                return Ok(Heard::Nothing("it is not of the preview's latest execution"));
            };
            let said = say(&view.preview, view.progress.as_ref().map(|(_, progress)| progress), &self.place);
            let before = before(slip.as_ref(), overtaken.as_ref());
            if slip.as_ref().map_or(!said.begins && said.status.is_none(), |_| before.shown.as_ref() == Some(&said)) {
                // Who has read something older, and has yet to take the pen, does not get it any more.
                let standing = Told { shown: Some(said), ..before };
                if desk.confirm(slip.as_ref(), standing).await? {
                    return Ok(Heard::Stands);
                }
                continue;
            }
            let Some(held) = desk.take(slip.as_ref(), before.changing(&said, view.seen())).await? else { continue };
            let (told, done) = self.write(number, &held, before.shown.as_ref(), &said).await;
            let was_ours = desk.lay_down(&held, told, &done).await;
            done?;
            if was_ours? {
                return Ok(Heard::Told);
            }
            overtaken = Some(held.told);
        }
    }

    /// What the sign is about.
    async fn subject(&self, sign: &Sign, until: Timestamp) -> Result<Option<Subject>, PortError> {
        let execution = match sign {
            Sign::Version { subject, .. } => return Ok(Some(subject.clone())),
            Sign::Moved { execution, .. } => execution,
        };
        let read = async || {
            let progress = self.executions.progress(&self.place.pipeline, execution).await?;
            progress.ok_or_else(|| behind(&format!("execution {execution}")))
        };
        let progress = read_anew(self.clock, until, read).await?;
        Ok(progress.variables.get(PREVIEW).and_then(|name| name.parse().ok()))
    }

    /// What is so now, and no older than what the sign says or than what was told; `None` when the sign is of an execution
    /// that is not the preview's latest.
    async fn view(
        &self,
        subject: &Subject,
        sign: Option<&Sign>,
        slip: Option<&Slip<Told>>,
        until: Timestamp,
    ) -> Result<Option<View>, PortError> {
        let read = async || {
            let preview = self.previews.preview(subject).await?;
            if is_older(preview.as_ref(), sign) {
                return Err(behind(&format!("preview {subject}")));
            }
            let Some(preview) = preview else { return Ok(None) };
            let Phase::Running(run) = &preview.phase else { return Ok(Some(View { preview, progress: None })) };
            let execution = run.execution.clone();
            let progress = self.executions.progress(&self.place.pipeline, &execution).await?;
            let view = View { preview, progress: progress.map(|progress| (execution, progress)) };
            if view.is_behind(sign) || view.is_behind_what_was_told(slip) {
                return Err(behind("the preview's execution"));
            }
            Ok(Some(view))
        };
        let view = read_anew(self.clock, until, read).await?;
        let is_about = |view: &View| sign.is_none_or(|sign| matches!(sign, Sign::Version { .. }) || view.is_of(sign));
        Ok(view.filter(is_about))
    }

    /// Brings about what is to stand there, and what of it is known to. `shown` stood there before.
    async fn write(
        &self,
        number: u64,
        held: &Slip<Told>,
        shown: Option<&Said>,
        said: &Said,
    ) -> (Told, Result<(), PortError>) {
        let mut told = held.told.clone();
        let pen = held.pen.unwrap_or(Timestamp::MAX);
        let work = async {
            let comment = if shown.is_some_and(|shown| shown.text == said.text) {
                Ok(())
            } else {
                self.comment(number, &mut told.comment, said, held.nonce, pen).await
            };
            let status = self.status(number, &told, shown, said, pen).await;
            unless_refused(number, comment).and(status)
        };
        let done = within(self.clock, pen, work).await.unwrap_or_else(|| Err(slow()));
        if done.is_ok() {
            told.shown = Some(said.clone());
            told.pending = said.still_pending();
        }
        (told, done)
    }

    /// One comment, which is made when there is none: whoever made one may not have come to say so.
    async fn comment(
        &self,
        number: u64,
        comment: &mut Comment,
        said: &Said,
        nonce: Nonce,
        pen: Timestamp,
    ) -> Result<(), PortError> {
        let lost = match &*comment {
            Comment::Unwanted => return Ok(()),
            Comment::None => None,
            Comment::Made { id, again } => match self.edit(number, id, said, pen).await {
                Err(PortError::NotFound { .. }) => Some((id.clone(), *again)),
                done => return done,
            },
        };
        let mark = mark(&self.place.service, &Subject::PullRequest(number));
        if let Some(id) = self.calmly(pen, async || self.host.find(number, &mark).await).await? {
            self.edit(number, &id, said, pen).await?;
            // One that is still there was not deleted, whatever its host said before.
            let again = lost.is_some_and(|(lost, again)| again || lost != id);
            *comment = Comment::Made { id, again };
        } else if lost.as_ref().is_some_and(|(_, again)| *again) {
            *comment = Comment::Unwanted;
        } else if said.begins {
            let id = self.calmly(pen, async || self.host.comment(number, &said.text, nonce).await).await?;
            *comment = Comment::Made { id, again: lost.is_some() };
        }
        Ok(())
    }

    async fn edit(&self, number: u64, id: &CommentId, said: &Said, pen: Timestamp) -> Result<(), PortError> {
        self.calmly(pen, async || self.host.edit(number, id, &said.text).await).await
    }

    /// The status of the commit, and of those before that nobody is at any more.
    async fn status(
        &self,
        number: u64,
        told: &Told,
        shown: Option<&Said>,
        said: &Said,
        pen: Timestamp,
    ) -> Result<(), PortError> {
        let set = async |commit: &CommitId, status: &Status| {
            self.calmly(pen, async || self.host.status(number, commit, status).await).await
        };
        for (commit, status) in told.closing(said) {
            match set(&commit, &status).await {
                // A commit that nobody can see any more, after a force-push.
                Err(error @ (PortError::NotFound { .. } | PortError::Unusable { .. })) => {
                    tracing::warn!(%commit, %error, "its status stays as it is");
                }
                done => done?,
            }
        }
        match &said.status {
            Some((commit, status)) if shown.and_then(|shown| shown.status.as_ref()) != said.status.as_ref() => {
                set(commit, status).await
            }
            _ => Ok(()),
        }
    }

    /// What the host did nothing of for now is asked for again while the pen is held. What it may have begun is not: an
    /// edit that arrives late would stand over what is told next.
    async fn calmly<T>(&self, pen: Timestamp, ask: impl AsyncFn() -> Result<T, PortError>) -> Result<T, PortError> {
        patiently(self.clock, pen, Retry::Throttled, ask).await
    }
}

/// A comment that is refused, as where a conversation is locked, is refused the next time as well: until there is something
/// else to tell it counts as told, and the status says it alone.
fn unless_refused(number: u64, comment: Result<(), PortError>) -> Result<(), PortError> {
    match comment {
        Err(error @ (PortError::Denied { .. } | PortError::Unusable { .. })) => {
            tracing::error!(number, %error, "the pull request cannot be commented on");
            Ok(())
        }
        done => done,
    }
}

/// The pipeline variable that names the preview.
const PREVIEW: &str = "Preview";

/// What stood there before, as far as that is known.
fn before(slip: Option<&Slip<Told>>, overtaken: Option<&Told>) -> Told {
    let mut before = slip.map(|slip| slip.told.clone()).unwrap_or_default();
    if let Some(ours) = overtaken {
        before.shown = None;
        before.pending.extend(ours.pending.iter().cloned());
    }
    before
}

fn slow() -> PortError {
    let (operation, detail) = ("tell the pull request".to_owned(), "it took too long".to_owned());
    PortError::Unavailable { operation, detail }
}

/// Whether this was read before the version came about that the sign tells of.
fn is_older(preview: Option<&Preview>, sign: Option<&Sign>) -> bool {
    let read = preview.map(|preview| preview.version);
    matches!(sign, Some(Sign::Version { version, .. }) if read < Some(*version))
}

impl View {
    /// Whether the sign is of the latest execution.
    fn is_of(&self, sign: &Sign) -> bool {
        let Sign::Moved { execution, .. } = sign else { return false };
        matches!(&self.preview.phase, Phase::Running(run) if run.execution == *execution)
    }

    /// Whether the execution was read before it came to what the sign says.
    fn is_behind(&self, sign: Option<&Sign>) -> bool {
        let Some(sign @ Sign::Moved { what, at, .. }) = sign else { return false };
        self.is_of(sign) && self.progress.as_ref().is_none_or(|(_, progress)| progress.is_behind(what, *at))
    }

    /// What CodePipeline answers may be older than what it answered before.
    fn is_behind_what_was_told(&self, slip: Option<&Slip<Told>>) -> bool {
        let told = slip.and_then(|slip| slip.told.seen.as_ref());
        self.seen().zip(told).is_some_and(|(seen, told)| seen.is_behind(told))
    }

    fn seen(&self) -> Option<Seen> {
        let (execution, progress) = self.progress.as_ref()?;
        let (begun, ended) = progress.extent();
        Some(Seen { execution: execution.clone(), begun, ended })
    }
}
