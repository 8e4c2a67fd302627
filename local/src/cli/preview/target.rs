//! Where a service's source is pushed to, and who sees to its previews.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::json;

use super::seen::FUNCTION;
use super::{PreviewError, tell};
use crate::cli::account::{Account, Default};
use crate::cli::args;
use crate::cli::client::ClientError;
use crate::cli::function::Function;
use crate::cli::push;
use crate::cli::service::Service;
use crate::cli::setup::{Released, Setup};
use crate::cli::source::{Remote, Source};
use crate::connections::CLONE_PATH;
use crate::repository::Commit;

/// A service that has, or may have, previews.
pub(in crate::cli) struct Target {
    pub(in crate::cli) service: Service,
    pub(in crate::cli) account: Account,
}

/// The repository of a service.
#[derive(Debug, Clone)]
pub(in crate::cli) struct Repository {
    /// Its name there.
    pub(in crate::cli) name: String,
    /// The branch that is released.
    pub(in crate::cli) released: String,
    /// Whether it is behind a connection.
    pub(in crate::cli) is_connected: bool,
    /// How git gets in.
    remote: Remote,
}

/// A folder as it stands, as a commit of a branch that is not pushed yet.
pub(in crate::cli) struct Taken {
    source: Source,
    commit: Commit,
    /// Where the branch is, if it is there.
    head: Option<String>,
    /// Where it begins.
    base: Option<String>,
}

impl Target {
    pub(in crate::cli) async fn open(folder: &Path, caller: &args::Caller) -> Result<Self, ClientError> {
        let service = Service::find(folder)?;
        let account = Account::open(caller.name.as_deref(), Default::Caller).await?;
        Ok(Self { service, account })
    }

    /// The function that sees to its previews.
    pub(in crate::cli) fn function(&self) -> Function {
        Function::of(FUNCTION, &self.service.name, &self.account)
    }

    /// The function that keeps the leases of their stacks.
    pub(in crate::cli) fn leases(&self) -> Function {
        Function::of("lease", &self.service.name, &self.account)
    }

    /// The repository of a service that is set up.
    pub(in crate::cli) async fn repository(&self) -> Result<Repository, ClientError> {
        let not_set_up = || PreviewError::NotSetUp(self.service.name.clone());
        Ok(self.found().await?.ok_or_else(not_set_up)?)
    }

    /// The same; none where a push would set the service up.
    pub(in crate::cli) async fn found(&self) -> Result<Option<Repository>, ClientError> {
        let setup = Setup::new(&self.account.sdk, &self.service.name);
        match setup.released().await? {
            Some(released) => self.place(&setup, released).await.map(Some),
            None if self.account.is_local() => Ok(None),
            None => Err(ClientError::NotDeployed(self.service.name.clone())),
        }
    }

    /// Sets the service up as a push does, where that was never done, and says so.
    pub(in crate::cli) async fn made(&self, found: Option<Repository>, json: bool) -> Result<Repository, ClientError> {
        let setup = Setup::new(&self.account.sdk, &self.service.name);
        let Some(found) = found else {
            let text = push::push(&self.service, &self.account, &BTreeMap::new()).await?.text();
            tell(json, &text, json!({"status": "SetUp", "message": text}));
            return self.repository().await;
        };
        // A cloud that goes on may have a pipeline that a flowgate without previews made.
        if self.account.is_local() && !setup.is_busy().await? && setup.is_outdated().await? {
            setup.make_pipeline(&BTreeMap::new()).await?;
        }
        Ok(found)
    }

    async fn place(&self, setup: &Setup<'_>, released: Released) -> Result<Repository, ClientError> {
        let remote = |url| Remote { url, access: self.account.kind.clone() };
        match released {
            Released::Branch { repository, branch } => {
                let url = setup.repository(&repository).await?;
                let url = url.ok_or_else(|| ClientError::NoRepository(repository.clone()))?;
                Ok(Repository { name: repository, released: branch, is_connected: false, remote: remote(url) })
            }
            Released::Connected { repository, branch } if self.account.is_local() => {
                let url = format!("{}{CLONE_PATH}/{repository}", self.endpoint());
                Ok(Repository { name: repository, released: branch, is_connected: true, remote: remote(url) })
            }
            Released::Connected { repository, .. } => Err(PreviewError::Elsewhere(repository).into()),
            Released::Other => Err(PreviewError::NoRepository(self.service.name.clone()).into()),
        }
    }

    /// Where the local cloud is.
    pub(in crate::cli) fn endpoint(&self) -> &str {
        self.account.sdk.endpoint_url().unwrap_or_default().trim_end_matches('/')
    }

    /// Takes the folder as it stands on top of that branch, or of what is released where that branch is new.
    pub(in crate::cli) async fn take(&self, repository: &Repository, branch: &str) -> Result<Taken, ClientError> {
        let source = push::source(&self.service, branch)?;
        let head = source.fetch(&repository.remote).await?;
        let base = match &head {
            Some(head) => Some(head.clone()),
            None => source.begin(&repository.remote, &repository.released).await?,
        };
        let commit = source.take().await?;
        Ok(Taken { source, commit, head, base })
    }
}

impl Taken {
    /// The commit that the branch is at once it is pushed.
    pub(in crate::cli) fn commit(&self) -> &str {
        &self.commit.id
    }

    /// Whether the branch is elsewhere then than it was.
    pub(in crate::cli) fn is_new(&self) -> bool {
        self.head.as_ref() != Some(&self.commit.id)
    }

    /// Sees to it that a new branch has a commit that what is released has not.
    pub(in crate::cli) async fn on_its_own(mut self) -> Result<Self, ClientError> {
        if self.head.is_none() && self.base.as_ref() == Some(&self.commit.id) {
            self.commit.id = self.source.mark(&self.commit).await?;
        }
        Ok(self)
    }

    pub(in crate::cli) async fn push(&self, repository: &Repository) -> Result<(), ClientError> {
        Ok(self.source.push(&repository.remote).await?)
    }
}
