//! Who made a commit.

use pipeline_core::{
    gate::source::{Identity, Maker, Why},
    ids::CommitId,
    ports::PortError,
};

use crate::github::{
    GitHub,
    answers::{Activity, Commit, Signature},
};

/// How many pages of what happened to a repository are read, the newest first, 100 on each.
const PAGES: usize = 10;

/// The account by which GitHub commits what is merged or edited on its pages.
const WEB: &str = "web-flow";

impl GitHub {
    /// Everybody who is known to have written, committed or pushed the commit.
    pub(crate) async fn makers(&self, repository: &str, commit: &CommitId) -> Result<Vec<Maker>, PortError> {
        let what = format!("commit {commit} of {repository} on GitHub");
        let told: Commit = self.0.one(repository, &format!("commits/{commit}?per_page=1"), &what).await?;
        if !told.sha.eq_ignore_ascii_case(commit.as_str()) {
            return Err(PortError::Unavailable {
                operation: format!("read {what}"),
                detail: "GitHub answered with another one".to_owned(),
            });
        }
        let mut makers = self.pushers(repository, commit).await?;
        makers.extend(author(&told, Why::Wrote));
        makers.extend(committer(&told, Why::Committed));
        Ok(makers)
    }

    /// Each who had a branch point at it: by a push, by force, by a merge, with a new branch.
    async fn pushers(&self, repository: &str, commit: &CommitId) -> Result<Vec<Maker>, PortError> {
        let what = format!("the activity in {repository} on GitHub");
        let (all, _) = self.0.list::<Activity>(repository, "activity?per_page=100", &what, PAGES).await?;
        let mut makers = vec![];
        for activity in all.into_iter().filter(|activity| activity.after.eq_ignore_ascii_case(commit.as_str())) {
            // I24: an unknown pusher is not nobody.
            let actor = activity.actor.ok_or_else(|| PortError::Unusable {
                what: format!("commit {commit} of {repository} on GitHub"),
                why: "GitHub does not tell who pushed it; release another commit".to_owned(),
            })?;
            let maker = Maker { names: vec![Identity::Account(actor)], why: Why::Pushed };
            if !makers.contains(&maker) {
                makers.push(maker);
            }
        }
        Ok(makers)
    }
}

/// Who wrote a commit, if it says so.
pub(super) fn author(told: &Commit, why: Why) -> Option<Maker> {
    maker(told.author.as_ref(), told.said.author.as_ref(), why)
}

/// Who committed it, if that is not GitHub itself, which signs what it commits.
pub(super) fn committer(told: &Commit, why: Why) -> Option<Maker> {
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
