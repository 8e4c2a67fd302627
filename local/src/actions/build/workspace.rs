//! A project's directory on this machine. It stays where it is from build to build, so that compilers find their caches
//! valid: the paths are the same, and a file whose content did not change keeps its time.

use std::collections::BTreeMap;
use std::fs::{self, File, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::removal::{if_denied, open_up, remove};
use crate::actions::archive::{self, Archive};

/// How often to ask for a lock that another build holds.
const LOCK_PAUSE: Duration = Duration::from_millis(200);
/// How many builds' logs are kept.
const LOGS: u64 = 20;

/// Why a build has no directory to run in.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The disk refuses.
    #[error("the build directory {path} cannot be used: {source}", path = path.display())]
    Disk {
        /// The directory at fault.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// An input cannot be unpacked.
    #[error("input artifact {name} cannot be unpacked: {source}")]
    Input {
        /// Its name.
        name: String,
        /// What is wrong with it.
        source: archive::Error,
    },
}

/// What one build leaves for the next.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Memory {
    builds: u64,
    files: BTreeMap<String, Seen>,
    cache: Vec<String>,
}

/// A file of an input as it was unpacked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Seen {
    sha256: String,
    modified: Timestamp,
}

/// The directory, for as long as this build has it to itself.
#[derive(Debug)]
pub(super) struct Workspace {
    root: PathBuf,
    memory: Memory,
    lock: File,
}

/// An input artifact: its name and its zip.
#[derive(Debug, Clone)]
pub struct Input {
    /// The artifact's name.
    pub name: String,
    /// The zip.
    pub zip: Vec<u8>,
}

impl Workspace {
    /// Waits until no other build has it.
    pub(super) async fn open(root: PathBuf, on_wait: impl FnOnce()) -> Result<Self, Error> {
        // Commands run in another directory, where a relative path would be another one.
        let root = std::path::absolute(&root).unwrap_or(root);
        let at = |source| Error::Disk { path: root.clone(), source };
        for directory in ["logs", "cache"] {
            fs::create_dir_all(root.join(directory)).map_err(at)?;
        }
        // I26: what a build knows is nobody else's.
        fs::set_permissions(&root, Permissions::from_mode(0o700)).map_err(at)?;
        let lock = File::create(root.join("lock")).map_err(at)?;
        let mut on_wait = Some(on_wait);
        while let Err(refused) = lock.try_lock() {
            match refused {
                TryLockError::WouldBlock => on_wait.take().into_iter().for_each(|tell| tell()),
                TryLockError::Error(source) => return Err(at(source)),
            }
            tokio::time::sleep(LOCK_PAUSE).await;
        }
        // A memory that cannot be read only costs a rebuild.
        let memory = fs::read(root.join("memory.json")).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        Ok(Self { memory: memory.unwrap_or_default(), root, lock })
    }

    /// The lock once more: the directory is this build's until both are dropped.
    pub(super) fn lock(&self) -> Result<File, Error> {
        self.lock.try_clone().map_err(|source| disk(&self.root, source))
    }

    pub(super) fn source(&self) -> PathBuf {
        self.root.join("src")
    }

    /// Where a further input lies.
    pub(super) fn secondary(&self, name: &str) -> PathBuf {
        self.root.join(format!("src-{name}"))
    }

    pub(super) fn run(&self) -> PathBuf {
        self.root.join("run")
    }

    pub(super) fn log(&self) -> PathBuf {
        self.root.join("logs").join(format!("{}.log", self.memory.builds))
    }

    /// The number of this build, from 1.
    pub(super) fn number(&self) -> u64 {
        self.memory.builds
    }

    /// Makes place for a build and unpacks its inputs, the first of which is the source.
    pub(super) fn prepare(&mut self, inputs: &[Input], now: Timestamp) -> Result<(), Error> {
        self.memory.builds += 1;
        self.forget_logs().map_err(|source| disk(&self.root.join("logs"), source))?;
        self.keep_cache()?;
        let old = std::mem::take(&mut self.memory.files);
        clear(&self.run())?;
        for (at, input) in inputs.iter().enumerate() {
            let directory = if at == 0 { self.source() } else { self.secondary(&input.name) };
            clear(&directory)?;
            self.unpack(input, &directory, &old, now)?;
        }
        self.save()
    }

