//! Where revisions come from: CodeCommit and GitHub.

use aws_types::SdkConfig;
use pipeline_core::{
    gate::source::{Made, PullRequest, ReadSource, Repository},
    ids::CommitId,
    ports::PortError,
};

use crate::{
    codecommit::CodeCommit,
    environment::{Environment, InvalidVariable},
    github::GitHub,
};

/// The repositories that a release may come from.
#[derive(Debug)]
pub struct Sources {
    /// Those of our account and region.
    pub codecommit: CodeCommit,
    /// Those on GitHub.
    pub github: GitHub,
}

impl Sources {
    /// GitHub as [`GitHub::of_environment`].
    pub fn new(config: &SdkConfig, environment: &Environment<'_>) -> Result<Self, InvalidVariable> {
        Ok(Self { codecommit: CodeCommit::new(config), github: GitHub::of_environment(config, environment)? })
    }
}

impl ReadSource for Sources {
    async fn made(
        &self,
        repository: &Repository,
        branch: &str,
        commit: &CommitId,
        since: Option<&CommitId>,
    ) -> Result<Made, PortError> {
        match repository {
            Repository::CodeCommit(name) => self.codecommit.made(name, commit, since).await,
            Repository::GitHub(name) => self.github.made(name, branch, commit, since).await,
        }
    }

    async fn pull_request(
        &self,
        repository: &Repository,
        commit: &CommitId,
        branch: &str,
    ) -> Result<Option<PullRequest>, PortError> {
        match repository {
            Repository::CodeCommit(name) => self.codecommit.pull_request(name, commit, branch).await,
            Repository::GitHub(name) => self.github.pull_request(name, commit, branch).await,
        }
    }
}
