//! The webhooks of a repository: who wants to hear of it, in files of it, and the post that brings it to them.

mod delivery;
mod post;
mod sign;

use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub(super) use delivery::{Delivery, Message, Outcome, deliveries};
pub(super) use post::{Letter, Post};

use crate::repository::{Error, files};

const FILE: &str = "hooks.json";
/// What a webhook hears of everything by.
pub(super) const EVERYTHING: &str = "*";

/// Somebody who wants to hear what happens to a repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Hook {
    pub(super) id: u64,
    pub(super) active: bool,
    /// The events that it hears of.
    pub(super) events: Vec<String>,
    pub(super) config: Config,
    pub(super) created: Timestamp,
    pub(super) updated: Timestamp,
}

/// How it is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Config {
    pub(super) url: String,
    pub(super) content_type: ContentType,
    pub(super) secret: Option<String>,
    pub(super) insecure_ssl: bool,
}

/// What the body of a delivery is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum ContentType {
    Json,
    /// The JSON is the form's field `payload`.
    #[default]
    Form,
}

impl Hook {
    pub(super) fn hears(&self, event: &str) -> bool {
        self.active && self.events.iter().any(|wanted| wanted == event || wanted == EVERYTHING)
    }
}

/// Those of a repository, in the order in which they were made.
pub(super) fn read(repository: &Path) -> Result<Vec<Hook>, Error> {
    Ok(files::read(&repository.join(FILE))?.unwrap_or_default())
}

pub(super) fn write(repository: &Path, hooks: &[Hook]) -> Result<(), Error> {
    files::write(&repository.join(FILE), &hooks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hook_hears_what_it_wants_while_it_is_active() {
        let config = Config { url: String::new(), content_type: ContentType::Form, secret: None, insecure_ssl: false };
        let at = Timestamp::UNIX_EPOCH;
        let hook = |active, event: &str| Hook {
            id: 1,
            active,
            events: vec![event.to_owned()],
            config: config.clone(),
            created: at,
            updated: at,
        };
        for (active, wanted, expected) in [
            (true, "push", true),
            (true, "*", true),
            (true, "delete", false),
            (false, "push", false),
            (false, "*", false),
        ] {
            assert_eq!(hook(active, wanted).hears("push"), expected, "{active} {wanted}");
        }
    }
}
