//! The connections, in a file beside the repositories.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::repository::{self, files};

/// A connection to a provider of repositories.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Connection {
    #[serde(rename = "ConnectionArn")]
    pub(super) arn: String,
    #[serde(rename = "ConnectionName")]
    pub(super) name: String,
    pub(super) provider_type: String,
    pub(super) tags: Vec<Tag>,
}

/// A tag of a connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Tag {
    pub(super) key: String,
    pub(super) value: String,
}

/// All connections, in the order in which they were made.
#[derive(Debug)]
pub(super) struct Book {
    path: PathBuf,
    writing: Mutex<()>,
}

impl Book {
    pub(super) fn new(state: &Path) -> Self {
        Self { path: state.join("connections.json"), writing: Mutex::default() }
    }

    pub(super) fn all(&self) -> Result<Vec<Connection>, repository::Error> {
        Ok(files::read(&self.path)?.unwrap_or_default())
    }

    /// Changes them, one after the other. What `change` refuses stays as it was.
    pub(super) fn change<T, E: From<repository::Error>>(
        &self,
        change: impl FnOnce(&mut Vec<Connection>) -> Result<T, E>,
    ) -> Result<T, E> {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all = self.all()?;
        let changed = change(&mut all)?;
        files::write(&self.path, &all)?;
        Ok(changed)
    }
}
