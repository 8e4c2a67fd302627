//! Answers to approvals that come up while a run goes on.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use aws_sdk_codepipeline::Client;

use super::approvals::{self, Answer};
use super::args::Approve;
use super::call::CallError;
use super::shared::Shared;
use crate::report;
use crate::report::view::Waiting;

/// There is nobody to ask.
#[derive(Debug, thiserror::Error)]
#[error("--approve ask needs a terminal; use --approve yes or --approve no")]
pub(super) struct NobodyToAsk;

/// How approvals are answered when nothing was said about it; that is said aloud.
pub(super) fn decide(chosen: Option<Approve>, reporter: &Shared) -> Result<Approve, NobodyToAsk> {
    let terminal = io::stdin().is_terminal() && io::stderr().is_terminal();
    match chosen {
        Some(Approve::Ask) if !terminal => Err(NobodyToAsk),
        Some(chosen) => Ok(chosen),
        None if terminal => Ok(Approve::Ask),
        None => {
            reporter
                .note("approvals are answered yes, since there is no terminal to ask on; --approve no rejects them");
            Ok(Approve::Yes)
        }
    }
}

/// Somebody who answers.
pub(super) struct Answers<'a> {
    pub(super) how: Approve,
    /// Signs as the approver.
    pub(super) client: &'a Client,
}

impl Answers<'_> {
    /// Answers the approval of this name, if it still waits.
    pub(super) async fn give(&self, pipeline: &str, action: &str, reporter: &Shared) -> Result<(), CallError> {
        let waiting = approvals::waiting(self.client, pipeline).await?;
        let Some(waiting) = waiting.into_iter().find(|waiting| waiting.action == action) else { return Ok(()) };
        reporter.asked(&waiting);
        let answer = match self.how {
            Approve::Yes => Answer { approved: true, comment: "approved by --approve yes".to_owned() },
            Approve::No => Answer { approved: false, comment: "rejected by --approve no".to_owned() },
            Approve::Ask => self.ask(&waiting, reporter).await,
        };
        match approvals::answer(self.client, &waiting, &answer).await {
            // Somebody else was quicker.
            Err(error) if is_answered(&error) => Ok(()),
            result => result,
        }
    }

    async fn ask(&self, waiting: &Waiting, reporter: &Shared) -> Answer {
        reporter.pause();
        let question = report::approval(waiting);
        let answer = tokio::task::spawn_blocking(move || question_at_terminal(&question)).await;
        reporter.resume();
        // Whoever closes the terminal has not approved.
        let nobody = || Answer { approved: false, comment: "nobody answered at the terminal".to_owned() };
        answer.ok().flatten().unwrap_or_else(nobody)
    }
}

fn is_answered(error: &CallError) -> bool {
    matches!(error.code(), Some("ApprovalAlreadyCompletedException" | "InvalidApprovalTokenException"))
}

fn question_at_terminal(question: &str) -> Option<Answer> {
    eprint!("\n{question}");
    let approved = loop {
        match prompt("approve? [y/n] ")?.to_lowercase().as_str() {
            "y" | "yes" => break true,
            "n" | "no" => break false,
            _ => {}
        }
    };
    Some(Answer { approved, comment: prompt("comment: ")? })
}

/// A line from the terminal; none at its end.
fn prompt(text: &str) -> Option<String> {
    let mut stderr = io::stderr();
    write!(stderr, "{text}").and_then(|()| stderr.flush()).ok()?;
    let mut line = String::new();
    let read = io::stdin().lock().read_line(&mut line).ok()?;
    (read > 0).then(|| line.trim().to_owned())
}
