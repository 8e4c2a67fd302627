//! The environments of the local cloud are installed once, completely or again. The Python here is a script that says it
//! is one, because what pip does is pip's.

#![expect(clippy::unwrap_used, reason = "a test that cannot prepare its world has failed")]

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use flowgate::cloud::install::{CLI, EMULATOR, InstallError, Installer};
use flowgate::cloud::python::PythonError;
use flowgate::supervise::Supervisor;
use tempfile::TempDir;

/// A world with a fake Python, which logs each `-m venv` and `-m pip`.
struct World {
    dir: TempDir,
    progress: Arc<Mutex<Vec<String>>>,
}

impl World {
    /// `pip` is what the fake Python does for pip.
    fn new(pip: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let script = format!(
            r#"#!/bin/bash
case "$1 $2" in
  "-c "*) echo "3 12 $0" ;;
  "-m venv") echo venv >> {log}; mkdir -p "$3/bin"; cp "$0" "$3/bin/python" ;;
  "-m pip") echo pip >> {log}; {pip} ;;
esac
"#,
            log = dir.path().join("log").display(),
        );
        let python = dir.path().join("python");
        std::fs::write(&python, script).unwrap();
        std::fs::set_permissions(&python, std::fs::Permissions::from_mode(0o755)).unwrap();
        Self { dir, progress: Arc::default() }
    }

    fn installer(&self) -> Installer {
        let told = self.progress.clone();
        Installer {
            state: self.dir.path().join("state"),
            supervisor: Supervisor::new(env!("CARGO_BIN_EXE_flowgate")),
            progress: Arc::new(move |line| told.lock().unwrap().push(line.to_owned())),
            python: self.path("python").into(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn log(&self) -> Vec<String> {
        std::fs::read_to_string(self.path("log")).unwrap_or_default().lines().map(str::to_owned).collect()
    }
}

fn environment_of(bin: &Path) -> &Path {
    bin.parent().unwrap()
}

#[tokio::test]
async fn an_environment_is_installed_once() {
    let world = World::new("true");
    let first = world.installer().install(EMULATOR).await.unwrap();
    let second = world.installer().install(EMULATOR).await.unwrap();
    assert_eq!(first, second);
    assert_eq!(world.log(), ["venv", "pip"]);
    let progress = world.progress.lock().unwrap();
    assert!(progress.len() == 1 && progress[0].starts_with("installing the local cloud"), "{progress:?}");
}

#[tokio::test]
async fn two_at_once_install_once() {
    let world = World::new("sleep 0.3");
    let (one, two) = (world.installer(), world.installer());
    let (one, two) = tokio::join!(one.install(EMULATOR), two.install(EMULATOR));
    assert_eq!(one.unwrap(), two.unwrap());
    assert_eq!(world.log(), ["venv", "pip"]);
}

#[tokio::test]
async fn both_environments_install_side_by_side() {
    let world = World::new("true");
    let installer = world.installer();
    let (emulator, cli) = tokio::join!(installer.install(EMULATOR), installer.install(CLI));
    assert_ne!(emulator.unwrap(), cli.unwrap());
    assert_eq!(world.log().len(), 4);
}

#[tokio::test]
async fn an_interrupted_installation_is_redone_from_clean() {
    let world = World::new("true");
    let bin = world.installer().install(EMULATOR).await.unwrap();
    let left_over = environment_of(&bin).join("left-over");
    std::fs::write(&left_over, "").unwrap();
    std::fs::remove_file(environment_of(&bin).join("complete")).unwrap();
    world.installer().install(EMULATOR).await.unwrap();
    assert!(!left_over.exists());
    assert_eq!(world.log(), ["venv", "pip", "venv", "pip"]);
}

#[tokio::test]
async fn what_pip_says_is_in_the_error_and_the_next_try_starts_again() {
    let world = World::new("echo 'ERROR: THESE PACKAGES DO NOT MATCH THE HASHES' >&2; exit 1");
    let error = world.installer().install(EMULATOR).await.unwrap_err().to_string();
    assert!(error.contains("failed in pip: ERROR: THESE PACKAGES DO NOT MATCH THE HASHES"), "{error}");
    world.installer().install(EMULATOR).await.unwrap_err();
    assert_eq!(world.log(), ["venv", "pip", "venv", "pip"]);
}

#[tokio::test]
async fn without_a_python_nothing_is_made() {
    let world = World::new("true");
    let installer = Installer { python: world.path("none").into(), ..world.installer() };
    let error = installer.install(EMULATOR).await.unwrap_err();
    assert!(matches!(error, InstallError::Python(PythonError::Missing { .. })), "{error}");
    assert!(world.log().is_empty());
}

#[tokio::test]
async fn a_state_directory_that_cannot_be_made_is_named() {
    let world = World::new("true");
    std::fs::write(world.path("state"), "a file").unwrap();
    let error = world.installer().install(EMULATOR).await.unwrap_err().to_string();
    assert!(error.contains(&format!("cannot create {}", world.path("state/python").display())), "{error}");
    assert!(error.contains("FLOWGATE_STATE"), "{error}");
}
