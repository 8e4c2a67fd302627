//! What a repository has of others that stand for its forks.

use std::ffi::OsStr;
use std::path::PathBuf;

use super::git::Git;
use super::held::Held;
use super::moves::Reference;
use super::record::Record;
use super::{Error, SUFFIX, Store, is_name};

impl Held {
    /// Takes over the head of another repository's branch, beside the own ones, for a pull request of this number. None when
    /// there is no such repository or branch.
    ///
    /// # Errors
    /// When git fails.
    pub(crate) async fn bring(&self, fork: &str, branch: &str, number: u64) -> Result<Option<String>, Error> {
        let Some(other) = self.other(fork) else { return Ok(None) };
        if !other.branches().await?.contains_key(branch) {
            return Ok(None);
        }
        let kept = format!("refs/pull/{number}/head");
        let refspec = format!("{}:{kept}", Reference::branch(branch));
        let options = ["fetch", "--quiet", "--no-tags", "--force", "--"].map(OsStr::new);
        self.git.remote(&[&options[..], &[other.directory().as_os_str(), refspec.as_ref()]].concat()).await?;
        Ok(Some(self.git.line(&["rev-parse", "--verify", "--end-of-options", &kept]).await?))
    }

    /// What is known of another repository, and its default branch; none when there is no such one.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) async fn fork(&self, name: &str) -> Result<Option<(Record, String)>, Error> {
        let Some(other) = self.other(name) else { return Ok(None) };
        let Some(record) = Record::read(other.directory())? else { return Ok(None) };
        Ok(Some((record, other.default_branch().await?)))
    }

    fn other(&self, name: &str) -> Option<Git> {
        let root = self.directory().ancestors().nth(self.name().split('/').count())?;
        let is_whole = name.split('/').count() == 2 && name.split('/').all(is_name);
        let other = is_whole.then(|| Git::new(root.join(format!("{name}{SUFFIX}"))))?;
        other.exists().then_some(other)
    }
}

impl Store {
    /// The names of all repositories that have an owner.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(crate) fn owned(&self) -> Result<Vec<String>, Error> {
        let failed = |source| Error::Files { path: self.root.clone(), source };
        let below = |directory: PathBuf| -> std::io::Result<Vec<PathBuf>> {
            let entries = std::fs::read_dir(directory)?.map(|entry| entry.map(|entry| entry.path()));
            entries.filter(|path| path.as_ref().map_or(true, |path| path.is_dir())).collect()
        };
        let mut names = Vec::new();
        for owner in below(self.root.clone()).map_err(failed)? {
            for repository in below(owner).map_err(failed)? {
                let name =
                    repository.strip_prefix(&self.root).ok().and_then(|path| path.to_str()?.strip_suffix(SUFFIX));
                names.extend(name.filter(|name| self.open(name).is_ok()).map(str::to_owned));
            }
        }
        names.sort();
        Ok(names)
    }
}
