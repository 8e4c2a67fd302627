//! What lies between two commits.

use super::Error;
use super::commit::{self, Commit};
use super::git;
use super::held::Held;

/// How much one commit has changed since another.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Extent {
    /// New lines.
    pub additions: u64,
    /// Lines that are gone.
    pub deletions: u64,
    /// Files that are not the same.
    pub files: u64,
}

impl Held {
    /// A commit, by its id, the beginning of that, or the name of a branch or a tag.
    ///
    /// # Errors
    /// When git fails.
    pub async fn find(&self, name: &str) -> Result<Option<Commit>, Error> {
        let wanted = format!("{name}^{{commit}}");
        match self.git.line(&["rev-parse", "--verify", "--quiet", "--end-of-options", &wanted]).await {
            Ok(id) => commit::show(&self.git, id).await.map(Some),
            // What git cannot make out is the name of nothing.
            Err(git::Error::Failed { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The commits that `head` has and `base` has not, the oldest first.
    ///
    /// # Errors
    /// When git fails.
    pub async fn commits(&self, base: &str, head: &str) -> Result<Vec<Commit>, Error> {
        commit::list(&self.git, &["--topo-order", "--reverse", &format!("{base}..{head}"), "--"]).await
    }

    /// Where a branch has been on its way from one commit to another, the oldest first, `to` included.
    ///
    /// # Errors
    /// When git fails.
    pub async fn steps(&self, from: &str, to: &str) -> Result<Vec<String>, Error> {
        let listed = self.git.run(&["rev-list", "--first-parent", "--reverse", &format!("{from}..{to}"), "--"]).await?;
        Ok(listed.lines().map(str::to_owned).collect())
    }

    /// How much `head` changes, since it parted from `base`.
    ///
    /// # Errors
    /// When git fails.
    pub async fn extent(&self, base: &str, head: &str) -> Result<Extent, Error> {
        let fork = self.merge_base(base, head).await?;
        let from = fork.as_deref().unwrap_or(base);
        let listed = self.git.run(&["diff", "--numstat", "--no-renames", from, head, "--"]).await?;
        Ok(listed.lines().fold(Extent::default(), Extent::with))
    }
}

impl Extent {
    /// A line of `--numstat`: `1\t2\tfile`, with `-` for the lines of what is no text.
    fn with(self, line: &str) -> Self {
        let mut numbers = line.split('\t').map(|number| number.parse::<u64>().unwrap_or_default());
        let mut next = || numbers.next().unwrap_or_default();
        Self { additions: self.additions + next(), deletions: self.deletions + next(), files: self.files + 1 }
    }
}
