//! What is known of a repository itself, in a file beside git's.

use std::fs;
use std::io;
use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Error;

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
        let path = directory.join(FILE);
        let failed = |source| Error::Files { path: path.clone(), source };
        match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed(error)),
            Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|error| failed(error.into())),
        }
    }

    /// Replaces the file at once, because others read it without a lock.
    pub(super) fn write(&self, directory: &Path) -> Result<(), Error> {
        let path = directory.join(FILE);
        let write = || -> io::Result<()> {
            let mut file = tempfile::NamedTempFile::new_in(directory)?;
            serde_json::to_writer(&mut file, self)?;
            file.persist(&path)?;
            Ok(())
        };
        write().map_err(|source| Error::Files { path: path.clone(), source })
    }
}
