//! CodeCommit: who wrote a commit, which pull request brought it, how a pull request stands, and what is said on it.

mod comments;
mod makers;
mod preview;
mod pulls;
mod rules;
mod walk;

use aws_sdk_codecommit::Client;
use aws_sdk_sts as sts;
use aws_types::SdkConfig;

/// The repositories of our account and region; and who we are, as whom we speak there.
#[derive(Debug, Clone)]
pub struct CodeCommit(Client, sts::Client);

impl CodeCommit {
    /// CodeCommit in our region.
    pub fn new(config: &SdkConfig) -> Self {
        Self(Client::new(config), sts::Client::new(config))
    }
}
