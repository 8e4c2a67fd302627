//! Who made a commit, and the others that it adds to what was released before.

use pipeline_core::{
    gate::source::{Identity, Made, Maker, Why},
    ids::CommitId,
    ports::PortError,
};

use crate::github::{
    GitHub,
    activity::{add, pushers},
    answers::{Commit, Comparison, Signature},
};

/// The most commits that a release may add, and the pages that they are on.
const MOST: usize = 250;
const PAGES: usize = MOST.div_ceil(100);

/// The account by which GitHub commits what is merged or edited on its pages.
const WEB: &str = "web-flow";

impl GitHub {
    /// Everybody who is known to have written, committed or pushed what the commit adds to `since`.
    pub(crate) async fn made(
        &self,
        repository: &str,
        branch: &str,
        commit: &CommitId,
        since: Option<&CommitId>,
    ) -> Result<Made, PortError> {
        let what = format!("commit {commit} of {repository} on GitHub");
        let told: Commit = self.0.one(repository, &format!("commits/{commit}?per_page=1"), &what).await?;
        if !told.sha.eq_ignore_ascii_case(commit.as_str()) {
            return Err(strange(&what, "GitHub answered with another one"));
        }
        let others = match since.filter(|since| *since != commit) {
            Some(since) => self.others(repository, commit, since).await?,
            None => vec![],
        };
        let others: Vec<(CommitId, Commit)> = others.into_iter().filter(|(id, _)| id != commit).collect();
        let commits: Vec<CommitId> =
            std::iter::once(commit.clone()).chain(others.iter().map(|(id, _)| id.clone())).collect();
        let mut makers = self.pushed(repository, branch, &commits).await?;
        add(&mut makers, author(&told, Why::Wrote).into_iter().chain(committer(&told, Why::Committed)));
        add(&mut makers, others.iter().flat_map(|(_, other)| contributed(other)));
        Ok(Made { makers, commits })
    }

    /// All commits that one has and another has not, the newest first.
    async fn others(
        &self,
        repository: &str,
        commit: &CommitId,
        since: &CommitId,
    ) -> Result<Vec<(CommitId, Commit)>, PortError> {
        let what = format!("what commit {commit} of {repository} on GitHub adds to {since}");
        let path = format!("compare/{since}...{commit}?per_page=100");
        let (pages, _) = self.0.pages::<Comparison>(repository, &path, &what, PAGES).await.map_err(|error| {
            match error {
                // The commit itself was there a moment ago.
                PortError::NotFound { .. } => unusable(
                    &what,
                    "the commit that was released before is not in the repository, or has nothing in common with it, \
                     so nobody knows who made what is new"
                        .to_owned(),
                ),
                error => error,
            }
        })?;
        let total = pages.first().map_or(0, |page| page.total);
        if total > MOST {
            return Err(unusable(
                &what,
                format!("that is {total} commits, more than {MOST}; release in smaller steps"),
            ));
        }
        let commits = identified(pages.into_iter().flat_map(|page| page.commits), &what)?;
        let is_whole = commits.len() == total && (total == 0 || commits.iter().any(|(id, _)| id == commit));
        if is_whole { Ok(commits) } else { Err(strange(&what, "GitHub does not tell all of it")) }
    }

    /// Who pushed the first of these commits, and had a part in the others. That one must have come to the branch: who
    /// brought it there need not be who brought it elsewhere before (I24).
    async fn pushed(&self, repository: &str, branch: &str, commits: &[CommitId]) -> Result<Vec<Maker>, PortError> {
        let (on_branch, anywhere) =
            (self.changes(repository, Some(branch)).await?, self.changes(repository, None).await?);
        let mut makers = vec![];
        for (place, commit) in commits.iter().enumerate() {
            let is_known = place == 0 && on_branch.have(commit);
            let why = if is_known { Why::Pushed } else { Why::Contributed };
            add(&mut makers, pushers((&on_branch, &anywhere), commit, why)?);
        }
        Ok(makers)
    }
}

/// These commits with their ids; the oldest comes first, and the newest is first here.
pub(super) fn identified(
    commits: impl DoubleEndedIterator<Item = Commit>,
    what: &str,
) -> Result<Vec<(CommitId, Commit)>, PortError> {
    let identify = |told: Commit| match told.sha.to_ascii_lowercase().parse() {
        Ok(id) => Ok((id, told)),
        Err(_) => Err(strange(what, "GitHub tells of a commit without its id")),
    };
    commits.rev().map(identify).collect()
}

pub(super) fn strange(what: &str, detail: &str) -> PortError {
    PortError::Unavailable { operation: format!("read {what}"), detail: detail.to_owned() }
}

pub(super) fn unusable(what: &str, why: String) -> PortError {
    PortError::Unusable { what: what.to_owned(), why }
}

/// Who wrote and committed one commit of several.
pub(super) fn contributed(told: &Commit) -> impl Iterator<Item = Maker> {
    author(told, Why::Contributed).into_iter().chain(committer(told, Why::Contributed))
}

/// Who wrote a commit, if it says so.
fn author(told: &Commit, why: Why) -> Option<Maker> {
    maker(told.author.as_ref(), told.said.author.as_ref(), why)
}

/// Who committed it, if that is not GitHub itself, which signs what it commits.
fn committer(told: &Commit, why: Why) -> Option<Maker> {
    let signed = told.said.verification.as_ref().is_some_and(|verification| verification.verified);
    if signed && told.committer.as_deref() == Some(WEB) {
        return None;
    }
    maker(told.committer.as_ref(), told.said.committer.as_ref(), why)
}

fn maker(login: Option<&String>, signature: Option<&Signature>, why: Why) -> Option<Maker> {
    let address = signature.and_then(|signature| signature.email.clone()).filter(|address| !address.trim().is_empty());
    let names = login.cloned().map(Identity::Account).into_iter().chain(address.map(Identity::Address));
    Some(Maker { names: names.collect(), why }).filter(|maker| !maker.names.is_empty())
}