    /// Puts the cached directories back into the source, and remembers them for the next build.
    pub(super) fn restore_cache(&mut self, directories: Vec<String>) -> Result<(), Error> {
        self.memory.cache = directories;
        // Remembered before anything is moved: a build that is killed then still leaves its cache.
        self.save()?;
        self.move_cache(|kept, used| if used.exists() { Ok(()) } else { rename(kept, used) })
    }

    /// The last build, however it ended, left its cache in the source.
    fn keep_cache(&self) -> Result<(), Error> {
        self.move_cache(|kept, used| {
            if used.is_dir() && !used.is_symlink() {
                remove_all(kept)?;
                rename(used, kept)?;
            }
            Ok(())
        })
    }

    fn move_cache(&self, step: impl Fn(&Path, &Path) -> Result<(), Error>) -> Result<(), Error> {
        let (cache, source) = (self.root.join("cache"), self.source());
        // One flat directory: a path below another's would move with it.
        self.memory.cache.iter().try_for_each(|path| step(&cache.join(path.replace('/', "%")), &source.join(path)))
    }

    /// Keeps the logs of the last builds only.
    fn forget_logs(&self) -> io::Result<()> {
        for entry in fs::read_dir(self.root.join("logs"))? {
            let path = entry?.path();
            let number = path.file_stem().and_then(|stem| stem.to_str()?.parse::<u64>().ok());
            if number.is_some_and(|number| number.saturating_add(LOGS) <= self.memory.builds) {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }

    fn unpack(
        &mut self,
        input: &Input,
        directory: &Path,
        old: &BTreeMap<String, Seen>,
        now: Timestamp,
    ) -> Result<(), Error> {
        let files = &mut self.memory.files;
        let mut on_file = |path: &Path, content: &[u8], file: &File| {
            let key = format!("{}/{}", input.name, path.display());
            let seen = seen(content, old.get(&key), now);
            file.set_modified(seen.modified.into())?;
            files.insert(key, seen);
            Ok(())
        };
        let unpacked = Archive::new(&input.zip).and_then(|mut archive| archive.extract(directory, &mut on_file));
        unpacked.map_err(|source| Error::Input { name: input.name.clone(), source })
    }

    fn save(&self) -> Result<(), Error> {
        let file = self.root.join("memory.json");
        let new = file.with_extension("new");
        let bytes = serde_json::to_vec(&self.memory).map_err(io::Error::from);
        let saved = bytes.and_then(|bytes| fs::write(&new, bytes)).and_then(|()| fs::rename(new, &file));
        saved.map_err(|source| disk(&file, source))
    }
}

fn disk(path: &Path, source: io::Error) -> Error {
    Error::Disk { path: path.to_owned(), source }
}

fn seen(content: &[u8], old: Option<&Seen>, now: Timestamp) -> Seen {
    let sha256: String = Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect();
    let modified = old.filter(|old| old.sha256 == sha256).map_or(now, |old| old.modified);
    Seen { sha256, modified }
}

fn remove_all(path: &Path) -> Result<(), Error> {
    remove(path).map_err(|(path, source)| disk(&path, source))
}

fn clear(directory: &Path) -> Result<(), Error> {
    remove_all(directory)?;
    fs::create_dir_all(directory).map_err(|source| disk(directory, source))
}

fn rename(from: &Path, to: &Path) -> Result<(), Error> {
    if !from.exists() {
        return Ok(());
    }
    fs::create_dir_all(to.parent().unwrap_or(to)).map_err(|source| disk(to, source))?;
    // A directory that is read-only cannot be moved to another one.
    fs::rename(from, to)
        .or_else(|error| if_denied(error, || open_up(from).and_then(|()| fs::rename(from, to))))
        .map_err(|source| disk(from, source))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn zip(files: &[(&str, &str)]) -> Vec<Input> {
        let directory = tempfile::tempdir().unwrap();
        let paths = files.iter().map(|(name, content)| {
            let path = directory.path().join(name.replace('/', "_"));
            fs::write(&path, content).unwrap();
            ((*name).to_owned(), path)
        });
        vec![Input { name: "Source".into(), zip: archive::pack(&paths.collect()).unwrap() }]
    }

    async fn open(root: &Path) -> Workspace {
        Workspace::open(root.to_owned(), || ()).await.unwrap()
    }

    fn modified(workspace: &Workspace, name: &str) -> Timestamp {
        let time = fs::metadata(workspace.source().join(name)).unwrap().modified().unwrap();
        Timestamp::try_from(time).unwrap()
    }

    fn second(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[tokio::test]
    async fn a_file_keeps_its_time_until_its_content_changes() {
        let root = tempfile::tempdir().unwrap();
        let mut workspace = open(root.path()).await;
        workspace.prepare(&zip(&[("a", "1"), ("b/c", "1"), ("gone", "1")]), second(100)).unwrap();
        drop(workspace);
        let mut workspace = open(root.path()).await;
        fs::write(workspace.source().join("left"), "by the build").unwrap();
        workspace.prepare(&zip(&[("a", "1"), ("b/c", "2")]), second(200)).unwrap();
        assert_eq!((modified(&workspace, "a"), modified(&workspace, "b/c")), (second(100), second(200)));
        assert!(!workspace.source().join("left").exists() && !workspace.source().join("gone").exists());
        assert_eq!(workspace.number(), 2);
    }

    #[tokio::test]
    async fn cached_directories_outlive_a_build_that_was_killed() {
        let root = tempfile::tempdir().unwrap();
        let cached = || vec!["target".to_owned(), "a/b".to_owned()];
        let mut workspace = open(root.path()).await;
        workspace.prepare(&zip(&[("a/x", "1")]), second(100)).unwrap();
        workspace.restore_cache(cached()).unwrap();
        for path in ["target", "a/b", "other"] {
            fs::create_dir_all(workspace.source().join(path)).unwrap();
            fs::write(workspace.source().join(path).join("made"), "by the build").unwrap();
        }
        drop(workspace);

        let mut workspace = open(root.path()).await;
        workspace.prepare(&zip(&[("a/x", "2")]), second(200)).unwrap();
        assert!(!workspace.source().join("target").exists(), "the cache is no part of the source");
        workspace.restore_cache(cached()).unwrap();
        let kept = |path: &str| workspace.source().join(path).join("made").exists();
        assert_eq!([kept("target"), kept("a/b"), kept("other")], [true, true, false]);
    }

    #[tokio::test]
    async fn two_builds_of_a_project_take_turns() {
        let root = tempfile::tempdir().unwrap();
        let first = open(root.path()).await;
        let (told, waiting) = tokio::sync::oneshot::channel();
        let path = root.path().to_owned();
        let second = tokio::spawn(Workspace::open(path, || told.send(()).unwrap()));
        waiting.await.unwrap();
        assert!(!second.is_finished());
        drop(first);
        tokio::time::timeout(Duration::from_secs(10), second).await.unwrap().unwrap().unwrap();
    }

    #[tokio::test]
    async fn only_the_last_builds_keep_their_logs() {
        let root = tempfile::tempdir().unwrap();
        let mut workspace = open(root.path()).await;
        for _ in 0..LOGS + 3 {
            workspace.prepare(&[], second(100)).unwrap();
            fs::write(workspace.log(), "").unwrap();
        }
        let logs = fs::read_dir(root.path().join("logs")).unwrap();
        let mut numbers: Vec<u64> =
            logs.map(|log| log.unwrap().path().file_stem().unwrap().to_str().unwrap().parse().unwrap()).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (4..LOGS + 4).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn a_projects_directory_is_its_owners_alone_even_if_it_was_not() {
        let root = tempfile::tempdir().unwrap();
        fs::set_permissions(root.path(), Permissions::from_mode(0o755)).unwrap();
        let _workspace = open(root.path()).await;
        assert_eq!(fs::metadata(root.path()).unwrap().permissions().mode() & 0o777, 0o700);
    }
}
