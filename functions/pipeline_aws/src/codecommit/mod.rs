//! CodeCommit: who wrote a commit, and which pull request brought it.

mod makers;
mod pulls;
mod rules;
mod walk;

use aws_sdk_codecommit::Client;
use aws_types::SdkConfig;

/// The repositories of our account and region.
#[derive(Debug, Clone)]
pub struct CodeCommit(Client);

impl CodeCommit {
    /// CodeCommit in our region.
    pub fn new(config: &SdkConfig) -> Self {
        Self(Client::new(config))
    }
}
