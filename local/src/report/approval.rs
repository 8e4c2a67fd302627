//! What is approved, in words.

use std::fmt::Write as _;

use super::view::{Other, Revision, Waiting};
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
    for other in &waiting.others {
        let _ = writeln!(text, "  {}", self::other(other));
    }
    text
}

/// What became of an approval so far that is asked for beside another.
pub fn other(other: &Other) -> String {
    let by = other.by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
    match other.approved {
        None => format!("{} waits, too", other.action),
        Some(true) => format!("{} is approved{by}; who answers twice counts once", other.action),
        Some(false) => format!("{} is rejected{by}", other.action),
    }
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
