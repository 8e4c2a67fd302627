//! The pull request that brought a commit.

use std::cmp::Reverse;

use aws_sdk_codecommit::types::{self, Commit, PullRequestStatusEnum, PullRequestTarget};
use pipeline_core::{
    gate::source::{Identity, Maker, PullRequest, PullRequestState, Why},
    ids::CommitId,
    ports::PortError,
};

use crate::{
    codecommit::{
        CodeCommit,
        makers::{add, contributed, ids},
        walk::Lost,
    },
    error::port_error,
    pages,
};

/// How many pull requests are looked at, the newest first: CodeCommit does not find one by its commit.
const MOST: usize = 200;

/// A pull request, and what it is about in the repository.
struct Pull {
    id: String,
    told: types::PullRequest,
    target: PullRequestTarget,
}

/// How much a pull request has to do with a commit, the most first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// It was merged into the branch, as this commit or with it as its last.
    Brought,
    /// It was merged so, but into another branch.
    Elsewhere,
    /// It would bring the commit.
    Open,
    /// It was closed, and would have brought it.
    Closed,
}

impl CodeCommit {
    /// The pull request that brought the commit to the branch, or else one that has it, or none.
    pub(crate) async fn pull_request(
        &self,
        repository: &str,
        commit: &CommitId,
        branch: &str,
    ) -> Result<Option<PullRequest>, PortError> {
        match self.find(repository, commit, branch).await? {
            Some((pull, Rank::Brought | Rank::Elsewhere)) => self.read(repository, pull).await.map(Some),
            Some((pull, rank)) => Ok(Some(unmerged(pull, rank))),
            None => Ok(None),
        }
    }

    async fn find(&self, repository: &str, commit: &CommitId, branch: &str) -> Result<Option<(Pull, Rank)>, PortError> {
        let ids = self.ids(repository).await?;
        let mut best: Option<(Pull, Rank)> = None;
        for id in ids.iter().take(MOST) {
            let pull = self.pull(repository, id).await?;
            let Some(rank) = rank(&pull, commit, branch) else { continue };
            if rank == Rank::Brought {
                return Ok(Some((pull, rank)));
            }
            if best.as_ref().is_none_or(|(_, other)| rank < *other) {
                best = Some((pull, rank));
            }
        }
        if best.is_none() && ids.len() > MOST {
            return Err(PortError::Unusable {
                what: format!("commit {commit} of repository {repository}"),
                why: format!("none of the newest {MOST} pull requests brought it, and older ones are not looked at"),
            });
        }
        Ok(best)
    }

    /// The numbers of all, the newest first.
    async fn ids(&self, repository: &str) -> Result<Vec<String>, PortError> {
        let operation = format!("list the pull requests of repository {repository}");
        let ids = pages::all(&operation, async |token| {
            let request = self.0.list_pull_requests().repository_name(repository).set_next_token(token);
            let answer = request.send().await.map_err(|error| match error.as_service_error() {
                Some(refused) if refused.is_repository_does_not_exist_exception() => {
                    PortError::NotFound { what: format!("repository {repository}") }
                }
                _ => port_error(&operation, &error),
            })?;
            Ok((answer.pull_request_ids, answer.next_token))
        });
        let mut ids = ids.await?;
        // In which order they come is not documented.
        ids.sort_by_key(|id| Reverse(id.parse::<u64>().unwrap_or_default()));
        Ok(ids)
    }

    async fn pull(&self, repository: &str, id: &str) -> Result<Pull, PortError> {
        let operation = format!("read pull request {id}");
        let answer = self.0.get_pull_request().pull_request_id(id).send().await;
        let told = answer.map_err(|error| port_error(&operation, &error))?.pull_request;
        let target = told.as_ref().and_then(|told| {
            let targets = told.pull_request_targets();
            targets.iter().find(|target| target.repository_name() == Some(repository)).cloned()
        });
        let detail = "CodeCommit answered without it".to_owned();
        let (told, target) = told.zip(target).ok_or(PortError::Unavailable { operation, detail })?;
        Ok(Pull { id: id.to_owned(), told, target })
    }

