//! Previews: their records, their pipeline, and who hears of them.

#![expect(clippy::unwrap_used, reason = "a test that cannot prepare its world has failed")]

mod pipeline;
mod records;
mod told;

use jiff::Timestamp;
use pipeline_core::{
    ids::{CommitId, FencingToken, Nonce},
    preview::{
        record::{Head, Phase, Preview, Run, Tokens, Wanted, Why},
        subject::Subject,
    },
};
use serde_json::{Value, json};

use crate::canned::Canned;

const NONCE: &str = "33333333-abcd-1111-abcd-111111abcdef";
const HOLDER: &str = "44444444-abcd-1111-abcd-111111abcdef";
const EXECUTION: &str = "22222222-abcd-1111-abcd-111111abcdef";

fn at(text: &str) -> Timestamp {
    text.parse().expect("a timestamp")
}

fn commit() -> CommitId {
    "8f2c".repeat(10).parse().expect("a commit")
}

fn nonce(text: &str) -> Nonce {
    Nonce::from_random(text.parse().expect("a UUID"))
}

fn head() -> Head {
    Head { commit: commit(), branch: "topic".to_owned(), author: "ada".to_owned() }
}

fn tokens() -> Tokens {
    Tokens { app: FencingToken(1_795_000_007), tests: FencingToken(1_795_000_008) }
}

fn running() -> Preview {
    let run = Run {
        holder: HOLDER.parse().expect("a holder"),
        tokens: tokens(),
        execution: EXECUTION.parse().expect("an id"),
        commit: commit(),
        since: at("2026-11-22T12:00:00Z"),
    };
    Preview {
        subject: Subject::PullRequest(42),
        version: 3,
        wanted: Wanted::Deployed(head()),
        executions: vec![run.execution.clone()],
        phase: Phase::Running(run),
        due: Some(at("2026-11-22T12:02:00.5Z")),
        nonce: nonce(NONCE),
    }
}

fn removed() -> Preview {
    Preview {
        version: 9,
        wanted: Wanted::Removed { why: Why::Merged },
        phase: Phase::Removed { why: Why::Merged, at: at("2026-11-22T13:00:00Z") },
        executions: vec![],
        due: None,
        nonce: nonce(HOLDER),
        ..running()
    }
}

fn canned(answers: impl IntoIterator<Item = (u16, Value)>) -> Canned {
    Canned::new(answers.into_iter().map(|(status, answer)| (status, answer.to_string())))
}

/// A refusal of a JSON protocol.
fn refused(code: &str) -> (u16, Value) {
    (400, json!({"__type": code, "message": "the words"}))
}
