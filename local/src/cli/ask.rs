//! Answers to approvals that come up while a run goes on.

use std::io::{self, BufRead, IsTerminal as _, Write};

use aws_sdk_codepipeline::Client;
use rustix::termios::{QueueSelector, tcflush};

use super::account::Account;
use super::approvals::{self, Answer};
use super::args::Approve;
use super::call::CallError;
use super::shared::Shared;
use crate::identity::{APPROVER, AUTHOR, Identity, REVIEWER};
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

/// Whoever answers an approval.
pub(super) struct Voice {
    pub(super) person: Identity,
    /// Signs as that person.
    pub(super) client: Client,
}

/// How the approvals of a run are answered, and who does.
pub(super) struct Answers {
    pub(super) how: Approve,
    /// One after the other, for each approval that a stage asks for.
    pub(super) voices: Vec<Voice>,
}

impl Answers {
    /// Everybody in the order in which they are asked: who made the release comes last, and does not count.
    pub(super) fn of_all(how: Approve, endpoint: &str) -> Self {
        let voice = |person: Identity| Voice { person, client: Client::new(&Account::of(endpoint, &person).sdk) };
        Self { how, voices: [APPROVER, REVIEWER, AUTHOR].map(voice).into() }
    }

    /// Answers the approval of this action, if it still waits: it is the one of its stage that comes after `before` others.
    pub(super) async fn give(
        &self,
        pipeline: &str,
        action: &ActionChange,
        before: usize,
        reporter: &Shared,
    ) -> Result<(), CallError> {
        let Some(voice) = self.voices.iter().cycle().nth(before) else { return Ok(()) };
        let waiting = approvals::waiting(&voice.client, pipeline).await?;
        let is_it = |waiting: &Waiting| waiting.stage == action.stage && waiting.action == action.action;
        let Some(waiting) = waiting.into_iter().find(is_it) else { return Ok(()) };
        reporter.asked(&waiting);
        loop {
            let (answer, typed) = self.answer(&waiting, voice, reporter).await;
            match approvals::answer(&voice.client, &waiting, &answer).await {
                Err(error) if approvals::is_answered(&error) => return Ok(()),
                // Whoever typed it can type another.
                Err(error @ CallError::Refused { .. }) if typed => reporter.note(&error.to_string()),
                result => return result,
            }
        }
    }

    /// An answer, and whether somebody typed it.
    async fn answer(&self, waiting: &Waiting, voice: &Voice, reporter: &Shared) -> (Answer, bool) {
        let fixed = |approved, comment: &str| Answer { approved, comment: comment.to_owned() };
        match (self.how, rejected(waiting)) {
            (Approve::Yes, _) => (fixed(true, "approved by --approve yes"), false),
            (Approve::No, _) => (fixed(false, "rejected by --approve no"), false),
            // That decides it, and the stage ends only when nobody is asked any more.
            (Approve::Ask, Some(other)) => (fixed(false, &format!("{other} was rejected")), false),
            (Approve::Ask, None) => match ask(waiting, &voice.person, reporter).await {
                Some(answer) => (answer, true),
                // Whoever closes the terminal has not approved.
                None => (fixed(false, "nobody answered at the terminal"), false),
            },
        }
    }
}

/// Another approval of the stage that was rejected.
fn rejected(waiting: &Waiting) -> Option<&str> {
    waiting.others.iter().find(|other| other.approved == Some(false)).map(|other| &*other.action)
}

async fn ask(waiting: &Waiting, person: &Identity, reporter: &Shared) -> Option<Answer> {
    reporter.pause();
    let question = format!("{}  you answer as {} ({})\n", report::approval(waiting), person.name, person.email);
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
    use crate::report::view::Other;

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
    fn what_is_rejected_beside_decides_and_what_is_approved_or_waits_does_not() {
        let beside = |answers: &[Option<bool>]| {
            let other = |(index, approved): (usize, &Option<bool>)| Other {
                action: format!("A{index}"),
                approved: *approved,
                by: None,
            };
            let waiting = Waiting { others: answers.iter().enumerate().map(other).collect(), ..Waiting::default() };
            rejected(&waiting).map(str::to_owned)
        };
        assert_eq!(beside(&[None, Some(true)]), None);
        assert_eq!(beside(&[Some(true), Some(false)]).as_deref(), Some("A1"));
    }

    #[test]
    fn a_comment_that_would_be_refused_is_asked_for_again() {
        let (just, too) = ("é".repeat(LONGEST), "é".repeat(LONGEST + 1));
        let (answer, shown) = answered(&format!("y\n{too}\n{just}\n"));
        assert_eq!(answer, Some((true, just)));
        assert!(shown.ends_with("comment: 513 characters are too many, 512 at most; comment: "), "{shown}");
    }
}
