//! The directory of a cloud that is kept, and who uses it.
//!
//! ```text
//! STATE/up/NAME/lock      held by the flowgate that serves this cloud; says which process that is, and where it serves
//! STATE/up/NAME/kept/     what the cloud holds, and what begins anew with it
//! STATE/up/NAME/builds/   what builds keep; no part of the cloud
//! ```

use std::fs::{self, File, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// How long the processes of a cloud that was killed may take to go. Their supervisor kills them within seconds.
const LINGER: Duration = Duration::from_secs(10);
/// The pause between two looks at them.
const POLL: Duration = Duration::from_millis(20);
/// The longest name.
const NAME_LIMIT: usize = 40;

/// Why a cloud's directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum HomeError {
    /// The name cannot be a cloud's.
    #[error("{0:?} cannot be a cloud's name: use up to 40 small letters, digits and `-`")]
    Name(String),
    /// Another process serves it.
    #[error("the local cloud {name} runs already: {by}; use it, stop it, or choose another --name")]
    Busy {
        /// The cloud's name.
        name: String,
        /// Who, and where.
        by: String,
    },
    /// What is left of the last one does not end.
    #[error(
        "processes of the last run of the local cloud in {} do not end; end them, or choose another --name",
        .0.display()
    )]
    Lingers(PathBuf),
    /// Its files cannot be used.
    #[error("the local cloud's directory {} cannot be used: {source}", path.display())]
    Files {
        /// The directory.
        path: PathBuf,
        /// What went wrong.
        source: io::Error,
    },
}

/// A cloud's directory. Nobody else has it for as long as this lives; the system releases it however its owner dies.
#[derive(Debug)]
pub struct Home {
    path: PathBuf,
    lock: File,
    last: Option<Served>,
}

/// Who serves a cloud, and where.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Served {
    process: u32,
    port: Option<u16>,
}

impl Home {
    /// The directory of the cloud of this name, below the state directory. Waits until nothing of an owner is left that was
    /// killed.
    ///
    /// # Errors
    /// When it is no name, or somebody has it, or it cannot be written.
    pub async fn open(state: &Path, name: &str) -> Result<Self, HomeError> {
        if !is_name(name) {
            return Err(HomeError::Name(name.to_owned()));
        }
        let path = state.join("up").join(name);
        let failed = |source| HomeError::Files { path: path.clone(), source };
        let (mut lock, last) = open_lock(&path).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(HomeError::Busy { name: name.to_owned(), by: told(last) }),
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        // What we learnt before we had it may be of somebody before the last.
        let last = read(&mut lock).map_err(failed)?.or(last);
        let mut home = Self { path: path.clone(), lock, last };
        home.write(last.and_then(|last| last.port)).map_err(failed)?;
        home.until_alone().await?;
        home.remove_left_overs();
        Ok(home)
    }

    /// Forgets all that the cloud held, in one step.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub fn forget(&self) -> Result<(), HomeError> {
        let failed = |source| HomeError::Files { path: self.path.clone(), source };
        let moved = fs::rename(self.kept(), self.path.join(format!("{FORGOTTEN}{}", Uuid::new_v4())));
        if let Err(error) = moved
            && error.kind() != io::ErrorKind::NotFound
        {
            return Err(failed(error));
        }
        self.remove_left_overs();
        Ok(())
    }

    /// Tells others, and the next run, where the cloud is served.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn serves(&mut self, port: u16) -> Result<(), HomeError> {
        self.write(Some(port)).map_err(|source| HomeError::Files { path: self.path.clone(), source })
    }

    /// What the cloud holds.
    pub fn kept(&self) -> PathBuf {
        self.path.join("kept")
    }

    /// What the emulator holds of it.
    pub fn emulator(&self) -> PathBuf {
        self.kept().join("cloud")
    }

    /// Where projects are built.
    pub fn builds(&self) -> PathBuf {
        self.path.join("builds")
    }

    /// Where the cloud was served last.
    pub fn last_port(&self) -> Option<u16> {
        self.last.and_then(|last| last.port)
    }

    fn write(&mut self, port: Option<u16>) -> io::Result<()> {
        let served = serde_json::to_vec(&Served { process: std::process::id(), port })?;
        self.lock.rewind()?;
        self.lock.set_len(0)?;
        self.lock.write_all(&served)
    }

    /// The emulator of a flowgate that was killed lives on for a moment, and may just be saving.
    async fn until_alone(&self) -> Result<(), HomeError> {
        let deadline = Instant::now() + LINGER;
        while is_locked(&self.emulator().join("lock")) {
            if Instant::now() > deadline {
                return Err(HomeError::Lingers(self.path.clone()));
            }
            tokio::time::sleep(POLL).await;
        }
        Ok(())
    }

    /// What cannot be removed now is left over for the next run.
    fn remove_left_overs(&self) {
        for entry in fs::read_dir(&self.path).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with(FORGOTTEN) {
                drop(fs::remove_dir_all(entry.path()));
            }
        }
    }
}

