//! The local source store: bare git repositories that stand in for CodeCommit and GitHub.
//!
//! A push takes a directory as it is, uncommitted changes included, and makes a real commit of it. Only git's plumbing is
//! used, with an index of its own and without the user's configuration, so hooks and odd settings cannot interfere.

mod commit;
mod compare;
pub(crate) mod files;
mod fork;
mod git;
mod held;
mod merge;
mod moves;
mod range;
mod rebase;
mod record;

use std::fs::File;
use std::path::{Path, PathBuf};

pub use commit::{Commit, Signature};
use git::Git;
pub(crate) use git::isolate;
pub use held::{Held, NEUTRAL, committer};
pub use merge::{Merge, Told};
pub use moves::{Move, RefKind, Reference};
pub use range::Extent;
pub use record::Record;
use uuid::Uuid;

/// What every repository's directory ends in.
const SUFFIX: &str = ".git";
/// What the file ends in that is held while it is changed.
const LOCK: &str = ".lock";
/// The longest name that CodeCommit allows.
const NAME_LIMIT: usize = 100;

/// Why the store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The name cannot be a repository's.
    #[error(
        "repository name {0:?} is not one: use up to 100 letters, digits, `.`, `_` and `-`, no `.git` or `.lock` at the end, at most \
         one `/` between owner and name"
    )]
    Name(String),
    /// Nothing was ever pushed under that name.
    #[error("repository {0} does not exist: push to it first")]
    NoRepository(String),
    /// There is one of that name.
    #[error("repository {0} exists already")]
    Exists(String),
    /// The repository has no such branch.
    #[error("repository {repository} has no branch {branch}: push to it first")]
    NoBranch {
        /// The repository's name.
        repository: String,
        /// The branch's name.
        branch: String,
    },
    /// The repository has no such commit.
    #[error("repository {repository} has no commit {id:?}: give the whole id of one that was pushed")]
    NoCommit {
        /// The repository's name.
        repository: String,
        /// What was asked for.
        id: String,
    },
    /// There is nothing to push.
    #[error("{0} is not a directory")]
    NoDirectory(PathBuf),
    /// There is nothing in it.
    #[error("{0} holds no file that git would take: is everything ignored?")]
    Empty(PathBuf),
    /// Another push could not be waited for.
    #[error("cannot lock {}: {source}; check the state directory", path.display())]
    Lock {
        /// The lock's file.
        path: PathBuf,
        /// What went wrong.
        source: std::io::Error,
    },
    /// What is kept beside a repository cannot be used.
    #[error("cannot use {}: {source}; check the state directory", path.display())]
    Files {
        /// The file or directory.
        path: PathBuf,
        /// What went wrong.
        source: std::io::Error,
    },
    /// git could not be started, or failed.
    #[error(transparent)]
    Git(#[from] git::Error),
    /// git answered something unexpected.
    #[error("git described commit {0} in a way that cannot be read")]
    Answer(String),
}

/// All repositories below one directory.
#[derive(Debug, Clone)]
pub struct Store {
    root: PathBuf,
}

impl Store {
    /// The store of a state directory.
    pub fn new(state: &Path) -> Self {
        // git runs in other directories, where a relative path would be another one.
        Self { root: absolute(&state.join("repositories")) }
    }

    /// The directory that holds them all.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The directory of a repository.
    ///
    /// # Errors
    /// When there is none of that name.
    pub(crate) fn directory(&self, repository: &str) -> Result<PathBuf, Error> {
        self.open(repository).map(|git| git.directory().to_owned())
    }

    /// Makes sure that there is a repository of that name.
    ///
    /// # Errors
    /// When there is none, or it cannot be a repository's name.
    pub fn check(&self, repository: &str) -> Result<(), Error> {
        self.open(repository).map(drop)
    }

    /// Makes an empty repository.
    ///
    /// # Errors
    /// When there is one of that name, or it cannot be made.
    pub async fn create(&self, repository: &str, description: Option<String>) -> Result<Record, Error> {
        let git = Git::new(self.path(repository)?);
        let _lock = self.lock(repository).await?;
        if git.exists() {
            return Err(Error::Exists(repository.to_owned()));
        }
        git.init().await?;
        Record::make(git.directory(), description)
    }

    /// Removes a repository with all that was pushed to it, and names what was removed.
    ///
    /// # Errors
    /// When its files cannot be removed.
    pub async fn delete(&self, repository: &str) -> Result<Option<Uuid>, Error> {
        let held = match self.hold(repository).await {
            Err(Error::NoRepository(_)) => return Ok(None),
            held => held?,
        };
        let id = held.record()?.id;
        let failed = |source| Error::Files { path: self.root.clone(), source };
        // Out of the way in one step: half a repository would count as a whole one.
        let grave = tempfile::tempdir_in(&self.root).map_err(failed)?;
        std::fs::rename(held.directory(), grave.path().join("repository")).map_err(failed)?;
        grave.close().map_err(failed)?;
        Ok(Some(id))
    }

