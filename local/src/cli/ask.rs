//! Answers to approvals that come up while a run goes on.

use std::io::{self, BufRead, IsTerminal as _, Write};

use aws_sdk_codepipeline::Client;
use rustix::termios::{QueueSelector, tcflush};

use super::approvals::{self, Answer};
use super::args::Approve;
use super::call::CallError;
use super::shared::Shared;
use crate::pipeline::engine::ActionChange;
use crate::report::view::Waiting;
use crate::report::{self, printable};

/// How long the comment of an answer may be, in characters.
const LONGEST: usize = 512;

/// There is nobody to ask.
#[derive(Debug, thiserror::Error)]
#[error("--approve ask needs a terminal; use --approve yes or --approve no")]
pub(super) struct NobodyToAsk;

/// How approvals are answered when nothing was said about it; that is said aloud.
pub(super) fn decide(chosen: Option<Approve>, reporter: &Shared) -> Result<Approve, NobodyToAsk> {
    let terminal = is_at_terminal();
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

/// Whether there is somebody to ask.
pub(super) fn is_at_terminal() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks at the terminal. Nothing but a yes is one.
pub(super) async fn confirm(question: String) -> bool {
    let ask = move || {
        forget_typed();
        let answer = prompt(&mut io::stdin().lock(), &mut io::stderr(), &printable(&question));
        matches!(answer.unwrap_or_default().to_lowercase().as_str(), "y" | "yes")
    };
    tokio::task::spawn_blocking(ask).await.unwrap_or(false)
}

/// Somebody who answers.
pub(super) struct Answers<'a> {
    pub(super) how: Approve,
    /// Signs as the approver.
    pub(super) client: &'a Client,
}

impl Answers<'_> {
    /// Answers the approval of this action, if it still waits.
    pub(super) async fn give(&self, pipeline: &str, action: &ActionChange, reporter: &Shared) -> Result<(), CallError> {
        let waiting = approvals::waiting(self.client, pipeline).await?;
        let is_it = |waiting: &Waiting| waiting.stage == action.stage && waiting.action == action.action;
        let Some(waiting) = waiting.into_iter().find(is_it) else { return Ok(()) };
        reporter.asked(&waiting);
        loop {
            let (answer, typed) = self.answer(&waiting, reporter).await;
            match approvals::answer(self.client, &waiting, &answer).await {
                // Somebody else was quicker.
                Err(error) if is_answered(&error) => return Ok(()),
                // Whoever typed it can type another.
                Err(error @ CallError::Refused { .. }) if typed => reporter.note(&error.to_string()),
                result => return result,
            }
        }
    }

    /// An answer, and whether somebody typed it.
    async fn answer(&self, waiting: &Waiting, reporter: &Shared) -> (Answer, bool) {
        let fixed = |approved, comment: &str| Answer { approved, comment: comment.to_owned() };
        match self.how {
            Approve::Yes => (fixed(true, "approved by --approve yes"), false),
            Approve::No => (fixed(false, "rejected by --approve no"), false),
            Approve::Ask => match ask(waiting, reporter).await {
                Some(answer) => (answer, true),
                // Whoever closes the terminal has not approved.
                None => (fixed(false, "nobody answered at the terminal"), false),
            },
        }
    }
}

fn is_answered(error: &CallError) -> bool {
    matches!(error.code(), Some("ApprovalAlreadyCompletedException" | "InvalidApprovalTokenException"))
}

async fn ask(waiting: &Waiting, reporter: &Shared) -> Option<Answer> {
    reporter.pause();
    let question = report::approval(waiting);
    let ask = move || {
        eprint!("\n{question}");
        forget_typed();
        dialogue(&mut io::stdin().lock(), &mut io::stderr())
    };
    let answer = tokio::task::spawn_blocking(ask).await;
    reporter.resume();
    answer.ok().flatten()
}

/// What was typed before the question was there cannot be its answer. Where there is no terminal, nothing was typed.
fn forget_typed() {
    let _ = tcflush(io::stdin(), QueueSelector::IFlush);
}

/// An answer; none when the input ends before there is one.
fn dialogue(input: &mut impl BufRead, output: &mut impl Write) -> Option<Answer> {
    let approved = loop {
        match prompt(input, output, "approve? [y/n] ")?.to_lowercase().as_str() {
            "y" | "yes" => break true,
            "n" | "no" => break false,
            _ => {}
        }
    };
    Some(Answer { approved, comment: comment(input, output) })
}

/// A comment of a length that is taken; empty when the input ends.
fn comment(input: &mut impl BufRead, output: &mut impl Write) -> String {
    let mut text = "comment: ".to_owned();
    loop {
        let comment = prompt(input, output, &text).unwrap_or_default();
        let length = comment.chars().count();
        if length <= LONGEST {
            return comment;
        }
        text = format!("{length} characters are too many, {LONGEST} at most; comment: ");
    }
}

/// A line from the terminal; none at its end.
fn prompt(input: &mut impl BufRead, output: &mut impl Write, text: &str) -> Option<String> {
    write!(output, "{text}").and_then(|()| output.flush()).ok()?;
    let mut line = String::new();
    let read = input.read_line(&mut line).ok()?;
    (read > 0).then(|| line.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(typed: &str) -> (Option<(bool, String)>, String) {
        let mut output = Vec::new();
        let answer = dialogue(&mut typed.as_bytes(), &mut output);
        (answer.map(|answer| (answer.approved, answer.comment)), String::from_utf8(output).unwrap())
    }

    #[test]
    fn a_decision_must_be_typed_and_a_comment_need_not() {
        let cases = [
            ("y\nfine\n", Some((true, "fine"))),
            ("NO\n\n", Some((false, ""))),
            ("what?\n\nyes\n", Some((true, ""))),
            ("y", Some((true, ""))),
            ("", None),
            ("maybe\n", None),
        ];
        for (typed, expected) in cases {
            let expected = expected.map(|(approved, comment)| (approved, comment.to_owned()));
            assert_eq!(answered(typed).0, expected, "{typed:?}");
        }
    }

    #[test]
    fn a_comment_that_would_be_refused_is_asked_for_again() {
        let (just, too) = ("é".repeat(LONGEST), "é".repeat(LONGEST + 1));
        let (answer, shown) = answered(&format!("y\n{too}\n{just}\n"));
        assert_eq!(answer, Some((true, just)));
        assert!(shown.ends_with("comment: 513 characters are too many, 512 at most; comment: "), "{shown}");
    }
}