/// What the name of a directory begins with that is only to be removed.
const FORGOTTEN: &str = "forgotten-";

fn open_lock(home: &Path) -> io::Result<(File, Option<Served>)> {
    // What a cloud holds has secrets among it.
    fs::DirBuilder::new().recursive(true).mode(0o700).create(home)?;
    let mut lock = File::options().read(true).write(true).create(true).truncate(false).open(home.join("lock"))?;
    let last = read(&mut lock)?;
    Ok((lock, last))
}

/// None where nothing can be read: its owner may just be writing it, or was killed in that moment.
fn read(lock: &mut File) -> io::Result<Option<Served>> {
    let mut text = String::new();
    lock.rewind()?;
    lock.read_to_string(&mut text)?;
    Ok(serde_json::from_str(&text).ok())
}

fn told(served: Option<Served>) -> String {
    match served {
        Some(Served { process, port: Some(port) }) => format!("process {process} serves it at http://127.0.0.1:{port}"),
        Some(Served { process, port: None }) => format!("process {process} starts it"),
        None => "another process starts it".to_owned(),
    }
}

fn is_locked(path: &Path) -> bool {
    File::open(path).is_ok_and(|lock| matches!(lock.try_lock(), Err(TryLockError::WouldBlock)))
}

fn is_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=NAME_LIMIT).contains(&name.len()) && name.chars().all(allowed) && !name.starts_with('-')
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    async fn open(state: &Path, name: &str) -> Result<Home, HomeError> {
        Home::open(state, name).await
    }

    #[tokio::test]
    async fn a_cloud_is_served_once_and_another_beside_it() {
        let state = tempfile::tempdir().unwrap();
        let mut one = open(state.path(), "one").await.unwrap();
        one.serves(4566).unwrap();
        assert_eq!(fs::metadata(&one.path).unwrap().permissions().mode() & 0o77, 0, "nobody else reads what it holds");
        let refused = open(state.path(), "one").await.unwrap_err().to_string();
        let process = std::process::id();
        assert!(refused.contains(&format!("process {process} serves it at http://127.0.0.1:4566")), "{refused}");
        open(state.path(), "two").await.unwrap();
        drop(one);
        assert_eq!(open(state.path(), "one").await.unwrap().last_port(), Some(4566));
    }

    #[tokio::test]
    async fn only_what_the_cloud_held_is_forgotten() {
        let state = tempfile::tempdir().unwrap();
        let home = open(state.path(), "one").await.unwrap();
        home.forget().unwrap();
        for directory in [home.kept(), home.builds()] {
            fs::create_dir_all(directory).unwrap();
        }
        home.forget().unwrap();
        let mut left: Vec<_> = fs::read_dir(&home.path).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["builds", "lock"]);
    }

    #[tokio::test]
    async fn what_was_half_forgotten_is_removed_next_time() {
        let state = tempfile::tempdir().unwrap();
        let half = state.path().join("up/one/forgotten-1");
        fs::create_dir_all(&half).unwrap();
        open(state.path(), "one").await.unwrap();
        assert!(!half.exists());
    }

    #[tokio::test]
    async fn an_emulator_that_still_lives_is_waited_for() {
        let state = tempfile::tempdir().unwrap();
        let emulator = state.path().join("up/one/kept/cloud");
        fs::create_dir_all(&emulator).unwrap();
        let lock = File::create(emulator.join("lock")).unwrap();
        lock.lock().unwrap();
        let (opened, ()) = tokio::join!(open(state.path(), "one"), async {
            tokio::time::sleep(POLL).await;
            drop(lock);
        });
        opened.unwrap();
    }

    #[tokio::test]
    async fn a_name_stays_below_its_directory() {
        let state = tempfile::tempdir().unwrap();
        for name in ["", "..", "a/b", "A", "-a", " ", &"a".repeat(41)] {
            assert!(matches!(open(state.path(), name).await, Err(HomeError::Name(_))), "{name:?}");
        }
    }
}
