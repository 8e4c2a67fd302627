//! The local source store: bare git repositories that stand in for CodeCommit and GitHub.
//!
//! A push takes a directory as it is, uncommitted changes included, and makes a real commit of it. Only git's plumbing is
//! used, with an index of its own and without the user's configuration, so hooks and odd settings cannot interfere.

mod git;

use std::ffi::OsStr;
use std::fs::File;
use std::path::{Path, PathBuf};

use git::Git;
use jiff::Timestamp;

/// Who commits when the user has told git no name.
const NEUTRAL: (&str, &str) = ("flowgate", "flowgate@localhost");

/// Why the store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The name cannot be a repository's.
    #[error(
        "repository name {0:?} is not one: use letters, digits, `.`, `_` and `-`, at most one `/` between owner and name"
    )]
    Name(String),
    /// Nothing was ever pushed under that name.
    #[error("repository {0} does not exist: push to it first")]
    NoRepository(String),
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
    /// git could not be started, or failed.
    #[error(transparent)]
    Git(#[from] git::Error),
    /// git answered something unexpected.
    #[error("git described commit {0} in a way that cannot be read")]
    Answer(String),
}

/// One commit of a repository of the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Its full hash.
    pub id: String,
    /// Its whole message, without the final newline.
    pub message: String,
    /// The author's name.
    pub author: String,
    /// When it was authored.
    pub author_date: Timestamp,
    /// When it was committed.
    pub committer_date: Timestamp,
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

    /// Makes the branch's head what `source` holds: a directory as it stands, or the branch (else HEAD) of a bare
    /// repository or a git URL. The same content again is the same commit.
    ///
    /// # Errors
    /// When the source cannot be read or git fails.
    pub async fn push(&self, source: &str, repository: &str, branch: &str) -> Result<Commit, Error> {
        let path = self.path(repository)?;
        let _one_at_a_time = lock(path.with_extension("lock")).await?;
        let store = self.open_or_create(repository).await?;
        let directory = absolute(Path::new(source));
        if is_url(source) {
            fetch(&store, source.as_ref(), branch).await?;
        } else if !directory.is_dir() {
            return Err(Error::NoDirectory(directory));
        } else if git::is_bare(&directory).await? {
            fetch(&store, directory.as_os_str(), branch).await?;
        } else {
            snapshot(&store, &directory, branch).await?;
        }
        self.head(repository, branch).await
    }

    /// The head of a branch.
    ///
    /// # Errors
    /// When there is no such repository or branch, or git fails.
    pub async fn head(&self, repository: &str, branch: &str) -> Result<Commit, Error> {
        let store = self.open(repository)?;
        let no_branch = || Error::NoBranch { repository: repository.to_owned(), branch: branch.to_owned() };
        let id = branch_head(&store, branch).await?.ok_or_else(no_branch)?;
        show(&store, id).await
    }

    /// A commit by its whole id.
    ///
    /// # Errors
    /// When there is no such repository or commit, or git fails.
    pub async fn commit(&self, repository: &str, id: &str) -> Result<Commit, Error> {
        let store = self.open(repository)?;
        let is_id = matches!(id.len(), 40 | 64) && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        // Anything but a whole id could be an option or a moving name.
        if !is_id || store.run(&["cat-file", "-e", &format!("{id}^{{commit}}")]).await.is_err() {
            return Err(Error::NoCommit { repository: repository.to_owned(), id: id.to_owned() });
        }
        show(&store, id.to_owned()).await
    }

    /// A commit's files as a zip.
    ///
    /// # Errors
    /// When there is no such repository or commit, or git fails.
    pub async fn archive(&self, repository: &str, commit: &str) -> Result<Vec<u8>, Error> {
        Ok(self.open(repository)?.bytes(&["archive", "--format=zip", commit]).await?)
    }

    async fn open_or_create(&self, repository: &str) -> Result<Git, Error> {
        let store = Git::new(self.path(repository)?);
        if !store.exists() {
            store.init().await?;
        }
        Ok(store)
    }

    fn open(&self, repository: &str) -> Result<Git, Error> {
        let store = Git::new(self.path(repository)?);
        if store.exists() { Ok(store) } else { Err(Error::NoRepository(repository.to_owned())) }
    }

    fn path(&self, repository: &str) -> Result<PathBuf, Error> {
        let parts: Vec<&str> = repository.split('/').collect();
        if parts.len() <= 2 && parts.iter().all(|part| is_name(part)) {
            Ok(self.root.join(format!("{repository}.git")))
        } else {
            Err(Error::Name(repository.to_owned()))
        }
    }
}

