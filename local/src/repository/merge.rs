//! Merges into a branch, without a work tree.

use super::compare::merge_base;
use super::git::{self, Git, Signed};
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
        self.merge_for(from, into, how, told, told.by).await
    }

    /// Likewise, where `told.by` has somebody else make the commit: a name and an address.
    ///
    /// # Errors
    /// When there is no such branch, or git fails.
    pub async fn merge_for(
        &self,
        from: &str,
        into: &str,
        how: Merge,
        told: Told<'_>,
        committer: (&str, &str),
    ) -> Result<Option<String>, Error> {
        let head = self.head(into).await?.id;
        let made = match how {
            Merge::FastForward => {
                let base = self.merge_base(&head, from).await?;
                base.filter(|base| *base == head).map(|_| from.to_owned())
            }
            Merge::Squash => self.joined(&head, from, &[&head], told, committer).await?,
            Merge::ThreeWay => self.joined(&head, from, &[&head, from], told, committer).await?,
        };
        if let Some(made) = &made {
            self.advance(into, &head, made).await?;
        }
        Ok(made)
    }

    /// Whether two commits can be joined without anybody's help.
    ///
    /// # Errors
    /// When git fails.
    pub async fn can_join(&self, ours: &str, theirs: &str) -> Result<bool, Error> {
        Ok(self.tree_of_both(ours, theirs).await?.is_some())
    }

    /// Moves a branch on; the old value makes one that lost a race fail instead of undoing the other.
    pub(super) async fn advance(&self, branch: &str, from: &str, to: &str) -> Result<(), Error> {
        self.git.run(&["update-ref", &Reference::branch(branch).to_string(), to, from]).await?;
        Ok(())
    }

    async fn joined(
        &self,
        ours: &str,
        theirs: &str,
        parents: &[&str],
        told: Told<'_>,
        committer: (&str, &str),
    ) -> Result<Option<String>, Error> {
        let Some(tree) = self.tree_of_both(ours, theirs).await? else { return Ok(None) };
        let signed = Signed { committer, ..Signed::by(told.by) };
        Ok(Some(self.git.commit_tree(&tree, parents, told.message, signed).await?))
    }

    /// What has no commit in common is not merged by itself.
    async fn tree_of_both(&self, ours: &str, theirs: &str) -> Result<Option<String>, Error> {
        match self.merge_base(ours, theirs).await? {
            Some(_) => merged_tree(&self.git, &[ours, theirs]).await,
            None => Ok(None),
        }
    }
}

/// The tree of a merge; none where it has conflicts.
pub(super) async fn merged_tree(git: &Git, what: &[&str]) -> Result<Option<String>, Error> {
    match git.line(&[&["merge-tree", "--write-tree", "--no-messages"], what].concat()).await {
        Ok(tree) => Ok(Some(tree)),
        // Conflicts are told on the output alone.
        Err(git::Error::Failed { message, .. }) if message.is_empty() => Ok(None),
        Err(error) => Err(error.into()),
    }
}
