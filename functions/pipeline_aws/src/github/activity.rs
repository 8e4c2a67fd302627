//! Who pushed commits, by what happened to branches: GitHub tells of the newest commit of each push.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use pipeline_core::{
    gate::source::{Identity, Maker, Why},
    ids::CommitId,
    ports::PortError,
};

use crate::github::{GitHub, answers::Activity};

/// How many pages of what happened are read, the newest first, 100 on each.
const PAGES: usize = 10;

/// What is safe in the value of a query.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// Changes of branches, the newest first.
#[derive(Debug)]
pub(super) struct Changes(Vec<Activity>);

impl GitHub {
    /// What happened to a branch of the repository, or to all, as far as it is looked back.
    pub(super) async fn changes(&self, repository: &str, branch: Option<&str>) -> Result<Changes, PortError> {
        let (path, of) = match branch {
            Some(branch) => {
                let name = utf8_percent_encode(branch, ESCAPED);
                (format!("activity?per_page=100&ref=refs/heads/{name}"), format!("branch {branch}"))
            }
            None => ("activity?per_page=100".to_owned(), "all branches".to_owned()),
        };
        let what = format!("the activity on {of} of {repository} on GitHub");
        self.0.list(repository, &path, &what, PAGES).await.map(|(changes, _)| Changes(changes))
    }
}

impl Changes {
    /// Those of one branch, which may be gone since: GitHub does not say whether it can be asked for then.
    pub(super) fn of(&self, branch: &str) -> Self {
        let name = format!("refs/heads/{branch}");
        Self(self.0.iter().filter(|change| change.reference == name).cloned().collect())
    }

    /// Those that brought the commit.
    pub(super) fn to<'a>(&'a self, commit: &'a CommitId) -> impl DoubleEndedIterator<Item = &'a Activity> {
        self.0.iter().filter(|change| change.after.eq_ignore_ascii_case(commit.as_str()))
    }

    /// Whether anything brought the commit.
    pub(super) fn have(&self, commit: &CommitId) -> bool {
        self.to(commit).next().is_some()
    }
}

/// Who brought the commit to the branch, at any time, and who brought it first at all. Who points another branch at it
/// later has no part in it.
pub(super) fn pushers(
    (on_branch, anywhere): (&Changes, &Changes),
    commit: &CommitId,
    why: Why,
) -> Result<Vec<Maker>, PortError> {
    let mut makers = vec![];
    for change in on_branch.to(commit).chain(anywhere.to(commit).next_back()) {
        // I24: an unknown pusher is not nobody.
        let actor = change.actor.clone().ok_or_else(|| PortError::Unusable {
            what: format!("commit {commit}"),
            why: "GitHub does not tell who pushed it; release another commit".to_owned(),
        })?;
        add(&mut makers, [Maker { names: vec![Identity::Account(actor)], why }]);
    }
    Ok(makers)
}

/// Adds each who is not among them.
pub(super) fn add(makers: &mut Vec<Maker>, others: impl IntoIterator<Item = Maker>) {
    for maker in others {
        if !makers.contains(&maker) {
            makers.push(maker);
        }
    }
}
