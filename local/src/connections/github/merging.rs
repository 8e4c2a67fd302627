//! The commits that GitHub makes when it merges.

use super::super::people;
use super::super::pulls::PullRequest;
use crate::repository::{Commit, Error, Held, Merge, Told};

/// Who commits what is merged there: name and address.
pub(super) const COMMITTER: (&str, &str) = ("GitHub", "noreply@github.com");

/// Brings a pull request into its destination, and gives that one's new head; none where it does not fit by itself. `title`
/// and `message` are what the commit says, unless it is what GitHub says by itself.
pub(super) struct Merging<'a> {
    pub(super) held: &'a Held,
    pub(super) pull: &'a PullRequest,
    /// The owner of the repository that its branch is in.
    pub(super) owner: &'a str,
    /// The login of who merges.
    pub(super) by: &'a str,
    pub(super) title: Option<String>,
    pub(super) message: Option<String>,
}

impl Merging<'_> {
    /// A commit of who merges joins both.
    pub(super) async fn merge(self) -> Result<Option<String>, Error> {
        let pull = self.pull;
        let title = format!("Merge pull request #{} from {}/{}", pull.number, self.owner, pull.source_branch);
        let message = told(&self.title.unwrap_or(title), self.message.as_deref().unwrap_or(&pull.title));
        commit(self.held, pull, Merge::ThreeWay, &message, self.by).await
    }

    /// One commit of who opened the pull request has everything, and names who else wrote some of it.
    pub(super) async fn squash(self) -> Result<Option<String>, Error> {
        let pull = self.pull;
        let author = pull.story.opened_by.as_deref().unwrap_or(self.by);
        let base = self.held.head(&pull.destination_branch).await?.id;
        let commits = self.held.commits(&base, &pull.head).await?;
        let title = self.title.unwrap_or_else(|| format!("{} (#{})", pull.title, pull.number));
        let body = told(&self.message.unwrap_or_else(|| listed(&commits)), &others(&commits, author));
        commit(self.held, pull, Merge::Squash, &told(&title, &body), author).await
    }

    /// Its commits are made anew by who merges, and GitHub vouches for none of them.
    pub(super) async fn rebase(self) -> Result<Option<String>, Error> {
        let committer = (self.by, people::address(self.by));
        self.held.rebase(&self.pull.head, &self.pull.destination_branch, (committer.0, &committer.1)).await
    }
}

async fn commit(
    held: &Held,
    pull: &PullRequest,
    how: Merge,
    message: &str,
    author: &str,
) -> Result<Option<String>, Error> {
    let address = people::address(author);
    let told = Told { message, by: (author, &address) };
    held.merge_for(&pull.head, &pull.destination_branch, how, told, COMMITTER).await
}

/// Two paragraphs, where both have something to say.
fn told(first: &str, second: &str) -> String {
    if second.is_empty() { first.to_owned() } else { format!("{first}\n\n{second}") }
}

/// What the commits say, where there are several.
fn listed(commits: &[Commit]) -> String {
    let lines: Vec<String> = commits.iter().map(|one| format!("* {}", one.message)).collect();
    if lines.len() > 1 { lines.join("\n\n") } else { String::new() }
}

/// Those who wrote some of the commits, beside the author.
fn others(commits: &[Commit], author: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    let others = commits.iter().map(|one| &one.author).filter(|one| one.email != people::address(author));
    for line in others.map(|one| format!("Co-authored-by: {} <{}>", one.name, one.email)) {
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines.join("\n")
}
