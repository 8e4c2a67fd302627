//! Where pull requests are kept: a file for each, in its repository; their numbers are the account's.

use std::path::{Path, PathBuf};

use super::record::PullRequest;
use crate::json_api::Refusal;
use crate::repository::{Error, Held, Store, files};

const FOLDER: &str = "pull-requests";

fn file(directory: &Path, id: u64) -> PathBuf {
    directory.join(FOLDER).join(format!("{id}.json"))
}

pub(super) fn write(held: &Held, pull: &PullRequest) -> Result<(), Error> {
    files::write(&file(held.directory(), pull.id), pull)
}

pub(super) fn read(held: &Held, id: u64) -> Result<Option<PullRequest>, Error> {
    files::read(&file(held.directory(), id))
}

/// All of a repository, the newest first.
pub(super) fn all(held: &Held) -> Result<Vec<PullRequest>, Error> {
    all_in(held.directory())
}

fn all_in(directory: &Path) -> Result<Vec<PullRequest>, Error> {
    let folder = directory.join(FOLDER);
    let failed = |source| Error::Files { path: folder.clone(), source };
    let entries = match std::fs::read_dir(&folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(failed)?,
    };
    let entries: Vec<_> = entries.collect::<Result<_, _>>().map_err(failed)?;
    let ids = entries.iter().filter_map(|entry| entry.file_name().to_str()?.strip_suffix(".json")?.parse().ok());
    let mut ids: Vec<u64> = ids.collect();
    ids.sort_unstable_by(|one, other| other.cmp(one));
    ids.into_iter().filter_map(|id| files::read(&file(directory, id)).transpose()).collect()
}

/// A number that no pull request has: the one that is wished for, or else the next, which none that is deleted had either.
pub(super) async fn number(store: &Store, wish: Option<u64>) -> Result<u64, Error> {
    let _numbering = store.numbering().await?;
    let path = store.root().join(".pull-requests.json");
    let last = files::read::<u64>(&path)?.unwrap_or_default();
    let id = match wish {
        Some(wish) if wish > last || look(store, wish)?.is_none() => wish,
        _ => last + 1,
    };
    files::write(&path, &id.max(last))?;
    Ok(id)
}

/// The pull request that a comment is about as it is now, and the name of its repository.
pub(super) fn find_comment(store: &Store, comment: &str) -> Result<Option<(String, PullRequest)>, Error> {
    for (name, _) in store.list()? {
        let all = match store.directory(&name).and_then(|directory| all_in(&directory)) {
            // It may go while we look.
            Err(Error::NoRepository(_)) => continue,
            all => all?,
        };
        if let Some(pull) = all.into_iter().find(|pull| pull.comments.iter().any(|one| one.id == comment)) {
            return Ok(Some((name, pull)));
        }
    }
    Ok(None)
}

/// The pull request of this number as it is now, and the name of its repository.
pub(super) fn find(store: &Store, id: u64) -> Result<(String, PullRequest), Refusal> {
    look(store, id)?.ok_or_else(|| absent(id))
}

fn look(store: &Store, id: u64) -> Result<Option<(String, PullRequest)>, Error> {
    for (name, _) in store.list()? {
        let found = store.directory(&name).and_then(|directory| files::read(&file(&directory, id)));
        match found {
            Ok(Some(pull)) => return Ok(Some((name, pull))),
            // It may go while we look.
            Ok(None) | Err(Error::NoRepository(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

/// Likewise, in its repository, which nobody else changes meanwhile.
pub(super) async fn hold(store: &Store, id: u64) -> Result<(Held, PullRequest), Refusal> {
    let (name, _) = find(store, id)?;
    let held = store.hold(&name).await?;
    let pull = read(&held, id)?.ok_or_else(|| absent(id))?;
    Ok((held, pull))
}

fn absent(id: u64) -> Refusal {
    Refusal::new("PullRequestDoesNotExistException", format!("there is no pull request {id}"))
}
