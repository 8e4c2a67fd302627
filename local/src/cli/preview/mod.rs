//! What `flowgate pr` and `flowgate dev` have in common: a preview, asked for, followed, and given back.

mod ended;
mod follow;
mod judge;
mod progress;
mod released;
mod seen;
mod target;

pub(super) use ended::Number;
pub(super) use follow::follow;
pub(super) use judge::Expected;
pub(super) use released::until_released;
pub(super) use seen::{Seen, previews};
pub(super) use target::{Repository, Target};

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::report::{printable, say};

/// Why a preview was not followed to its end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum PreviewError {
    #[error(
        "nothing was heard of preview {preview} for {minutes} minutes: does {function} get the events of its pull request? \
         its log group is /aws/lambda/{function}"
    )]
    Unheard { preview: String, function: String, minutes: u64 },
    #[error(
        "the leases of preview {preview} were not released for {minutes} minutes; `flowgate lease list` shows them"
    )]
    Kept { preview: String, minutes: u64 },
    #[error(
        "the source of pipeline {0} is neither CodeCommit nor a repository behind a connection, so nothing can be pushed there"
    )]
    NoRepository(String),
    #[error(
        "repository {0} is at its provider, and not in this account: push there with git, and open pull requests there; \
         their previews come by themselves"
    )]
    Elsewhere(String),
    #[error("service {0} is not set up here; `flowgate push DIR` does that")]
    NotSetUp(String),
}

/// Says what happens: a line of text, or an object with when it was.
pub(super) fn tell(json: bool, text: &str, object: Value) {
    if json {
        say(stamped(object));
    } else {
        say(printable(text));
    }
}

/// Every object says when it was written.
fn stamped(object: Value) -> Value {
    let mut line = json!({"at": Timestamp::now()});
    if let (Value::Object(line), Value::Object(object)) = (&mut line, object) {
        line.extend(object.into_iter().filter(|(_, value)| !value.is_null()));
    }
    line
}
