//! The pull request that brought a commit.

use pipeline_core::{
    gate::source::{Identity, Maker, PullRequest, PullRequestState, Why},
    ids::CommitId,
    ports::PortError,
};

use crate::github::{
    GitHub,
    activity::{add, pushers},
    answers::{Commit, Pull, Review},
    makers::{contributed, identified, strange, unusable},
    reviews::{GHOST, last},
};

/// The most commits of a pull request that GitHub tells of.
const MOST_COMMITS: usize = 250;

/// How many pages of a list are read, 100 on each.
const PAGES: usize = 10;

/// How GitHub merges.
const MERGES: [&str; 2] = ["pr_merge", "merge_queue_merge"];

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
        let state = state(&pull, commit).map_err(|why| unusable(&what, why))?;
        let commits = self.commits(repository, &pull, &what).await?;
        let mut makers = vec![proposed(&pull)];
        add(&mut makers, commits.iter().flat_map(|(_, told)| contributed(told)));
        let commits: Vec<CommitId> = commits.into_iter().map(|(id, _)| id).collect();
        if state == PullRequestState::Merged {
            let what = format!("commit {commit}, as which {what} was merged,");
            add(&mut makers, self.updated(repository, &pull, commit, &commits, &what).await?);
        }
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
            commits,
            rules: None,
            reviews,
        })
    }

    /// Its commits, the newest first.
    async fn commits(&self, repository: &str, pull: &Pull, what: &str) -> Result<Vec<(CommitId, Commit)>, PortError> {
        let untold = || unusable(what, "GitHub does not tell how many commits it has".to_owned());
        let count = pull.commits.ok_or_else(untold)?;
        if count > MOST_COMMITS {
            let why = format!("it has {count} commits, and GitHub names the authors of {MOST_COMMITS} only");
            return Err(unusable(what, why));
        }
        let path = format!("pulls/{}/commits", pull.number);
        let commits: Vec<Commit> = self.whole(repository, &path, &format!("the commits of {what}")).await?;
        if commits.len() != count {
            return Err(changed(what));
        }
        identified(commits.into_iter(), what)
    }

    /// Who pushed its commits.
    async fn updated(
        &self,
        repository: &str,
        pull: &Pull,
        commit: &CommitId,
        commits: &[CommitId],
        what: &str,
    ) -> Result<Vec<Maker>, PortError> {
        if pull.head.repo.is_none() || pull.head.repo != pull.base.repo {
            let why = "it is from a fork, and GitHub does not tell who pushed there".to_owned();
            return Err(unusable(what, why));
        }
        self.check_merge(repository, pull, commit, what).await?;
        let anywhere = self.changes(repository, None).await?;
        let on_head = anywhere.of(&pull.head.name);
        let is_tip = |commit: &&CommitId| pull.head.sha.eq_ignore_ascii_case(commit.as_str());
        // I24: who brought its tip to the branch need not be who brought it elsewhere before.
        let is_known = commits.iter().find(is_tip).is_some_and(|tip| on_head.have(tip));
        let why = if is_known { Why::Updated } else { Why::Contributed };
        let mut makers = vec![];
        for commit in commits {
            add(&mut makers, pushers((&on_head, &anywhere), commit, why)?);
        }
        Ok(makers)
    }

    /// I24: whoever pushes a merge of their own makes GitHub say that the pull request was merged as that, whatever it
    /// brings besides. Only what is its last commit itself, or what GitHub merged, was reviewed.
    async fn check_merge(&self, repository: &str, pull: &Pull, commit: &CommitId, what: &str) -> Result<(), PortError> {
        if pull.head.sha.eq_ignore_ascii_case(commit.as_str()) {
            return Ok(());
        }
        let on_base = self.changes(repository, Some(&pull.base.name)).await?;
        if on_base.to(commit).any(|change| MERGES.contains(&&change.kind[..])) {
            return Ok(());
        }
        if on_base.have(commit) {
            return Err(unusable(what, "it was merged by a push, which nobody reviewed".to_owned()));
        }
        Err(strange(&format!("how {what} came to its branch"), "GitHub does not tell yet"))
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
    strange(what, "it changed while it was read")
}

fn proposed(pull: &Pull) -> Maker {
    let by = pull.user.clone().unwrap_or_else(|| GHOST.to_owned());
    Maker { names: vec![Identity::Account(by)], why: Why::Proposed }
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