    async fn read(&self, repository: &str, pull: Pull) -> Result<PullRequest, PortError> {
        let Pull { id, told, target } = &pull;
        let revision = told.revision_id().unwrap_or_default();
        let rules = self.rules(id, revision, told.approval_rules()).await?;
        let reviews = self.approvals(id, revision).await?;
        let commits = self.brought(repository, id, target).await?;
        let mut makers = proposed(told);
        makers.extend(merged(target));
        add(&mut makers, contributed(&commits));
        // I22: what was read in between may be of the one or of the other.
        let again = self.pull(repository, id).await?;
        if again.told != *told {
            return Err(PortError::Unavailable {
                operation: format!("read pull request {id}"),
                detail: "it changed while it was read".to_owned(),
            });
        }
        let commits = ids(&commits).collect();
        Ok(PullRequest { makers, commits, rules: Some(rules), reviews, ..unmerged(pull, Rank::Brought) })
    }

    /// Its commits: those that its source has and its destination had not.
    async fn brought(&self, repository: &str, id: &str, target: &PullRequestTarget) -> Result<Vec<Commit>, PortError> {
        let unusable = |why: String| PortError::Unusable { what: format!("pull request {id}"), why };
        let base = target.merge_base().or(target.destination_commit());
        let (Some(source), Some(base)) = (target.source_commit(), base) else {
            return Err(unusable("CodeCommit does not tell its commits".to_owned()));
        };
        self.between(repository, base, source).await.map_err(|lost| match lost {
            Lost::Many(why) => unusable(format!("that is {why}")),
            Lost::Base => unusable(format!("commit {base}, at which it parted, is not in the repository")),
            Lost::Other(error) => error,
        })
    }
}

/// Who merged it: the event of the push need not tell.
fn merged(target: &PullRequestTarget) -> Option<Maker> {
    let by = target.merge_metadata()?.merged_by()?;
    Some(Maker { names: vec![Identity::Principal(by.to_owned())], why: Why::Pushed })
}

fn proposed(told: &types::PullRequest) -> Vec<Maker> {
    let by = told.author_arn().map(|arn| Identity::Principal(arn.to_owned()));
    by.map(|by| Maker { names: vec![by], why: Why::Proposed }).into_iter().collect()
}

/// One of which no more needs to be known.
fn unmerged(Pull { id, told, target }: Pull, rank: Rank) -> PullRequest {
    let state = match rank {
        Rank::Brought | Rank::Elsewhere => PullRequestState::Merged,
        Rank::Open => PullRequestState::Open,
        Rank::Closed => PullRequestState::Closed,
    };
    PullRequest {
        number: id,
        state,
        branch: short(target.destination_reference()).to_owned(),
        revision: told.revision_id().unwrap_or_default().to_owned(),
        makers: proposed(&told),
        commits: vec![],
        rules: None,
        reviews: vec![],
    }
}

fn rank(pull: &Pull, commit: &CommitId, branch: &str) -> Option<Rank> {
    let Pull { told, target, .. } = pull;
    let is_it = |told: Option<&str>| told == Some(commit.as_str());
    let merge = target.merge_metadata().filter(|merge| merge.is_merged);
    match merge {
        // A fast-forward makes no commit, and CodeCommit need not name one.
        Some(merge) if is_it(merge.merge_commit_id()) || is_it(target.source_commit()) => {
            let into = short(target.destination_reference()) == branch;
            Some(if into { Rank::Brought } else { Rank::Elsewhere })
        }
        None if is_it(target.source_commit()) => {
            let open = told.pull_request_status() == Some(&PullRequestStatusEnum::Open);
            Some(if open { Rank::Open } else { Rank::Closed })
        }
        _ => None,
    }
}

pub(super) fn short(reference: Option<&str>) -> &str {
    let reference = reference.unwrap_or_default();
    reference.strip_prefix("refs/heads/").unwrap_or(reference)
}
