//! The main loop of `preview`: what happened to pull requests and branches, the clock, and what people ask for.
//!
//! | event | answer |
//! |---|---|
//! | a request to the function's URL: GitHub's webhook | a status, as soon as the function has told itself |
//! | CodeCommit's, by `EventBridge`; what the function tells itself; a tick | none: an error has Lambda deliver it again |
//! | `up`, `down`, `show`, `list`, by direct invoke | the preview, or why not |

mod asked;
mod change;
mod codecommit;
mod event;
mod itself;
mod refusal;
mod settings;
mod view;

pub use asked::Asked;
pub use change::Change;
pub use codecommit::Home;
pub use itself::Itself;
use jiff::{SignedDuration, Timestamp};
use lambda_runtime::{LambdaEvent, service_fn};
use pipeline_core::{
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
pub use refusal::Refusal;
use serde_json::value::{RawValue, to_raw_value};
pub use settings::Settings;
use uuid::Uuid;
pub use view::{Shown, View};

use crate::{
    previewing::event::Event,
    runtime::{Error, before},
    webhook::{Answer, Deliveries, PassOn, ReadSecret, Request, Webhook},
};

/// What `preview` does with the events it is invoked with.
#[derive(Debug)]
pub struct Previewer<'a, C, S, P, L, R, A, N, K, D, W> {
    /// Brings about what is wanted.
    pub previewing: Previewing<'a, C, S, P, L, R, A, N>,
    /// Takes what GitHub tells.
    pub webhook: Webhook<'a, C, K, D, W>,
    /// Where CodeCommit's events come from.
    pub home: Home,
}

/// How long somebody waits for an answer.
const PATIENCE: SignedDuration = SignedDuration::from_secs(30);

/// Kept free at the end of an invocation for its answer.
const RESERVE: SignedDuration = SignedDuration::from_secs(2);

impl<C, S, P, L, R, A, N, K, D, W> Previewer<'_, C, S, P, L, R, A, N, K, D, W>
where
    C: Clock,
    S: ReadPreviews + FindPreviews + WritePreviews + KeepSlots,
    P: ReadPulls,
    L: UseStacks,
    R: RunPreviews + WatchExecutions,
    A: Announce,
    N: Fn() -> Uuid,
    K: ReadSecret,
    D: Deliveries,
    W: PassOn,
{
    /// Serves until the environment is shut down.
    pub async fn serve(&self) -> Result<(), Error> {
        lambda_runtime::run(service_fn(|event: LambdaEvent<Box<RawValue>>| async move {
            self.handle(&event.payload, event.context.deadline).await
        }))
        .await
    }

    /// Handles one event. `deadline` is in milliseconds since the epoch.
    pub async fn handle(&self, event: &RawValue, deadline: u64) -> Result<Box<RawValue>, Error> {
        let until = before(deadline, RESERVE);
        let done = || RawValue::NULL.to_owned();
        // Boxed: the nested futures of the calls are deeper than the compiler computes a layout for.
        match event::read(event, &self.home)? {
            Event::Webhook(request) => Ok(to_raw_value(&Box::pin(self.webhook(request)).await)?),
            Event::Change(change) => Ok(Box::pin(self.change(&change, until)).await.map(|()| done())?),
            Event::Tick => Ok(Box::pin(self.tick(until)).await.map(|()| done())?),
            Event::Asked(asked) => Box::pin(self.answer(asked, until)).await,
            Event::Foreign(what) => {
                tracing::info!(what, "ignored an event");
                Ok(done())
            }
        }
    }

    async fn webhook(&self, request: Result<Request, Answer>) -> Answer {
        match request {
            Ok(request) => self.webhook.answer(&request).await,
            Err(answer) => answer,
        }
    }

    async fn change(&self, change: &Change, until: Timestamp) -> Result<(), PortError> {
        match change {
            Change::PullRequest { number, updated, head } => {
                let hint = Hint::Changed { updated: *updated, head: head.clone() };
                self.previewing.look(&Subject::PullRequest(*number), &hint, until).await.map(drop)
            }
            Change::BranchDeleted { branch } => self.previewing.branch_deleted(branch, until).await.map(drop),
        }
    }

    async fn tick(&self, until: Timestamp) -> Result<(), PortError> {
        let previews = self.previewing.tick(until).await?;
        tracing::info!(previews, "looked at what was due");
        Ok(())
    }

    async fn answer(&self, asked: Result<Asked, Refusal>, end: Timestamp) -> Result<Box<RawValue>, Error> {
        let soon = self.previewing.clock.now().saturating_add(PATIENCE).map_or(end, |until| until.min(end));
        let answer = match asked {
            Ok(asked) => self.serve_one(asked, soon).await,
            Err(refusal) => Err(refusal),
        };
        log(&answer);
        Ok(match &answer {
            Ok(shown) => to_raw_value(shown)?,
            Err(refusal) => to_raw_value(refusal)?,
        })
    }

    async fn serve_one(&self, asked: Asked, until: Timestamp) -> Result<Shown, Refusal> {
        let (subject, standing) = match asked {
            Asked::List => return self.list(until).await,
            Asked::Up(subject, head) => {
                let standing = self.previewing.look(&subject, &Hint::Up(head), until).await?;
                (subject, standing)
            }
            Asked::Down(subject) => {
                let standing = self.previewing.look(&subject, &Hint::Down, until).await?;
                (subject, standing)
            }
            Asked::Show(subject) => {
                let standing = self.read(&subject, until).await?;
                (subject, standing)
            }
        };
        let preview = standing.ok_or(Refusal::NoPreview(subject))?;
        Ok(Shown::Preview(Box::new(View::of(preview, self.previewing.settings))))
    }

    async fn list(&self, until: Timestamp) -> Result<Shown, Refusal> {
        let find = async || self.previewing.store.active().await;
        let mut previews = vec![];
        for subject in patiently(self.previewing.clock, until, Retry::Anything, find).await? {
            let standing = self.read(&subject, until).await?;
            previews.extend(standing.map(|preview| View::of(preview, self.previewing.settings)));
        }
        Ok(Shown::Previews { previews })
    }

    async fn read(&self, subject: &Subject, until: Timestamp) -> Result<Option<Preview>, PortError> {
        let read = async || self.previewing.store.preview(subject).await;
        patiently(self.previewing.clock, until, Retry::Anything, read).await
    }
}

fn log(answer: &Result<Shown, Refusal>) {
    match answer {
        Ok(Shown::Preview(preview)) => tracing::info!(?preview, "done"),
        Ok(Shown::Previews { previews }) => tracing::info!(previews = previews.len(), "listed"),
        Err(refusal @ Refusal::Unavailable(_)) => tracing::error!(%refusal, "not done"),
        Err(refusal) => tracing::info!(code = refusal.code(), %refusal, "refused"),
    }
}
