//! Installs the two Python environments of the local cloud, pinned by version and hash, on first use.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use tokio::process::Command;

use super::python::{self, PythonError};
use crate::supervise::{Child, Supervisor};

/// Written last: a directory without it is an interrupted installation.
const MARKER: &str = "complete";
/// How many of pip's last lines an error repeats.
const TAIL_LINES: usize = 8;

/// Told what is going on, one line for each step that takes a while.
pub type Progress = Arc<dyn Fn(&str) + Send + Sync>;

/// A Python environment, and what belongs into it.
#[derive(Debug, Clone, Copy)]
pub struct Environment {
    name: &'static str,
    what: &'static str,
    requirements: &'static str,
}

/// The emulator, and the SAM transform it uses.
pub const EMULATOR: Environment = Environment {
    name: "emulator",
    what: "the local cloud (ministack)",
    requirements: include_str!("python/emulator.txt"),
};

/// The `aws` command. Apart from the emulator, because the two pin different versions of the same libraries.
pub const CLI: Environment =
    Environment { name: "cli", what: "the aws command line", requirements: include_str!("python/cli.txt") };

/// Why an environment could not be installed.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// No Python to install with.
    #[error(transparent)]
    Python(#[from] PythonError),
    /// The state directory cannot be used.
    #[error("cannot {action} {}: {source}; check the state directory or set FLOWGATE_STATE to another", path.display())]
    Files {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// How it failed.
        source: io::Error,
    },
    /// A step of the installation failed.
    #[error("installing {what} failed in {step}: {output}; check the network and pip's configuration, then run again")]
    Step {
        /// What was being installed.
        what: &'static str,
        /// The step.
        step: &'static str,
        /// The end of what it printed.
        output: String,
    },
}

/// Installs environments.
pub struct Installer {
    /// The state directory.
    pub state: PathBuf,
    /// How processes are started.
    pub supervisor: Supervisor,
    /// Told before something takes a while.
    pub progress: Progress,
    /// The Python to install with; [`python::program`] is the user's choice.
    pub python: OsString,
}

impl Environment {
    /// A change of the requirements is another directory, so that an older flowgate goes on working.
    fn directory_name(self) -> String {
        let hash: [u8; 32] = Sha256::digest(self.requirements).into();
        let [a, b, c, d, ..] = hash;
        format!("{}-{:08x}", self.name, u32::from_be_bytes([a, b, c, d]))
    }
}

impl Installer {
    /// Makes sure the environment is installed, and gives its `bin` directory. Several processes may call this at once:
    /// one installs, the others wait for it.
    ///
    /// # Errors
    /// When there is no usable Python, the directory cannot be written, or pip fails.
    pub async fn install(&self, environment: Environment) -> Result<PathBuf, InstallError> {
        let parent = self.state.join("python");
        let dir = parent.join(environment.directory_name());
        if !is_complete(&dir) {
            create_dir(&parent)?;
            let _lock = lock(dir.with_extension("lock")).await?;
            // Another process may have installed it while we waited.
            if !is_complete(&dir) {
                self.install_anew(environment, &dir).await?;
            }
        }
        Ok(dir.join("bin"))
    }

    async fn install_anew(&self, environment: Environment, dir: &Path) -> Result<(), InstallError> {
        let python = python::probe(&self.python).await?;
        (self.progress)(&format!("installing {} into {}, once", environment.what, dir.display()));
        remove_dir(dir)?;
        let mut venv = self.supervisor.command(python);
        environment.step("venv", venv.args(["-m", "venv"]).arg(dir)).await?;
        let requirements = dir.join("requirements.txt");
        write(&requirements, environment.requirements)?;
        // The requirements are complete, so pip has nothing to resolve, and every file is checked against its hash.
        // Compiling it all would take longer than the download; Python compiles what is used when it is first used.
        let mut pip = self.supervisor.command(dir.join("bin/python"));
        pip.args(["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check", "--no-compile"]);
        pip.args(["--no-deps", "--require-hashes", "--requirement"]).arg(&requirements);
        environment.step("pip", &mut pip).await?;
        write(&dir.join(MARKER), "")
    }
}

impl Environment {
    async fn step(self, step: &'static str, command: &mut Command) -> Result<(), InstallError> {
        let failed = |output: String| InstallError::Step { what: self.what, step, output };
        let child = Child::spawn({
            python::isolate(command);
            command.stdout(Stdio::piped()).stderr(Stdio::piped())
        });
        let output = match child {
            Ok(child) => child.wait_with_output().await,
            Err(error) => Err(error),
        };
        let output = output.map_err(|error| failed(error.to_string()))?;
        if output.status.success() {
            return Ok(());
        }
        let printed = [output.stdout, output.stderr].concat();
        Err(failed(tail(&String::from_utf8_lossy(&printed))))
    }
}

/// Whether the marker is there, and the Python that the environment was made with still exists.
fn is_complete(dir: &Path) -> bool {
    dir.join(MARKER).exists() && dir.join("bin/python").exists()
}

/// Holds the lock until the file is dropped. The system drops it for a process that dies.
async fn lock(path: PathBuf) -> Result<File, InstallError> {
    let locked = {
        let path = path.clone();
        tokio::task::spawn_blocking(move || File::create(path).and_then(|file| file.lock().map(|()| file)))
    };
    let locked = locked.await.unwrap_or_else(|error| Err(io::Error::other(error)));
    locked.map_err(files("lock", &path))
}

fn create_dir(path: &Path) -> Result<(), InstallError> {
    fs::create_dir_all(path).map_err(files("create", path))
}

fn remove_dir(path: &Path) -> Result<(), InstallError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(files("remove", path)(error)),
        _ => Ok(()),
    }
}

fn write(path: &Path, content: &str) -> Result<(), InstallError> {
    fs::write(path, content).map_err(files("write", path))
}

fn files(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> InstallError {
    let path = path.to_owned();
    move |source| InstallError::Files { action, path, source }
}

fn tail(printed: &str) -> String {
    let lines: Vec<_> = printed.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines[lines.len().saturating_sub(TAIL_LINES)..].join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_requirement_is_pinned_by_version_and_hash() {
        for environment in [EMULATOR, CLI] {
            let text = environment.requirements.replace("\\\n", " ");
            let requirements: Vec<_> = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
            assert!(!requirements.is_empty());
            for line in requirements {
                assert!(line.contains("==") && line.contains("--hash=sha256:"), "{line}");
                assert!(!line.contains("://") && !line.starts_with('-'), "{line}");
            }
        }
    }

    #[test]
    fn an_environment_whose_python_is_gone_is_incomplete() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("bin")).unwrap();
        fs::write(dir.path().join(MARKER), "").unwrap();
        std::os::unix::fs::symlink("/nonexistent/python", dir.path().join("bin/python")).unwrap();
        assert!(!is_complete(dir.path()));
    }

    #[test]
    fn an_error_repeats_the_last_lines_only() {
        assert_eq!(tail("a\n\n b \n"), "a; b");
        let printed = ["older\n".repeat(12), "old\n".repeat(TAIL_LINES)].concat();
        assert_eq!(tail(&printed), ["old"; TAIL_LINES].join("; "));
    }
}
