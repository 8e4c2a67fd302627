//! Where flowgate keeps its files: the state directory, and in it a directory for each run that is removed at its end.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use uuid::Uuid;

/// Held by its owner as long as the run lives. The system releases it however the owner dies.
const LOCK: &str = "lock";

/// The state directory: `FLOWGATE_STATE`, else `flowgate` below `XDG_STATE_HOME`, else `~/.local/state/flowgate`. None
/// when there is no home directory.
pub fn default_state() -> Option<PathBuf> {
    let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let chosen = std::env::var_os("FLOWGATE_STATE").filter(|state| !state.is_empty());
    chosen
        .and_then(|state| std::path::absolute(state).ok())
        .or_else(|| absolute("XDG_STATE_HOME").map(|home| home.join("flowgate")))
        .or_else(|| absolute("HOME").map(|home| home.join(".local/state/flowgate")))
}

/// The directory of one run. It is removed when this is dropped.
#[derive(Debug)]
pub struct RunDir {
    id: Uuid,
    path: PathBuf,
    _lock: File,
}

impl RunDir {
    /// Makes a new one below `state`, and removes what runs that were killed have left there.
    ///
    /// # Errors
    /// When the state directory cannot be written.
    pub fn create(state: &Path) -> io::Result<Self> {
        let runs = state.join("runs");
        fs::create_dir_all(&runs)?;
        // One at a time, so that nobody takes a directory that is not locked yet for a left-over.
        let guard = File::create(state.join("runs.lock"))?;
        guard.lock()?;
        remove_left_overs(&runs)?;
        let id = Uuid::new_v4();
        let path = runs.join(id.to_string());
        fs::create_dir(&path)?;
        let lock = File::create(path.join(LOCK))?;
        lock.lock()?;
        Ok(Self { id, path, _lock: lock })
    }

    /// The run's id.
    pub fn id(&self) -> Uuid {
        self.id
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for RunDir {
    fn drop(&mut self) {
        // What cannot be removed now is a left-over for the next run.
        let _ = fs::remove_dir_all(&self.path);
    }
}

fn remove_left_overs(runs: &Path) -> io::Result<()> {
    for entry in fs::read_dir(runs)? {
        let path = entry?.path();
        if !is_alive(&path) {
            // A process that is just being killed may still write there; the next run tries again.
            let _ = fs::remove_dir_all(path);
        }
    }
    Ok(())
}

fn is_alive(run: &Path) -> bool {
    File::open(run.join(LOCK)).is_ok_and(|lock| matches!(lock.try_lock(), Err(TryLockError::WouldBlock)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_leaves_nothing_behind() {
        let state = tempfile::tempdir().unwrap();
        let run = RunDir::create(state.path()).unwrap();
        let path = run.path().to_owned();
        fs::write(path.join("file"), "").unwrap();
        drop(run);
        assert!(!path.exists());
    }

    #[test]
    fn what_a_killed_run_left_is_removed_and_a_living_run_is_not() {
        let state = tempfile::tempdir().unwrap();
        let killed = state.path().join("runs/killed");
        fs::create_dir_all(&killed).unwrap();
        File::create(killed.join(LOCK)).unwrap();
        let living = RunDir::create(state.path()).unwrap();
        let next = RunDir::create(state.path()).unwrap();
        assert!(!killed.exists() && living.path().exists() && next.path().exists());
    }
}
