//! The webhooks, in a file beside the repositories.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::definition::Definition;
use crate::repository::{self, files};

/// A webhook, and what became of the last request to it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::api) struct Webhook {
    pub(super) definition: Definition,
    /// The last part of its URL, another one for each that is made.
    pub(super) key: String,
    /// Tag key → value.
    pub(in crate::api) tags: BTreeMap<String, String>,
    /// When it started its pipeline last.
    pub(super) last_triggered: Option<Timestamp>,
    /// Why it could not, where that was later.
    pub(super) error: Option<Trouble>,
}

/// Why a webhook did not start its pipeline.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Trouble {
    pub(super) code: String,
    pub(super) message: String,
}

/// All webhooks, by name.
#[derive(Debug)]
pub(in crate::api) struct Book {
    path: PathBuf,
    writing: Mutex<()>,
}

type All = BTreeMap<String, Webhook>;

impl Webhook {
    pub(super) fn new(definition: Definition) -> Self {
        let (tags, key) = (BTreeMap::new(), Uuid::new_v4().to_string());
        Self { definition, key, tags, last_triggered: None, error: None }
    }
}

impl Book {
    pub(in crate::api) fn new(state: &Path) -> Self {
        Self { path: state.join("webhooks.json"), writing: Mutex::default() }
    }

    pub(in crate::api) fn all(&self) -> Result<All, repository::Error> {
        Ok(files::read(&self.path)?.unwrap_or_default())
    }

    /// Changes them, one after the other. What `change` refuses stays as it was.
    pub(in crate::api) fn change<T, E: From<repository::Error>>(
        &self,
        change: impl FnOnce(&mut All) -> Result<T, E>,
    ) -> Result<T, E> {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all = self.all()?;
        let changed = change(&mut all)?;
        files::write(&self.path, &all)?;
        Ok(changed)
    }
}