    /// The names of all repositories that have no owner.
    fn names(&self) -> Result<Vec<String>, Error> {
        let failed = |source| Error::Files { path: self.root.clone(), source };
        let entries = match std::fs::read_dir(&self.root) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(failed)?,
        };
        let files: Vec<_> = entries.collect::<Result<_, _>>().map_err(failed)?;
        let names = files.iter().filter_map(|file| Some(file.file_name().to_str()?.strip_suffix(SUFFIX)?.to_owned()));
        let mut names: Vec<String> = names.filter(|name| self.open(name).is_ok()).collect();
        names.sort();
        Ok(names)
    }

    /// What is known of a repository itself.
    ///
    /// # Errors
    /// When there is none of that name, or it cannot be read.
    pub async fn record(&self, repository: &str) -> Result<Record, Error> {
        let git = self.open(repository)?;
        match Record::read(git.directory())? {
            Some(record) => Ok(record),
            None => self.hold(repository).await?.record(),
        }
    }

    /// All repositories that have no owner, as CodeCommit's have none, with what is known of each. Nobody is waited for:
    /// what is gone by now, or cannot be read, is left out.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn list(&self) -> Result<Vec<(String, Record)>, Error> {
        let record = |name: String| {
            let record = Record::read(self.open(&name).ok()?.directory()).ok().flatten()?;
            Some((name, record))
        };
        Ok(self.names()?.into_iter().filter_map(record).collect())
    }

    /// The branch that a clone checks out, once it is there.
    ///
    /// # Errors
    /// When there is no such repository, or git fails.
    pub async fn default_branch(&self, repository: &str) -> Result<Option<String>, Error> {
        let git = self.open(repository)?;
        let branch = git.default_branch().await?;
        Ok(git.branches().await?.contains_key(&branch).then_some(branch))
    }

    /// Keeps everybody else from moving the branches of a repository, for as long as the answer is kept.
    ///
    /// # Errors
    /// When there is no such repository, or it cannot be locked.
    pub async fn hold(&self, repository: &str) -> Result<Held, Error> {
        // Nothing is left behind for a repository that does not exist; one that does may go while we wait.
        self.open(repository)?;
        let lock = self.lock(repository).await?;
        Held::new(repository, self.open(repository)?.under(lock)).await
    }

    /// Likewise, and makes the repository when there is none.
    ///
    /// # Errors
    /// When it cannot be made or locked.
    pub async fn hold_or_create(&self, repository: &str) -> Result<Held, Error> {
        let lock = self.lock(repository).await?;
        let git = Git::new(self.path(repository)?).under(lock);
        if !git.exists() {
            git.init().await?;
            Record::make(git.directory(), None)?;
        }
        Held::new(repository, git).await
    }

    /// Makes the branch's head what `source` holds, as [`Held::take`] does, and makes the repository when there is none.
    ///
    /// # Errors
    /// When the source cannot be read or git fails.
    pub async fn push(&self, source: &str, repository: &str, branch: &str) -> Result<Commit, Error> {
        let held = self.hold_or_create(repository).await?;
        let commit = held.take(source, branch).await?;
        held.settle().await?;
        Ok(commit)
    }

    /// The head of a branch.
    ///
    /// # Errors
    /// When there is no such repository or branch, or git fails.
    pub async fn head(&self, repository: &str, branch: &str) -> Result<Commit, Error> {
        let store = self.open(repository)?;
        let no_branch = || Error::NoBranch { repository: repository.to_owned(), branch: branch.to_owned() };
        let id = store.branches().await?.remove(branch).ok_or_else(no_branch)?;
        commit::show(&store, id).await
    }

    /// A commit by its whole id.
    ///
    /// # Errors
    /// When there is no such repository or commit, or git fails.
    pub async fn commit(&self, repository: &str, id: &str) -> Result<Commit, Error> {
        let store = self.open(repository)?;
        // Anything but a whole id could be an option or a moving name, and an annotated tag has an id of its own.
        if !commit::is_id(id) || store.line(&["cat-file", "-t", id]).await.ok().as_deref() != Some("commit") {
            return Err(Error::NoCommit { repository: repository.to_owned(), id: id.to_owned() });
        }
        commit::show(&store, id.to_owned()).await
    }

    /// A commit's files as a zip.
    ///
    /// # Errors
    /// When there is no such repository or commit, or git fails.
    pub async fn archive(&self, repository: &str, commit: &str) -> Result<Vec<u8>, Error> {
        Ok(self.open(repository)?.bytes(&["archive", "--format=zip", commit]).await?)
    }

    /// Keeps everybody else from giving numbers to what all repositories have in common.
    pub(crate) async fn numbering(&self) -> Result<File, Error> {
        lock(self.root.join(".numbering.lock")).await
    }

    fn open(&self, repository: &str) -> Result<Git, Error> {
        let store = Git::new(self.path(repository)?);
        if store.exists() { Ok(store) } else { Err(Error::NoRepository(repository.to_owned())) }
    }

    /// Held while a repository is made, moved or removed; whoever is killed lets go of it.
    async fn lock(&self, repository: &str) -> Result<File, Error> {
        lock(self.path(repository)?.with_extension("lock")).await
    }

    fn path(&self, repository: &str) -> Result<PathBuf, Error> {
        let parts: Vec<&str> = repository.split('/').collect();
        if parts.len() <= 2 && parts.iter().all(|part| is_name(part)) {
            Ok(self.root.join(format!("{repository}{SUFFIX}")))
        } else {
            Err(Error::Name(repository.to_owned()))
        }
    }
}

async fn lock(path: PathBuf) -> Result<File, Error> {
    let place = path.clone();
    let locked = tokio::task::spawn_blocking(move || {
        place.parent().map_or(Ok(()), std::fs::create_dir_all)?;
        let file = File::options().read(true).write(true).create(true).truncate(false).open(place)?;
        file.lock()?;
        Ok(file)
    });
    let locked = locked.await.unwrap_or_else(|error| Err(std::io::Error::other(error)));
    locked.map_err(|source| Error::Lock { path, source })
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

fn is_name(part: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let length = (1..=NAME_LIMIT).contains(&part.len());
    // What begins with a dot, and locks, are our own files beside them.
    let reserved = part.starts_with(['.', '-']) || part.ends_with(SUFFIX) || part.ends_with(LOCK);
    length && part.chars().all(allowed) && !reserved
}

#[cfg(test)]
#[path = "repository/tests.rs"]
mod tests;
