//! CodeCommit's pull requests.

use aws_config::SdkConfig;
use aws_sdk_codecommit::Client;
use aws_sdk_codecommit::types::{MergeMetadata, PullRequest, PullRequestStatusEnum, PullRequestTarget, Target};

use super::{New, Pull, State};
use crate::cli::call::{CallError, Called as _};
use crate::cli::client::ClientError;
use crate::cli::pr::PrError;

/// What the local cloud takes as the wish for a number.
const WISH: &str = "flowgate-pull-request-";

pub(in crate::cli::pr) struct CodeCommit {
    client: Client,
    repository: String,
    is_local: bool,
}

impl CodeCommit {
    pub(super) fn new(sdk: &SdkConfig, repository: &str, is_local: bool) -> Self {
        Self { client: Client::new(sdk), repository: repository.to_owned(), is_local }
    }

    pub(super) async fn pull(&self, number: u64) -> Result<Option<Pull>, ClientError> {
        let Some(found) = self.find(number).await? else { return Ok(None) };
        read(&found, &self.repository).map(Some).ok_or_else(|| PrError::Elsewhere(number).into())
    }

    async fn find(&self, number: u64) -> Result<Option<PullRequest>, CallError> {
        let subject = format!("pull request {number}");
        let found = self.client.get_pull_request().pull_request_id(number.to_string()).send().await;
        match found.called("GetPullRequest", &subject) {
            Ok(found) => Ok(found.pull_request),
            Err(error) if error.code() == Some("PullRequestDoesNotExistException") => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(super) async fn open_ones(&self) -> Result<Vec<Pull>, ClientError> {
        let request = self.client.list_pull_requests().repository_name(&self.repository);
        let request = request.pull_request_status(PullRequestStatusEnum::Open);
        let mut pages = request.into_paginator().send();
        let mut pulls = Vec::new();
        while let Some(page) = pages.next().await {
            for id in page.called("ListPullRequests", &self.repository)?.pull_request_ids {
                let Ok(number) = id.parse() else { continue };
                // One that goes meanwhile is none.
                let found = self.find(number).await?;
                pulls.extend(found.and_then(|found| read(&found, &self.repository)));
            }
        }
        Ok(pulls)
    }

    pub(super) async fn open(&self, new: New<'_>) -> Result<Pull, ClientError> {
        let target = Target::builder().repository_name(&self.repository).source_reference(new.branch);
        let target = target.destination_reference(new.into).build();
        let target = target.map_err(|error| CallError::unsent("CreatePullRequest", &self.repository, &error))?;
        // AWS remembers what it was asked with a token, and would answer another wish for the number with that.
        let wish = new.number.filter(|_| self.is_local).map(|number| format!("{WISH}{number}"));
        let request = self.client.create_pull_request().title(new.title).targets(target);
        let made = request.set_client_request_token(wish).send().await;
        let made = made.called("CreatePullRequest", &self.repository)?.pull_request;
        let pull = made.as_ref().and_then(|made| read(made, &self.repository));
        Ok(pull.ok_or_else(|| self.unclear())?)
    }

    fn unclear(&self) -> CallError {
        let detail = format!("it answered no pull request of repository {}", self.repository);
        CallError::Unreachable { operation: "CreatePullRequest", detail }
    }

    pub(super) async fn close(&self, number: u64) -> Result<(), CallError> {
        let request = self.client.update_pull_request_status().pull_request_id(number.to_string());
        let closed = request.pull_request_status(PullRequestStatusEnum::Closed).send().await;
        closed.called("UpdatePullRequestStatus", &format!("pull request {number}")).map(drop)
    }
}

/// A pull request of this repository; none of another.
fn read(pull: &PullRequest, repository: &str) -> Option<Pull> {
    let target = pull.pull_request_targets().first()?;
    if target.repository_name() != Some(repository) {
        return None;
    }
    let branch = |reference: Option<&str>| {
        let reference = reference.unwrap_or_default();
        reference.strip_prefix("refs/heads/").unwrap_or(reference).to_owned()
    };
    Some(Pull {
        number: pull.pull_request_id()?.parse().ok()?,
        title: pull.title().unwrap_or_default().to_owned(),
        branch: branch(target.source_reference()),
        into: branch(target.destination_reference()),
        state: state(pull, target),
        is_fork: false,
    })
}

fn state(pull: &PullRequest, target: &PullRequestTarget) -> State {
    let is_merged = target.merge_metadata().is_some_and(MergeMetadata::is_merged);
    match pull.pull_request_status() {
        _ if is_merged => State::Merged,
        Some(PullRequestStatusEnum::Closed) => State::Closed,
        _ => State::Open,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pull_request_is_of_one_repository_and_open_closed_or_merged() {
        let pull = |repository: &str, status: PullRequestStatusEnum, is_merged: bool| {
            let target = PullRequestTarget::builder()
                .repository_name(repository)
                .source_reference("refs/heads/feature/a")
                .destination_reference("main")
                .merge_metadata(MergeMetadata::builder().is_merged(is_merged).build());
            let pull = PullRequest::builder().pull_request_id("7").title("A").pull_request_status(status);
            read(&pull.pull_request_targets(target.build()).build(), "shop")
        };
        let open = pull("shop", PullRequestStatusEnum::Open, false).unwrap();
        assert_eq!((open.number, &*open.branch, &*open.into, open.state), (7, "feature/a", "main", State::Open));
        assert_eq!(pull("shop", PullRequestStatusEnum::Closed, false).unwrap().state, State::Closed);
        assert_eq!(pull("shop", PullRequestStatusEnum::Closed, true).unwrap().state, State::Merged);
        assert_eq!(pull("other", PullRequestStatusEnum::Open, false), None);
    }
}
