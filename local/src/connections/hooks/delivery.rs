//! What was sent to a webhook, and what it answered.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::repository::{Error, files};

/// As many of a webhook as are kept, the newest.
const KEPT: usize = 200;

/// What a webhook is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(in crate::connections) struct Message {
    pub(in crate::connections) event: String,
    pub(in crate::connections) payload: Value,
}

impl Message {
    /// What of the event's kind it is, where there are several.
    pub(in crate::connections) fn action(&self) -> Option<&str> {
        self.payload["action"].as_str()
    }
}

/// One attempt to tell it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(in crate::connections) struct Delivery {
    pub(in crate::connections) id: u64,
    /// The same for every attempt.
    pub(in crate::connections) guid: Uuid,
    pub(in crate::connections) at: Timestamp,
    pub(in crate::connections) redelivery: bool,
    pub(in crate::connections) seconds: f64,
    pub(in crate::connections) url: String,
    pub(in crate::connections) headers: BTreeMap<String, String>,
    pub(in crate::connections) message: Message,
    pub(in crate::connections) outcome: Outcome,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::connections) enum Outcome {
    Answered {
        status: u16,
        headers: BTreeMap<String, String>,
        body: String,
    },
    /// Nobody answered, or not in time.
    Failed {
        why: String,
    },
}

impl Outcome {
    /// The answer's status; none is 0.
    pub(in crate::connections) fn code(&self) -> u16 {
        match self {
            Self::Answered { status, .. } => *status,
            Self::Failed { .. } => 0,
        }
    }

    /// In words.
    pub(in crate::connections) fn status(&self) -> String {
        match self {
            Self::Answered { status: 200..=299, .. } => "OK".to_owned(),
            Self::Answered { status, .. } => format!("Invalid HTTP Response: {status}"),
            Self::Failed { why } => why.clone(),
        }
    }
}

fn file(repository: &Path, hook: u64) -> PathBuf {
    repository.join("hooks").join(format!("{hook}.json"))
}

/// Those of a webhook, the oldest first.
pub(in crate::connections) fn deliveries(repository: &Path, hook: u64) -> Result<Vec<Delivery>, Error> {
    Ok(files::read(&file(repository, hook))?.unwrap_or_default())
}

/// Only the post of the webhook writes them.
pub(super) fn note(repository: &Path, hook: u64, delivery: Delivery) -> Result<(), Error> {
    let mut all = deliveries(repository, hook)?;
    all.push(delivery);
    let kept = all.split_off(all.len().saturating_sub(KEPT));
    files::write(&file(repository, hook), &kept)
}
