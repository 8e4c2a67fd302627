//! The Python that makes our environments.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::PathBuf;
use std::process::Output;

use tokio::process::Command;

/// The oldest Python that the emulator runs on.
const OLDEST: (u32, u32) = (3, 10);
/// Prints the version and the interpreter behind whatever shim or link was called; fails where environments cannot be
/// made, as on a Debian without `python3-venv`.
const PROBE: &str = "import sys, venv, ensurepip; print(*sys.version_info[:2], sys.executable)";

/// Why there is no usable Python. Each says what was found and what to do.
#[derive(Debug, thiserror::Error)]
pub enum PythonError {
    /// There is no such program.
    #[error(
        "no python: {program} cannot be started ({source}); install Python 3.10 or newer, or set FLOWGATE_PYTHON to one"
    )]
    Missing {
        /// What was tried.
        program: String,
        /// How it failed.
        source: io::Error,
    },
    /// It is older than the emulator needs.
    #[error("{program} is Python {major}.{minor}; install Python 3.10 or newer, or set FLOWGATE_PYTHON to one")]
    TooOld {
        /// What was tried.
        program: String,
        /// Its major version.
        major: u32,
        /// Its minor version.
        minor: u32,
    },
    /// It cannot make environments, or is no Python at all.
    #[error(
        "{program} cannot make virtual environments ({answer}); install its venv and ensurepip modules \
         (on Debian and Ubuntu: python3-venv), or set FLOWGATE_PYTHON to another Python"
    )]
    Unusable {
        /// What was tried.
        program: String,
        /// The last line it printed.
        answer: String,
    },
}

/// The Python to use: `FLOWGATE_PYTHON`, else `python3`.
pub fn program() -> OsString {
    let chosen = std::env::var_os("FLOWGATE_PYTHON").filter(|program| !program.is_empty());
    chosen.unwrap_or_else(|| OsString::from("python3"))
}

/// Makes sure that `program` is a Python of version 3.10 or newer that can make virtual environments, and gives the
/// interpreter itself, behind any shim.
///
/// # Errors
/// When it is not.
pub async fn probe(program: &OsStr) -> Result<PathBuf, PythonError> {
    let name = program.display().to_string();
    match Command::new(program).args(["-c", PROBE]).kill_on_drop(true).output().await {
        Err(source) => Err(PythonError::Missing { program: name, source }),
        Ok(output) => judge(name, &output),
    }
}

fn judge(program: String, output: &Output) -> Result<PathBuf, PythonError> {
    let stdout = String::from_utf8_lossy(&output.stdout);
    match parse(stdout.trim()).filter(|_| output.status.success()) {
        Some((version, executable)) if version >= OLDEST => Ok(executable.into()),
        Some(((major, minor), _)) => Err(PythonError::TooOld { program, major, minor }),
        None => {
            let stderr = String::from_utf8_lossy(&output.stderr);
            let answer = stderr.lines().chain(stdout.lines()).rfind(|line| !line.trim().is_empty());
            Err(PythonError::Unusable { program, answer: answer.unwrap_or("no answer").trim().to_owned() })
        }
    }
}

fn parse(answer: &str) -> Option<((u32, u32), &str)> {
    let mut words = answer.splitn(3, ' ');
    let version = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    words.next().map(|executable| (version, executable))
}

/// Takes away what would make a Python use other packages than those of its own environment, or install elsewhere.
pub(super) fn isolate(command: &mut Command) {
    for name in ["PYTHONHOME", "PYTHONPATH", "PYTHONUSERBASE", "PIP_PREFIX", "PIP_TARGET", "PIP_USER"] {
        command.env_remove(name);
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    /// What a program that prints `script`'s output would be taken for.
    async fn probe_script(script: &str) -> Result<PathBuf, PythonError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("python");
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        probe(path.as_os_str()).await
    }

    #[tokio::test]
    async fn the_interpreter_behind_a_shim_is_taken() {
        let found = probe_script("echo '3 10 /opt/a python/bin/python3'").await.unwrap();
        assert_eq!(found, PathBuf::from("/opt/a python/bin/python3"));
    }

    #[tokio::test]
    async fn an_old_python_is_refused_with_its_version() {
        let error = probe_script("echo '3 9 /usr/bin/python3'").await.unwrap_err().to_string();
        assert!(error.contains("is Python 3.9; install Python 3.10 or newer"), "{error}");
    }

    #[tokio::test]
    async fn a_python_without_venv_is_refused_with_its_reason() {
        let script = "echo 'Traceback' >&2; echo \"ModuleNotFoundError: No module named 'ensurepip'\" >&2; exit 1";
        let error = probe_script(script).await.unwrap_err().to_string();
        assert!(error.contains("No module named 'ensurepip'") && error.contains("python3-venv"), "{error}");
    }

    #[tokio::test]
    async fn a_missing_python_is_named() {
        let error = probe(OsStr::new("/nonexistent/python")).await.unwrap_err().to_string();
        assert!(error.contains("/nonexistent/python") && error.contains("FLOWGATE_PYTHON"), "{error}");
    }
}
