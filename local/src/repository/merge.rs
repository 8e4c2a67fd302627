//! Merges into a branch, without a work tree.

use super::compare::merge_base;
use super::git;
use super::held::Held;
use super::{Error, Reference};

/// How one branch comes into another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Merge {
    /// The branch moves on to the commit, which has all that it has.
    FastForward,
    /// One commit makes all the changes.
    Squash,
    /// A commit joins both.
    ThreeWay,
}

/// What a commit that merges says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told<'a> {
    /// Its message.
    pub message: &'a str,
    /// Name and address of who makes it.
    pub by: (&'a str, &'a str),
}

impl Held {
    /// Where two commits part; none where they have nothing in common.
    ///
    /// # Errors
    /// When git fails.
    pub async fn merge_base(&self, one: &str, other: &str) -> Result<Option<String>, Error> {
        merge_base(&self.git, one, other).await
    }

    /// Brings a commit into a branch, and gives the branch's new head; none where both cannot be joined so by themselves.
    ///
    /// # Errors
    /// When there is no such branch, or git fails.
    pub async fn merge(&self, from: &str, into: &str, how: Merge, told: Told<'_>) -> Result<Option<String>, Error> {
        let head = self.head(into).await?.id;
        let made = match how {
            Merge::FastForward => {
                let base = self.merge_base(&head, from).await?;
                base.filter(|base| *base == head).map(|_| from.to_owned())
            }
            Merge::Squash => self.joined(&head, from, &[&head], told).await?,
            Merge::ThreeWay => self.joined(&head, from, &[&head, from], told).await?,
        };
        if let Some(made) = &made {
            let branch = Reference::branch(into).to_string();
            self.git.run(&["update-ref", &branch, made, &head]).await?;
        }
        Ok(made)
    }

    async fn joined(
        &self,
        ours: &str,
        theirs: &str,
        parents: &[&str],
        told: Told<'_>,
    ) -> Result<Option<String>, Error> {
        // What has no commit in common is not merged by itself.
        if self.merge_base(ours, theirs).await?.is_none() {
            return Ok(None);
        }
        let tree = match self.git.line(&["merge-tree", "--write-tree", "--no-messages", ours, theirs]).await {
            Ok(tree) => tree,
            // Conflicts are told on the output alone.
            Err(git::Error::Failed { message, .. }) if message.is_empty() => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        Ok(Some(self.git.commit_tree(&tree, parents, told.message, told.by).await?))
    }
}
