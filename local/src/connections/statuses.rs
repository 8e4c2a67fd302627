//! What is said of commits: a file for each of them.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::repository::{Error, files};

/// How something went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    Error,
    Failure,
    Pending,
    Success,
}

/// What somebody says of a commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Status {
    pub(super) id: u64,
    pub(super) state: State,
    pub(super) target_url: Option<String>,
    pub(super) description: Option<String>,
    /// Of what.
    pub(super) context: String,
    /// The login of who says so.
    pub(super) creator: String,
    pub(super) at: Timestamp,
}

fn file(repository: &Path, commit: &str) -> PathBuf {
    repository.join("statuses").join(format!("{commit}.json"))
}

/// Those of a commit, the oldest first. Its id is one that git gave.
pub(super) fn read(repository: &Path, commit: &str) -> Result<Vec<Status>, Error> {
    Ok(files::read(&file(repository, commit))?.unwrap_or_default())
}

pub(super) fn write(repository: &Path, commit: &str, all: &[Status]) -> Result<(), Error> {
    files::write(&file(repository, commit), &all)
}

/// The last word on each context, the newest first.
pub(super) fn latest(all: &[Status]) -> Vec<&Status> {
    let mut latest: Vec<&Status> = Vec::new();
    for status in all.iter().rev() {
        if !latest.iter().any(|one| is_same(&one.context, &status.context)) {
            latest.push(status);
        }
    }
    latest
}

/// What these come to.
pub(super) fn combined(latest: &[&Status]) -> State {
    let has = |states: &[State]| latest.iter().any(|one| states.contains(&one.state));
    match latest {
        _ if has(&[State::Error, State::Failure]) => State::Failure,
        [] => State::Pending,
        _ if has(&[State::Pending]) => State::Pending,
        _ => State::Success,
    }
}

pub(super) fn is_same(context: &str, other: &str) -> bool {
    context.to_lowercase() == other.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(context: &str, state: State) -> Status {
        let at = Timestamp::UNIX_EPOCH;
        let creator = "author".to_owned();
        Status { id: 1, state, target_url: None, description: None, context: context.to_owned(), creator, at }
    }

    #[test]
    fn the_last_word_on_each_context_counts_and_the_worst_of_them() {
        use State::{Error, Failure, Pending, Success};
        for (all, contexts, expected) in [
            (vec![], vec![], Pending),
            (vec![status("a", Success)], vec!["a"], Success),
            (vec![status("a", Failure), status("A", Success)], vec!["A"], Success),
            (vec![status("a", Success), status("b", Pending)], vec!["b", "a"], Pending),
            (vec![status("a", Error), status("b", Pending), status("c", Success)], vec!["c", "b", "a"], Failure),
        ] {
            let latest = latest(&all);
            assert_eq!(latest.iter().map(|one| one.context.as_str()).collect::<Vec<_>>(), contexts);
            assert_eq!(combined(&latest), expected, "{contexts:?}");
        }
    }
}
