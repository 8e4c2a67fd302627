//! Who made a commit, as the commit itself says. Who pushed it is recorded by the function `record`.

use aws_sdk_codecommit::types::{Commit, UserInfo};
use pipeline_core::{
    gate::source::{Identity, Maker, Why},
    ids::CommitId,
    ports::PortError,
};

use crate::{codecommit::CodeCommit, error::port_error};

impl CodeCommit {
    /// Who wrote the commit and who committed it, as far as it gives addresses.
    pub(crate) async fn makers(&self, repository: &str, commit: &CommitId) -> Result<Vec<Maker>, PortError> {
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
        let told = told.ok_or_else(|| PortError::Unavailable {
            operation: format!("read {what}"),
            detail: "CodeCommit answered without it".to_owned(),
        })?;
        Ok(signed(&told, Why::Wrote, Why::Committed))
    }
}

/// The author and the committer of a commit.
pub(super) fn signed(told: &Commit, wrote: Why, committed: Why) -> Vec<Maker> {
    let maker = |user: Option<&UserInfo>, why| {
        let address = user?.email().filter(|address| !address.trim().is_empty())?;
        Some(Maker { names: vec![Identity::Address(address.to_owned())], why })
    };
    maker(told.author(), wrote).into_iter().chain(maker(told.committer(), committed)).collect()
}
