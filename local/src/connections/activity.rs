//! Who did what to the branches of a repository: a file of it.

use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ids;
use crate::repository::{Error, Held, Move, RefKind, files};

const FILE: &str = "activity.json";
/// What GitHub says where there is no commit.
const NOTHING: &str = "0000000000000000000000000000000000000000";

/// What was done to a branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    /// It has more commits.
    Push,
    /// It has others.
    ForcePush,
    BranchCreation,
    BranchDeletion,
    /// A pull request was merged into it, by the provider itself.
    PrMerge,
}

/// One thing that somebody did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Activity {
    pub(super) id: u64,
    pub(super) before: String,
    pub(super) after: String,
    /// The branch, by git's full name of it.
    pub(super) reference: String,
    pub(super) at: Timestamp,
    pub(super) kind: Kind,
    /// The login of who did it, if they have one.
    pub(super) actor: Option<String>,
}

/// Who moved branches, and which of them by merging a pull request.
#[derive(Debug, Clone, Copy)]
pub(super) struct By<'a> {
    pub(super) login: Option<&'a str>,
    pub(super) merged_into: Option<&'a str>,
}

/// All of a repository, the oldest first.
pub(super) fn read(directory: &Path) -> Result<Vec<Activity>, Error> {
    Ok(files::read(&directory.join(FILE))?.unwrap_or_default())
}

/// Writes down what was done to branches; of tags nothing is told.
pub(super) async fn note(held: &Held, moves: &[Move], by: By<'_>, at: Timestamp) -> Result<(), Error> {
    let mut all = read(held.directory())?;
    for moved in moves.iter().filter(|one| one.reference.kind == RefKind::Branch) {
        all.push(activity(held, moved, by, at).await?);
    }
    files::write(&held.directory().join(FILE), &all)
}

async fn activity(held: &Held, moved: &Move, by: By<'_>, at: Timestamp) -> Result<Activity, Error> {
    let kind = match (&moved.from, &moved.to) {
        _ if by.merged_into == Some(&moved.reference.name) => Kind::PrMerge,
        (None, _) => Kind::BranchCreation,
        (_, None) => Kind::BranchDeletion,
        (Some(from), Some(to)) if held.contains(to, from).await? => Kind::Push,
        _ => Kind::ForcePush,
    };
    let end = |commit: &Option<String>| commit.clone().unwrap_or_else(|| NOTHING.to_owned());
    Ok(Activity {
        id: ids::fresh(),
        before: end(&moved.from),
        after: end(&moved.to),
        reference: moved.reference.to_string(),
        at,
        kind,
        actor: by.login.map(str::to_owned),
    })
}
