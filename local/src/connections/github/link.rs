//! Where things are, and how others know them.

use std::fmt::Display;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::super::{CLONE_PATH, Shared};
use super::API_PATH;

/// A repository and the addresses above it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// The API's own.
    pub(super) api: String,
    /// Where repositories are cloned from, and looked at.
    pub(super) site: String,
    /// `OWNER/NAME`.
    pub(super) repository: String,
}

impl Place {
    /// Of this repository.
    pub(super) fn of(shared: &Shared, repository: &str) -> Self {
        let endpoint = shared.runner.context().sdk.endpoint_url().unwrap_or_default();
        let (api, site) = (format!("{endpoint}{API_PATH}"), format!("{endpoint}{CLONE_PATH}"));
        Self { api, site, repository: repository.to_owned() }
    }

    /// Something of the repository in the API.
    pub(super) fn api(&self, path: &str) -> String {
        format!("{}/repos/{}{path}", self.api, self.repository)
    }

    /// Something of the repository for people.
    pub(super) fn page(&self, path: &str) -> String {
        format!("{}/{}{path}", self.site, self.repository)
    }

    pub(super) fn owner(&self) -> &str {
        self.repository.split_once('/').map_or(&self.repository, |(owner, _)| owner)
    }

    pub(super) fn name(&self) -> &str {
        self.repository.split_once('/').map_or("", |(_, name)| name)
    }
}

/// The name that GraphQL has for something.
pub(super) fn node_id(kind: &str, id: impl Display) -> String {
    STANDARD.encode(format!("{:03}:{kind}{id}", kind.len()))
}
