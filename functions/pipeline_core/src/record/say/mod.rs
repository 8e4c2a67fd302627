//! What a pull request is told of its preview, in words: from the record and the execution, and nothing else.

mod markup;
mod situation;
mod status;
mod words;

use serde::{Deserialize, Serialize};

use crate::{
    ids::CommitId,
    preview::{record::Preview, subject::Subject},
    record::{console::Console, speak::Status, watch::Progress},
};

/// What is to stand on a pull request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// The status of a commit, where there is one to speak of.
    pub status: Option<(CommitId, Status)>,
    /// The comment.
    pub text: String,
    /// Whether it is worth a first comment: the end of what was never there is not.
    pub begins: bool,
}

/// Where the previews are that are spoken of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The service.
    pub service: String,
    /// The preview pipeline.
    pub pipeline: String,
    /// The console.
    pub console: Console,
}

/// By what our comment on a pull request is known: it begins its last line. No text of a user's begins a line (see
/// `markup`), so that none can look like it.
pub fn mark(service: &str, subject: &Subject) -> String {
    format!("Flowgate keeps this comment up to date ({service} {subject}).")
}

/// Whether a comment has this mark where ours has it: who quotes ours, or copies the mark into words of theirs, makes none.
pub fn is_marked(comment: &str, mark: &str) -> bool {
    comment.lines().rev().find(|line| !line.trim().is_empty()).is_some_and(|line| line.starts_with(mark))
}

/// What is to be said of `preview`, whose latest execution is as far as `progress`.
pub fn say(preview: &Preview, progress: Option<&Progress>, place: &Place) -> Said {
    let situation = situation::of(preview, progress);
    let text = format!("{}\n\n{}", words::of(&situation, place), mark(&place.service, &preview.subject));
    Said { status: status::of(&situation, place), text, begins: situation.begins() }
}

#[cfg(test)]
mod tests;
