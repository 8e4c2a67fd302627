//! Following a preview until it has ended, whichever way.

use std::time::Duration;

use aws_sdk_codepipeline::Client;
use jiff::Timestamp;
use serde_json::json;
use tokio::time::{Instant, sleep};

use super::ended::Ended;
use super::judge::{Expected, Stand};
use super::progress::Progress;
use super::seen::Seen;
use super::{PreviewError, Target, tell};
use crate::cli::call::CallError;
use crate::cli::client::ClientError;
use crate::cli::function::{Function, FunctionError};
use crate::report::{Preview, Watcher};

/// How often it is looked at: times go on by the second.
const TURN: Duration = Duration::from_secs(1);

/// An account is asked less often: all its callers share few requests a second.
const TURN_ON_AWS: Duration = Duration::from_secs(5);

/// How long nothing may be heard of it. Events take seconds; what delivers them again, minutes.
const HEARD_WITHIN: Duration = Duration::from_mins(5);

/// So many times in a row nobody may answer.
const PATIENCE: usize = 5;

/// Looking at previews and their executions.
pub(super) trait Look {
    /// The preview of this name, if there is or was one.
    async fn preview(&self, name: &str) -> Result<Option<Preview>, ClientError>;
    /// How far its execution is.
    async fn progress(&self, pipeline: &str, execution: &str) -> Result<Progress, ClientError>;
}

/// Follows what was asked for to its end.
pub(in crate::cli) async fn follow(target: &Target, expected: &Expected, json: bool) -> Result<Ended, ClientError> {
    let look = Account { function: target.function(), client: Client::new(&target.account.sdk) };
    let turn = pause(target);
    let function = format!("{}-flowgate-preview", target.service.name);
    Following { look: &look, expected, turn, json, function, said: None }.run().await
}

/// How long to wait between two looks.
pub(super) fn pause(target: &Target) -> Duration {
    if target.account.is_local() { TURN } else { TURN_ON_AWS }
}

struct Account {
    function: Function,
    client: Client,
}

impl Look for Account {
    async fn preview(&self, name: &str) -> Result<Option<Preview>, ClientError> {
        Ok(Seen::of(&self.function, name).await?.map(|seen| seen.preview))
    }

    async fn progress(&self, pipeline: &str, execution: &str) -> Result<Progress, ClientError> {
        Ok(Progress::of(&self.client, pipeline, execution).await?)
    }
}

struct Following<'a, L> {
    look: &'a L,
    expected: &'a Expected,
    turn: Duration,
    json: bool,
    /// Who sees to previews.
    function: String,
    /// What was said last, which is not said again.
    said: Option<String>,
}

impl<L: Look> Following<'_, L> {
    async fn run(mut self) -> Result<Ended, ClientError> {
        let (begun, mut shown, mut patience) = (Instant::now(), Shown::default(), PATIENCE);
        let mut is_heard = false;
        loop {
            match self.turn(&mut shown).await {
                Ok(Turn::Ended(ended)) => return Ok(*ended),
                Ok(Turn::Unheard) if !is_heard && begun.elapsed() > HEARD_WITHIN => return Err(self.unheard()),
                Ok(turn) => (is_heard, patience) = (is_heard || turn != Turn::Unheard, PATIENCE),
                Err(error) if patience > 0 && is_passing(&error) => patience -= 1,
                Err(error) => return Err(error),
            }
            sleep(self.turn).await;
        }
    }

    async fn turn(&mut self, shown: &mut Shown) -> Result<Turn, ClientError> {
        let now = self.look.preview(&self.expected.preview).await?;
        let stand = self.expected.stand(now.as_ref());
        let Some(now) = now else { return Ok(Turn::Unheard) };
        match stand {
            Stand::Unheard => Ok(Turn::Unheard),
            Stand::Waits(why) => {
                shown.end();
                if let Some(why) = why {
                    self.waits(&now.preview, &why);
                }
                Ok(Turn::GoesOn)
            }
            Stand::Absent(why) => {
                shown.end();
                Ok(Turn::Ended(Box::new(Ended::absent(&now, why))))
            }
            Stand::Runs { execution, commit } => self.watch(shown, &now, &execution, &commit).await,
        }
    }

    async fn watch(
        &mut self,
        shown: &mut Shown,
        now: &Preview,
        execution: &str,
        commit: &str,
    ) -> Result<Turn, ClientError> {
        if commit != self.expected.commit && shown.of.as_deref() != Some(execution) {
            shown.end();
            let text = format!("preview {} goes on with commit {commit}, which was pushed since", now.preview);
            self.say(text, "Superseded");
        }
        let progress = self.look.progress(&now.pipeline, execution).await?;
        shown.show(execution, &progress, self.json);
        if progress.runs() {
            return Ok(Turn::GoesOn);
        }
        // It may have ended because something newer came, or because it is to be made anew.
        let stands = self.look.preview(&self.expected.preview).await?;
        if stands.is_some_and(|stands| stands.execution != now.execution || stands.phase != now.phase) {
            return Ok(Turn::GoesOn);
        }
        shown.end();
        Ok(Turn::Ended(Box::new(Ended::by(now, commit, progress))))
    }

    fn waits(&mut self, preview: &str, why: &str) {
        self.say(format!("preview {preview} waits: {why}"), "Waiting");
    }

    fn say(&mut self, text: String, status: &str) {
        if self.said.as_ref() != Some(&text) {
            tell(self.json, &text, json!({"status": status, "preview": self.expected.preview, "message": text}));
            self.said = Some(text);
        }
    }

    fn unheard(&self) -> ClientError {
        let (preview, function) = (self.expected.preview.clone(), self.function.clone());
        PreviewError::Unheard { preview, function, minutes: HEARD_WITHIN.as_secs() / 60 }.into()
    }
}

/// That nobody answers at the moment is borne for a while.
fn is_passing(error: &ClientError) -> bool {
    match error {
        ClientError::Call(error) => matches!(error, CallError::Unreachable { .. }),
        ClientError::Function(FunctionError::Call(error)) => matches!(error, CallError::Unreachable { .. }),
        ClientError::Function(FunctionError::Refused { code, .. }) => code == "Unavailable",
        _ => false,
    }
}

/// What a look came to.
#[derive(Debug, PartialEq, Eq)]
enum Turn {
    /// Nothing that has to do with what was asked for.
    Unheard,
    /// It is under way.
    GoesOn,
    /// It has ended so.
    Ended(Box<Ended>),
}

/// The execution that is shown, if one is.
#[derive(Default)]
struct Shown {
    of: Option<String>,
    watcher: Option<Watcher>,
}

impl Shown {
    fn show(&mut self, execution: &str, progress: &Progress, json: bool) {
        if self.of.as_deref() != Some(execution) {
            self.end();
            self.of = Some(execution.to_owned());
        }
        let watcher = self.watcher.get_or_insert_with(|| Watcher::new(json));
        watcher.show(progress.status.clone(), Timestamp::now());
    }

    /// Leaves the last picture as it is.
    fn end(&mut self) {
        self.watcher = None;
    }
}

#[cfg(test)]
#[path = "follow_tests.rs"]
mod tests;
