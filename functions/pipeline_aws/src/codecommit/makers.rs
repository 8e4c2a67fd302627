//! Who made a commit and the others that it adds to what was released before, as the commits themselves say. Who pushed it is recorded by the function `record`.

use aws_sdk_codecommit::types::{Commit, UserInfo};
use pipeline_core::{
    gate::source::{Identity, Made, Maker, Why},
    ids::CommitId,
    ports::PortError,
};

use crate::{
    codecommit::{CodeCommit, walk::Lost},
    error::port_error,
};

impl CodeCommit {
    /// Who wrote and committed what the commit adds to `since`, as far as it gives addresses.
    pub(crate) async fn made(
        &self,
        repository: &str,
        commit: &CommitId,
        since: Option<&CommitId>,
    ) -> Result<Made, PortError> {
        let own = self.commit(repository, commit).await?;
        let mut makers = signed(&own, Why::Wrote, Why::Committed);
        let mut commits = vec![commit.clone()];
        if let Some(since) = since.filter(|since| *since != commit) {
            let others = self.between(repository, since.as_str(), commit.as_str()).await;
            let others = others.map_err(|lost| lost.error(repository, commit, since))?;
            let others: Vec<Commit> =
                others.into_iter().filter(|other| other.commit_id() != Some(commit.as_str())).collect();
            add(&mut makers, contributed(&others));
            commits.extend(ids(&others));
        }
        Ok(Made { makers, commits })
    }

    async fn commit(&self, repository: &str, commit: &CommitId) -> Result<Commit, PortError> {
        let what = format!("commit {commit} of repository {repository}");
        let answer = self.0.get_commit().repository_name(repository).commit_id(commit.as_str()).send().await;
        let answer = answer.map_err(|error| match error.as_service_error() {
            Some(refused)
                if refused.is_commit_id_does_not_exist_exception()
                    || refused.is_repository_does_not_exist_exception() =>
            {
                PortError::NotFound { what: what.clone() }
            }
            _ => port_error(&format!("read {what}"), &error),
        })?;
        let told = answer.commit.filter(|told| told.commit_id() == Some(commit.as_str()));
        told.ok_or_else(|| PortError::Unavailable {
            operation: format!("read {what}"),
            detail: "CodeCommit answered without it".to_owned(),
        })
    }
}

impl Lost {
    fn error(self, repository: &str, commit: &CommitId, since: &CommitId) -> PortError {
        let what = format!("what commit {commit} of repository {repository} adds to {since}");
        let why = match self {
            Self::Many(why) => format!("that is {why}; release in smaller steps"),
            Self::Base => "the commit that was released before is not in the repository, so nobody knows who made \
                           what is new"
                .to_owned(),
            Self::Other(error) => return error,
        };
        PortError::Unusable { what, why }
    }
}

/// The ids of these commits. They are those that were asked for, so all are ids.
pub(super) fn ids(commits: &[Commit]) -> impl Iterator<Item = CommitId> {
    commits.iter().filter_map(|commit| commit.commit_id()?.parse().ok())
}

/// Who wrote and committed several commits.
pub(super) fn contributed(commits: &[Commit]) -> impl Iterator<Item = Maker> {
    commits.iter().flat_map(|commit| signed(commit, Why::Contributed, Why::Contributed))
}

/// Adds each who is not among them.
pub(super) fn add(makers: &mut Vec<Maker>, others: impl Iterator<Item = Maker>) {
    for maker in others {
        if !makers.contains(&maker) {
            makers.push(maker);
        }
    }
}

/// The author and the committer of a commit.
fn signed(told: &Commit, wrote: Why, committed: Why) -> Vec<Maker> {
    let maker = |user: Option<&UserInfo>, why| {
        let address = user?.email().filter(|address| !address.trim().is_empty())?;
        Some(Maker { names: vec![Identity::Address(address.to_owned())], why })
    };
    maker(told.author(), wrote).into_iter().chain(maker(told.committer(), committed)).collect()
}
