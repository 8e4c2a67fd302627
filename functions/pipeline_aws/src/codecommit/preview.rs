//! A pull request as previews need it.

use aws_sdk_codecommit::{
    operation::{get_branch::GetBranchError, get_pull_request::GetPullRequestError},
    types::{PullRequest, PullRequestStatusEnum, PullRequestTarget},
};
use jiff::{Timestamp, Unit};
use pipeline_core::{
    ports::PortError,
    preview::pull::{Pull, PullStatus},
};

use crate::{
    codecommit::{CodeCommit, pulls::short},
    error::port_error,
};

/// A pull request, and what it is about in the repository.
pub(super) struct Shown {
    told: PullRequest,
    pub(super) target: PullRequestTarget,
}

impl CodeCommit {
    /// The pull request of this number, if the repository has one.
    pub(crate) async fn numbered(&self, repository: &str, number: u64) -> Result<Option<Pull>, PortError> {
        let Some(shown) = self.shown(repository, number).await? else { return Ok(None) };
        let name = short(shown.target.source_reference());
        let branch = self.has_branch(repository, name).await?.then(|| name.to_owned());
        shown.pull(number, branch).map(Some).map_err(|why| strange(number, why))
    }

    /// The same, as CodeCommit tells of it. Numbers are an account's: one of another repository is none of ours.
    pub(super) async fn shown(&self, repository: &str, number: u64) -> Result<Option<Shown>, PortError> {
        let answer = match self.0.get_pull_request().pull_request_id(number.to_string()).send().await {
            Ok(answer) => answer,
            Err(error) if error.as_service_error().is_some_and(is_none) => return Ok(None),
            Err(error) => return Err(port_error(&format!("read pull request {number}"), &error)),
        };
        let told = answer.pull_request.filter(|told| told.pull_request_id() == Some(&number.to_string()));
        let told = told.ok_or_else(|| strange(number, "CodeCommit answered without it"))?;
        if told.pull_request_targets().is_empty() {
            return Err(strange(number, "CodeCommit does not tell which repository it is of"));
        }
        let mut targets = told.pull_request_targets().iter();
        let target = targets.find(|target| target.repository_name() == Some(repository)).cloned();
        Ok(target.map(|target| Shown { told, target }))
    }

    async fn has_branch(&self, repository: &str, name: &str) -> Result<bool, PortError> {
        let asked = self.0.get_branch().repository_name(repository).branch_name(name).send().await;
        let Err(error) = asked else { return Ok(true) };
        match error.as_service_error() {
            Some(GetBranchError::BranchDoesNotExistException(_)) => Ok(false),
            Some(GetBranchError::RepositoryDoesNotExistException(_)) => {
                Err(PortError::NotFound { what: format!("repository {repository}") })
            }
            _ => Err(port_error(&format!("read branch {name} of repository {repository}"), &error)),
        }
    }
}

fn is_none(error: &GetPullRequestError) -> bool {
    error.is_pull_request_does_not_exist_exception() || error.is_invalid_pull_request_id_exception()
}

fn strange(number: u64, why: &str) -> PortError {
    PortError::Unavailable { operation: format!("read pull request {number}"), detail: why.to_owned() }
}

impl Shown {
    fn pull(self, number: u64, branch: Option<String>) -> Result<Pull, &'static str> {
        let status = self.status().ok_or("CodeCommit does not tell whether it is open or closed")?;
        let head = self.target.source_commit().and_then(|commit| commit.parse().ok());
        let updated = self.told.last_activity_date().and_then(|at| Timestamp::from_nanosecond(at.as_nanos()).ok());
        // It comes as a fraction, which is inexact.
        let updated = updated.and_then(|at| at.round(Unit::Millisecond).ok());
        Ok(Pull {
            number,
            status,
            // CodeCommit has neither drafts nor forks.
            is_draft: false,
            is_fork: false,
            head: head.ok_or("CodeCommit does not tell its last commit")?,
            branch,
            author: self.told.author_arn.ok_or("CodeCommit does not tell who opened it")?,
            updated: updated.ok_or("CodeCommit does not tell when it was changed last")?,
        })
    }

    fn status(&self) -> Option<PullStatus> {
        let is_merged = self.target.merge_metadata().is_some_and(|merge| merge.is_merged);
        match self.told.pull_request_status()? {
            PullRequestStatusEnum::Open => Some(PullStatus::Open),
            PullRequestStatusEnum::Closed if is_merged => Some(PullStatus::Merged),
            PullRequestStatusEnum::Closed => Some(PullStatus::Closed),
            _ => None,
        }
    }
}
