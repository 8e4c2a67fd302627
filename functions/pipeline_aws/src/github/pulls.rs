//! The pull request that brought a commit.

use pipeline_core::{
    gate::source::{Identity, Maker, PullRequest, PullRequestState, Why},
    ids::CommitId,
    ports::PortError,
};

use crate::github::{
    GitHub,
    answers::{Commit, Pull, Review},
    makers::{author, committer},
    reviews::{GHOST, last},
};

/// The most commits of a pull request that GitHub tells of.
const MOST_COMMITS: usize = 250;

/// How many pages of a list are read, 100 on each.
const PAGES: usize = 10;

impl GitHub {
    /// The pull request that brought the commit to the branch, or else one that has it, or none.
    pub(crate) async fn pull_request(
        &self,
        repository: &str,
        commit: &CommitId,
        branch: &str,
    ) -> Result<Option<PullRequest>, PortError> {
        let what = format!("the pull requests of commit {commit} of {repository} on GitHub");
        let listed: Vec<Pull> = self.whole(repository, &format!("commits/{commit}/pulls"), &what).await?;
        let best = listed.iter().min_by_key(|pull| (rank(pull, commit, branch), pull.number));
        match best {
            Some(best) => self.read(repository, best.number, commit).await.map(Some),
            None => Ok(None),
        }
    }

    async fn read(&self, repository: &str, number: u64, commit: &CommitId) -> Result<PullRequest, PortError> {
        let (path, what) = (format!("pulls/{number}"), format!("pull request {number} of {repository} on GitHub"));
        let pull: Pull = self.0.one(repository, &path, &what).await?;
        let state = state(&pull, commit).map_err(|why| PortError::Unusable { what: what.clone(), why })?;
        let mut makers = vec![Maker {
            names: vec![Identity::Account(pull.user.clone().unwrap_or_else(|| GHOST.to_owned()))],
            why: Why::Proposed,
        }];
        makers.extend(self.contributors(repository, &pull, &what).await?);
        let reviews: Vec<Review> =
            self.whole(repository, &format!("{path}/reviews"), &format!("the reviews of {what}")).await?;
        let again: Pull = self.0.one(repository, &path, &what).await?;
        // I22: what was read in between may be of the one or of the other.
        if again != pull {
            return Err(changed(&what));
        }
        let Pull { base, head, .. } = pull;
        let reviews = last(reviews);
        Ok(PullRequest {
            number: number.to_string(),
            state,
            branch: base.name,
            revision: head.sha,
            makers,
            rules: None,
            reviews,
        })
    }

    /// Who wrote and committed its commits.
    async fn contributors(&self, repository: &str, pull: &Pull, what: &str) -> Result<Vec<Maker>, PortError> {
        let unusable = |why: String| PortError::Unusable { what: what.to_owned(), why };
        let count = pull.commits.ok_or_else(|| unusable("GitHub does not tell how many commits it has".to_owned()))?;
        if count > MOST_COMMITS {
            return Err(unusable(format!(
                "it has {count} commits, and GitHub names the authors of {MOST_COMMITS} only"
            )));
        }
        let path = format!("pulls/{}/commits", pull.number);
        let commits: Vec<Commit> = self.whole(repository, &path, &format!("the commits of {what}")).await?;
        if commits.len() != count {
            return Err(changed(what));
        }
        let mut makers = vec![];
        for told in commits.iter().flat_map(|told| [author(told, Why::Contributed), committer(told, Why::Contributed)])
        {
            makers.extend(told.filter(|maker| !makers.contains(maker)));
        }
        Ok(makers)
    }

    /// A list of which every page counts.
    async fn whole<T: serde::de::DeserializeOwned>(
        &self,
        repository: &str,
        path: &str,
        what: &str,
    ) -> Result<Vec<T>, PortError> {
        match self.0.list(repository, &format!("{path}?per_page=100"), what, PAGES).await? {
            (all, true) => Ok(all),
            (all, false) => {
                Err(PortError::Unusable { what: what.to_owned(), why: format!("there are more than {}", all.len()) })
            }
        }
    }
}

fn changed(what: &str) -> PortError {
    PortError::Unavailable { operation: format!("read {what}"), detail: "it changed while it was read".to_owned() }
}

/// What is looked at first, the lowest.
fn rank(pull: &Pull, commit: &CommitId, branch: &str) -> u8 {
    let into = pull.base.name == branch;
    let merged = pull.merged_at.is_some();
    match (into, merged) {
        (true, true) if is_merged_as(pull, commit) => 0,
        (true, true) => 1,
        (true, false) if pull.state == "open" => 2,
        _ => 3,
    }
}

/// Merged as this commit; or with it as its last, so that it was reviewed as it is.
fn is_merged_as(pull: &Pull, commit: &CommitId) -> bool {
    let is_it = |sha: &str| sha.eq_ignore_ascii_case(commit.as_str());
    pull.merged_at.is_some() && (pull.merge_commit_sha.as_deref().is_some_and(is_it) || is_it(&pull.head.sha))
}

fn state(pull: &Pull, commit: &CommitId) -> Result<PullRequestState, String> {
    match &pull.state[..] {
        _ if is_merged_as(pull, commit) => Ok(PullRequestState::Merged),
        _ if pull.merged_at.is_some() => {
            let merged = pull.merge_commit_sha.as_deref().unwrap_or("another commit");
            Err(format!("it was merged as {merged}, and {commit} is only a part of it: release what it was merged as"))
        }
        "open" => Ok(PullRequestState::Open),
        _ => Ok(PullRequestState::Closed),
    }
}
