//! What is known of a repository itself, in a file beside git's.

use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Error, files};

const FILE: &str = "repository.json";

/// A repository's identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Stays when the content changes; a repository made anew under the name has another.
    pub id: Uuid,
    /// What its creator said of it.
    pub description: Option<String>,
    /// When it was made.
    pub created: Timestamp,
    /// When a branch of it last moved.
    pub modified: Timestamp,
}

impl Record {
    /// Writes a new one.
    pub(super) fn make(directory: &Path, description: Option<String>) -> Result<Self, Error> {
        let now = Timestamp::now();
        let record = Self { id: Uuid::new_v4(), description, created: now, modified: now };
        record.write(directory)?;
        Ok(record)
    }

    /// None when there is none: the repository is older than records, or its making was broken off.
    pub(super) fn read(directory: &Path) -> Result<Option<Self>, Error> {
        files::read(&directory.join(FILE))
    }

    /// Replaces the file at once, because others read it without a lock.
    pub(super) fn write(&self, directory: &Path) -> Result<(), Error> {
        files::write(&directory.join(FILE), self)
    }
}
