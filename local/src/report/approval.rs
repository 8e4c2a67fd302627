//! What is approved, in words.

use std::fmt::Write as _;

use super::view::{Revision, Waiting};
use super::words::{first_line, printable, short};

/// What an answer to this approval decides about.
pub fn approval(waiting: &Waiting) -> String {
    let Waiting { pipeline, stage, action, execution, .. } = waiting;
    let mut text = format!("{stage} {action} of {pipeline}, execution {execution}\n");
    let _ = writeln!(text, "  {}", subject(waiting));
    for (stage, outputs) in &waiting.outputs {
        for (key, value) in outputs {
            let _ = writeln!(text, "  {stage} {key}  {}", printable(value));
        }
    }
    text
}

/// The commit that is approved, in a few words.
pub fn subject(waiting: &Waiting) -> String {
    commit(&waiting.revision)
}

/// A commit in a few words.
pub fn commit(revision: &Revision) -> String {
    let commit = revision.commit.as_deref().map_or("no commit is known", short);
    let message = revision.message.as_deref().map(|message| format!(" {}", first_line(message)));
    format!("commit {commit}{}", message.unwrap_or_default())
}
