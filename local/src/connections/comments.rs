//! What people and programs say of pull requests: a file of the repository.

use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::repository::{Error, files};

const FILE: &str = "comments.json";

/// Something said of a pull request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Comment {
    /// Greater than that of every comment before.
    pub(super) id: u64,
    /// The pull request's number.
    pub(super) number: u64,
    /// The login of who says it.
    pub(super) user: String,
    pub(super) body: String,
    pub(super) created: Timestamp,
    pub(super) updated: Timestamp,
}

/// All of a repository, the oldest first.
pub(super) fn read(repository: &Path) -> Result<Vec<Comment>, Error> {
    Ok(files::read(&repository.join(FILE))?.unwrap_or_default())
}

/// Those of one pull request.
pub(super) fn of(repository: &Path, number: u64) -> Result<Vec<Comment>, Error> {
    Ok(read(repository)?.into_iter().filter(|one| one.number == number).collect())
}

pub(super) fn write(repository: &Path, all: &[Comment]) -> Result<(), Error> {
    files::write(&repository.join(FILE), &all)
}

/// The id of one more: the time, so that no comment has that of one that is gone.
pub(super) fn next_id(all: &[Comment], now: Timestamp) -> u64 {
    let last = all.last().map_or(0, |last| last.id);
    u64::try_from(now.as_millisecond()).unwrap_or_default().max(last + 1)
}
