//! Where a repository's pull requests are.

mod codecommit;
mod github;

use super::PrError;
use crate::cli::account::Kind;
use crate::cli::client::ClientError;
use crate::cli::preview::{Repository, Target};
use codecommit::CodeCommit;
use github::GitHub;

/// A pull request as its host has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pull {
    pub(super) number: u64,
    pub(super) title: String,
    /// The branch that it would merge.
    pub(super) branch: String,
    /// The branch that it would merge into.
    pub(super) into: String,
    pub(super) state: State,
    /// Whether its branch is in another repository.
    pub(super) is_fork: bool,
}

/// Where a pull request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Open,
    Closed,
    Merged,
}

/// A pull request to be opened.
#[derive(Debug, Clone, Copy)]
pub(super) struct New<'a> {
    pub(super) title: &'a str,
    pub(super) branch: &'a str,
    pub(super) into: &'a str,
    /// The number that it should have; only the local cloud does as one wishes.
    pub(super) number: Option<u64>,
}

/// The host of a repository.
pub(super) enum Host {
    CodeCommit(CodeCommit),
    /// The local cloud's, behind a connection.
    GitHub(GitHub),
}

impl Host {
    pub(super) fn of(target: &Target, repository: &Repository) -> Self {
        match (&target.account.kind, repository.is_connected) {
            (Kind::Local { access_key, .. }, true) => {
                Self::GitHub(GitHub::new(target.endpoint(), &repository.name, access_key))
            }
            (kind, _) => {
                let is_local = matches!(kind, Kind::Local { .. });
                Self::CodeCommit(CodeCommit::new(&target.account.sdk, &repository.name, is_local))
            }
        }
    }

    /// Whether a closed pull request can be opened again.
    pub(super) fn reopens(&self) -> bool {
        matches!(self, Self::GitHub(_))
    }

    /// The pull request of this number, if the repository has one.
    pub(super) async fn pull(&self, number: u64) -> Result<Option<Pull>, ClientError> {
        match self {
            Self::CodeCommit(host) => host.pull(number).await,
            Self::GitHub(host) => Ok(host.pull(number).await?),
        }
    }

    /// All that are open, the newest first.
    pub(super) async fn open_ones(&self) -> Result<Vec<Pull>, ClientError> {
        match self {
            Self::CodeCommit(host) => host.open_ones().await,
            Self::GitHub(host) => Ok(host.open_ones().await?),
        }
    }

    /// Opens one.
    pub(super) async fn open(&self, new: New<'_>) -> Result<Pull, ClientError> {
        match self {
            Self::CodeCommit(host) => host.open(new).await,
            Self::GitHub(host) => Ok(host.open(new).await?),
        }
    }

    /// Opens one again.
    pub(super) async fn reopen(&self, number: u64) -> Result<(), ClientError> {
        match self {
            Self::CodeCommit(_) => Err(PrError::StaysClosed(number).into()),
            Self::GitHub(host) => Ok(host.turn(number, "open").await?),
        }
    }

    /// Closes one.
    pub(super) async fn close(&self, number: u64) -> Result<(), ClientError> {
        match self {
            Self::CodeCommit(host) => Ok(host.close(number).await?),
            Self::GitHub(host) => Ok(host.turn(number, "closed").await?),
        }
    }
}