/// Commits a directory as it stands, unless it stands as the branch's head already does.
async fn snapshot(store: &Git, directory: &Path, branch: &str) -> Result<(), Error> {
    let tree = store.tree_of(directory).await?.ok_or_else(|| Error::Empty(directory.to_owned()))?;
    let parent = branch_head(store, branch).await?;
    if let Some(parent) = &parent
        && store.line(&["rev-parse", &format!("{parent}^{{tree}}")]).await? == tree
    {
        return Ok(());
    }
    let (name, email) = git::identity(directory).await.unwrap_or_else(|| (NEUTRAL.0.to_owned(), NEUTRAL.1.to_owned()));
    let id = store.commit_tree(&tree, parent.as_deref(), &message(directory), (&name, &email)).await?;
    // The old value makes a push that lost a race fail instead of undoing the other.
    let old = parent.unwrap_or_else(|| "0".repeat(id.len()));
    store.run(&["update-ref", &reference(branch), &id, &old]).await?;
    Ok(())
}

/// Takes over a branch of another repository, or what it is at when it has no such branch.
async fn fetch(store: &Git, source: &OsStr, branch: &str) -> Result<(), Error> {
    let branch = reference(branch);
    let listed = store.remote(&["ls-remote".as_ref(), "--".as_ref(), source, branch.as_ref()]).await?;
    let from = if listed.is_empty() { "HEAD" } else { &branch };
    let refspec = format!("{from}:{branch}");
    let options = ["fetch", "--quiet", "--no-tags", "--force", "--"].map(OsStr::new);
    store.remote(&[&options[..], &[source, refspec.as_ref()]].concat()).await?;
    Ok(())
}

async fn show(store: &Git, id: String) -> Result<Commit, Error> {
    let text = store.run(&["show", "-s", "--format=%an%x00%at%x00%ct%x00%B", &id]).await?;
    commit(&id, &text).ok_or(Error::Answer(id))
}

async fn branch_head(store: &Git, branch: &str) -> Result<Option<String>, Error> {
    let refs = store.line(&["for-each-ref", "--format=%(objectname)", &reference(branch)]).await?;
    Ok(refs.lines().next().map(str::to_owned))
}

/// Held while a repository is made or pushed to; a push that is killed lets go of it.
async fn lock(path: PathBuf) -> Result<File, Error> {
    let place = path.clone();
    let locked = tokio::task::spawn_blocking(move || {
        place.parent().map_or(Ok(()), std::fs::create_dir_all)?;
        let file = File::create(place)?;
        file.lock()?;
        Ok(file)
    });
    let locked = locked.await.unwrap_or_else(|error| Err(std::io::Error::other(error)));
    locked.map_err(|source| Error::Lock { path, source })
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

fn reference(branch: &str) -> String {
    format!("refs/heads/{branch}")
}

fn message(directory: &Path) -> String {
    let whole = directory.canonicalize().unwrap_or_else(|_| directory.to_owned());
    let name = whole.file_name().unwrap_or(whole.as_os_str()).to_string_lossy().into_owned();
    format!("Snapshot of {name}")
}

fn commit(id: &str, text: &str) -> Option<Commit> {
    let mut parts = text.splitn(4, '\0');
    let author = parts.next()?.to_owned();
    let mut date = || Timestamp::from_second(parts.next()?.parse().ok()?).ok();
    let (author_date, committer_date) = (date()?, date()?);
    let message = parts.next()?.trim_end().to_owned();
    Some(Commit { id: id.to_owned(), message, author, author_date, committer_date })
}

fn is_name(part: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    !part.is_empty() && part.chars().all(allowed) && !part.starts_with(['.', '-'])
}

fn is_url(source: &str) -> bool {
    let scp_like = source.split_once(':').is_some_and(|(host, _)| host.contains('@') && !host.contains('/'));
    source.contains("://") || scp_like
}

#[cfg(test)]
#[path = "repository/tests.rs"]
mod tests;
