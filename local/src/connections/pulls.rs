//! Pull requests: pure rules, and the file of a repository that keeps them.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::pipeline::definition::PullRequestEvent;
use crate::repository::{self, files};

const FILE: &str = "pulls.json";

/// Whether it can still be merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Status {
    Open,
    Closed,
}

/// What is to be merged where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PullRequest {
    pub(super) number: u64,
    pub(super) title: String,
    pub(super) source_branch: String,
    pub(super) destination_branch: String,
    pub(super) status: Status,
    /// The commit that its branch is at, or was when it was closed.
    pub(super) head: String,
    /// What older ones have nothing of.
    #[serde(default)]
    pub(super) story: Story,
}

/// What happened to a pull request.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Story {
    /// The login of who opened it.
    pub(super) opened_by: Option<String>,
    pub(super) body: Option<String>,
    /// It is not to be merged yet.
    pub(super) draft: bool,
    /// The repository that its branch is in, where that is another one.
    pub(super) fork: Option<String>,
    /// Where its destination was when its head was last pushed.
    pub(super) base: String,
    pub(super) opened: Timestamp,
    pub(super) updated: Timestamp,
    pub(super) closed: Option<Timestamp>,
    pub(super) merged: Option<Merged>,
    pub(super) reviews: Vec<Review>,
}

/// How a pull request came into its destination.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Merged {
    /// The login of who merged it.
    pub(super) by: Option<String>,
    /// The commit that brought it there.
    pub(super) commit: String,
    /// Where the destination was before.
    pub(super) base: String,
}

/// Something that somebody said of a pull request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Review {
    pub(super) id: u64,
    /// Their login.
    pub(super) user: String,
    pub(super) body: String,
    pub(super) verdict: Verdict,
    /// The commit that they looked at; the pull request may have another head by now.
    pub(super) commit: String,
    pub(super) submitted: Option<Timestamp>,
}

/// What a review says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum Verdict {
    /// Nothing yet, for it is not submitted.
    Pending,
    Commented,
    Approved,
    ChangesRequested,
    /// It was one of both, which counts no more.
    Dismissed,
}

impl PullRequest {
    pub(super) fn is_open(&self) -> bool {
        self.status == Status::Open
    }

    /// The owner of the repository that its branch is in, where `own` is that of its own.
    pub(super) fn owner<'a>(&'a self, own: &'a str) -> &'a str {
        self.story.fork.as_deref().and_then(|fork| fork.split_once('/')).map_or(own, |(owner, _)| owner)
    }

    pub(super) fn close(&mut self, at: Timestamp) {
        if self.is_open() {
            self.status = Status::Closed;
            self.story.closed = Some(at);
            self.story.updated = at;
        }
    }

    /// Its commits are others.
    pub(super) fn moved_to(&mut self, head: &str, base: &str, at: Timestamp) {
        if self.head != head {
            head.clone_into(&mut self.head);
            base.clone_into(&mut self.story.base);
            self.story.updated = at;
        }
    }
}

/// What a pull request has become of what it was.
pub(super) fn event(before: Option<&PullRequest>, now: &PullRequest) -> Option<PullRequestEvent> {
    let was_open = before.is_some_and(PullRequest::is_open);
    match (was_open, now.is_open()) {
        (false, true) => Some(PullRequestEvent::Open),
        (true, false) => Some(PullRequestEvent::Closed),
        (true, true) if before.is_some_and(|before| before.head != now.head) => Some(PullRequestEvent::Updated),
        _ => None,
    }
}

/// The pull requests of one repository, by their numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Pulls(pub(super) BTreeMap<u64, PullRequest>);

impl Pulls {
    pub(super) fn read(directory: &Path) -> Result<Self, repository::Error> {
        let all: Vec<PullRequest> = files::read(&directory.join(FILE))?.unwrap_or_default();
        Ok(Self(all.into_iter().map(|one| (one.number, one)).collect()))
    }

    pub(super) fn write(&self, directory: &Path) -> Result<(), repository::Error> {
        files::write(&directory.join(FILE), &self.0.values().collect::<Vec<_>>())
    }
}

#[cfg(test)]
mod tests {
    use PullRequestEvent::{Closed, Open, Updated};

    use super::*;

    fn pull_request(status: Status, head: &str) -> PullRequest {
        let [title, source_branch, destination_branch] = ["t", "topic", "main"].map(str::to_owned);
        let (head, story) = (head.to_owned(), Story::default());
        PullRequest { number: 1, title, source_branch, destination_branch, status, head, story }
    }

    #[test]
    fn a_pull_request_is_opened_updated_and_closed_and_what_is_said_twice_is_nothing() {
        let open = |head| pull_request(Status::Open, head);
        let closed = |head| pull_request(Status::Closed, head);
        for (before, now, expected) in [
            (None, open("1"), Some(Open)),
            (Some(open("1")), open("1"), None),
            (Some(open("1")), open("2"), Some(Updated)),
            (Some(open("1")), closed("1"), Some(Closed)),
            (Some(closed("1")), closed("1"), None),
            (Some(closed("1")), open("1"), Some(Open)),
        ] {
            assert_eq!(event(before.as_ref(), &now), expected, "{before:?} {now:?}");
        }
    }

    #[test]
    fn what_an_older_flowgate_wrote_is_read() {
        let kept = r#"[{"number": 1, "title": "t", "sourceBranch": "topic", "destinationBranch": "main",
            "status": "OPEN", "head": "1"}]"#;
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join(FILE), kept).unwrap();
        let expected = Pulls(BTreeMap::from([(1, pull_request(Status::Open, "1"))]));
        assert_eq!(Pulls::read(directory.path()).unwrap(), expected);
    }

    #[test]
    fn what_is_written_is_read() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(Pulls::read(directory.path()).unwrap(), Pulls::default());
        let pulls = Pulls(BTreeMap::from([(1, pull_request(Status::Open, "1"))]));
        pulls.write(directory.path()).unwrap();
        assert_eq!(Pulls::read(directory.path()).unwrap(), pulls);
    }
}
