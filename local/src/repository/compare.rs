//! What one commit has that another has not.

use super::Error;
use super::commit::{self, Commit};
use super::git::{self, Git};
use super::held::Held;

impl Held {
    /// The head of a branch, as it is now.
    ///
    /// # Errors
    /// When there is no such branch, or git fails.
    pub async fn head(&self, branch: &str) -> Result<Commit, Error> {
        let no_branch = || Error::NoBranch { repository: self.name().to_owned(), branch: branch.to_owned() };
        let id = self.git.branches().await?.remove(branch).ok_or_else(no_branch)?;
        commit::show(&self.git, id).await
    }

    /// The branch that a clone checks out, which need not be there yet.
    ///
    /// # Errors
    /// When git fails.
    pub async fn default_branch(&self) -> Result<String, Error> {
        Ok(self.git.default_branch().await?)
    }

    /// The files that are not the same in two commits.
    ///
    /// # Errors
    /// When git fails.
    pub async fn changed(&self, from: &str, to: &str) -> Result<Vec<String>, Error> {
        changed(&self.git, from, to).await
    }

    /// The files that `head` changes, since it parted from `base`.
    ///
    /// # Errors
    /// When git fails.
    pub async fn changed_since(&self, base: &str, head: &str) -> Result<Vec<String>, Error> {
        let fork = merge_base(&self.git, base, head).await?;
        changed(&self.git, fork.as_deref().unwrap_or(base), head).await
    }

    /// Whether `head` has everything of `commit`.
    ///
    /// # Errors
    /// When git fails.
    pub async fn contains(&self, head: &str, commit: &str) -> Result<bool, Error> {
        Ok(merge_base(&self.git, head, commit).await?.as_deref() == Some(commit))
    }
}

async fn changed(git: &Git, from: &str, to: &str) -> Result<Vec<String>, Error> {
    let listed = git.run(&["diff", "--name-only", "--no-renames", "-z", from, to, "--"]).await?;
    Ok(listed.split('\0').filter(|name| !name.is_empty()).map(str::to_owned).collect())
}

/// Where two commits part; none where they have nothing in common.
pub(super) async fn merge_base(git: &Git, one: &str, other: &str) -> Result<Option<String>, Error> {
    match git.line(&["merge-base", one, other]).await {
        Ok(id) => Ok(Some(id)),
        // It fails without a word then.
        Err(git::Error::Failed { message, .. }) if message.is_empty() => Ok(None),
        Err(error) => Err(error.into()),
    }
}
