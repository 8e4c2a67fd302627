//! Where a test lives: a state directory, a place for temporary files, and copies of services to break.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flowgate::cloud::install::{CLI, EMULATOR, Installer};
use flowgate::cloud::python;
use flowgate::supervise::Supervisor;
use tempfile::TempDir;
use tokio::process::Command;

/// The binary under test.
const FLOWGATE: &str = env!("CARGO_BIN_EXE_flowgate");

/// A test's own world, which goes when this is dropped.
pub(crate) struct World {
    dir: TempDir,
    state: PathBuf,
}

impl World {
    /// A state directory in which the programs of the local cloud are installed, and nothing else is.
    pub(crate) async fn new() -> Self {
        let world = Self::empty();
        let shared = install().await;
        fs::create_dir(&world.state).unwrap();
        std::os::unix::fs::symlink(shared.join("python"), world.state.join("python")).unwrap();
        world
    }

    /// The state directory that is kept from one run of the tests to the next, with what services have compiled.
    pub(crate) async fn kept() -> Self {
        Self { state: install().await, ..Self::empty() }
    }

    /// A state directory that does not exist.
    pub(crate) fn empty() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("tmp")).unwrap();
        Self { state: dir.path().join("state"), dir }
    }

    /// Everything of this world is below it.
    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn state(&self) -> &Path {
        &self.state
    }

    /// `flowgate run --json` for a service.
    pub(crate) fn run(&self, service: &Path) -> Command {
        let mut command = self.run_for_people(service);
        command.arg("--json");
        command
    }

    /// `flowgate run` for a service. A test that fails does not leave it behind.
    pub(crate) fn run_for_people(&self, service: &Path) -> Command {
        let mut command = self.flowgate("run");
        command.arg(service);
        command
    }

    /// One of the commands; those that start a cloud enforce IAM there.
    pub(crate) fn flowgate(&self, subcommand: &str) -> Command {
        let mut command = self.flowgate_as_it_comes(subcommand);
        if ["run", "up"].contains(&subcommand) {
            command.args(["--iam", "enforce"]);
        }
        command
    }

    /// One of the commands, with no option but what is asked for.
    pub(crate) fn flowgate_as_it_comes(&self, subcommand: &str) -> Command {
        let mut command = self.command(FLOWGATE);
        command.arg(subcommand).env("FLOWGATE_STATE", &self.state);
        // What a function fails at it is sent again after seconds instead of minutes.
        command.env("FLOWGATE_LAMBDA_MINUTE", "1");
        command
    }

    /// Any program. Whatever AWS account the machine is set up for is not asked.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"AWS_")) {
            command.env_remove(name);
        }
        command.kill_on_drop(true).env("TMPDIR", self.dir.path().join("tmp"));
        command
    }

    /// The local cloud's Python, which has botocore, and the directory of the `aws` command.
    pub(crate) async fn python(&self) -> (PathBuf, PathBuf) {
        let installer = installer();
        let (emulator, cli) = tokio::try_join!(installer.install(EMULATOR), installer.install(CLI)).unwrap();
        (emulator.join("python"), cli)
    }

    /// A copy of a fixture. Copied again it is the same folder, as it was in the beginning.
    pub(crate) fn copy(&self, name: &str) -> PathBuf {
        self.copy_as(name, name)
    }

    pub(crate) fn copy_as(&self, name: &str, folder: &str) -> PathBuf {
        let copy = self.dir.path().join("services").join(folder);
        let _ = fs::remove_dir_all(&copy);
        copy_dir(&fixture(name), &copy);
        copy
    }

    /// What runs should have removed: their directories and temporary files.
    pub(crate) fn left_behind(&self) -> Vec<PathBuf> {
        [self.state.join("runs"), self.dir.path().join("tmp")].iter().flat_map(|dir| entries(dir)).collect()
    }
}

/// A service that is run where it is.
pub(crate) fn fixture(name: &str) -> PathBuf {
    checkout().join("tests/fixtures/services").join(name)
}

pub(crate) fn checkout() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// The state directory that all tests install into. Several at once wait for one another.
async fn install() -> PathBuf {
    let installer = installer();
    tokio::try_join!(installer.install(EMULATOR), installer.install(CLI)).unwrap();
    installer.state
}

fn installer() -> Installer {
    let chosen = std::env::var_os("FLOWGATE_TEST_STATE").map(PathBuf::from);
    Installer {
        state: chosen.unwrap_or_else(|| Path::new(env!("CARGO_TARGET_TMPDIR")).join("state")),
        supervisor: Supervisor::new(FLOWGATE),
        progress: Arc::new(|line| eprintln!("{line}")),
        python: python::program(),
    }
}

fn copy_dir(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in entries(from) {
        let to = to.join(entry.file_name().unwrap());
        if entry.is_dir() { copy_dir(&entry, &to) } else { fs::copy(&entry, &to).map(drop).unwrap() }
    }
}

fn entries(dir: &Path) -> Vec<PathBuf> {
    fs::read_dir(dir).into_iter().flatten().map(|entry| entry.unwrap().path()).collect()
}
