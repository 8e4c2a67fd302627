//! Ctrl-C and `kill -9` at different moments: nothing outlives the run for long, and the next one starts clean.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::process::Command;
use tokio::time::{sleep, timeout};

use crate::processes::{Process, concerned_with, descendants, still_running};
use crate::run::{Run, end};
use crate::up::Up;
use crate::world::World;

/// How long a process may live on after the signal.
const LIMIT: Duration = Duration::from_secs(5);
/// How long what a moment consists of may take to happen.
const PATIENCE: Duration = Duration::from_mins(10);
const POLL: Duration = Duration::from_millis(20);

/// A service in a world of its own.
struct Service {
    world: World,
    folder: PathBuf,
}

impl Service {
    async fn new() -> Self {
        let world = World::new().await;
        Self { folder: world.copy("plain"), world }
    }

    /// Starts a run and waits for the moment: a line, and programs that run then.
    async fn at(&self, options: &[&str], line: impl Fn(&Value) -> bool, programs: &[&str]) -> Moment<'_> {
        let mut command = self.command();
        command.args(options);
        let mut run = Run::start(command);
        run.until(line).await;
        let running = timeout(PATIENCE, programs_of(run.id(), programs)).await;
        Moment { world: &self.world, processes: running.unwrap_or_else(|_| panic!("no {programs:?}")), run }
    }

    fn command(&self) -> Command {
        self.world.run(&self.folder)
    }

    /// Runs the service as it was before a test changed it: in the same state directory, and nothing of before is left.
    async fn runs_cleanly(&self) {
        self.world.copy("plain");
        let run = end(self.command()).await;
        assert_eq!(run.code, Some(0), "{run:?}");
        assert!(self.world.left_behind().is_empty(), "{:?}", self.world.left_behind());
    }
}

/// A run in the middle of something.
struct Moment<'a> {
    world: &'a World,
    run: Run,
    processes: Vec<Process>,
}

impl Moment<'_> {
    /// Sends the signal, and expects the exit code (none for a death by the signal) and that all is gone in time.
    async fn ended_by(self, signal: Signal, code: Option<i32>) {
        self.run.signal(signal);
        let ((), run) = tokio::join!(gone(&self.processes, self.world), timeout(LIMIT, self.run.end()));
        let run = run.expect("flowgate itself ends in time");
        assert_eq!(run.code, code, "{signal:?}");
        assert_eq!(run.stderr.ends_with("interrupted\n"), code == INTERRUPTED, "{run:?}");
        assert_eq!(run.last()["status"] == "Interrupted", code == INTERRUPTED, "{run:?}");
    }
}

/// Expects that all processes of a world are gone in time.
async fn gone(processes: &[Process], world: &World) {
    let left = || [still_running(processes), concerned_with(world.path())].concat();
    let all_gone = async {
        while !left().is_empty() {
            sleep(POLL).await;
        }
    };
    assert!(timeout(LIMIT, all_gone).await.is_ok(), "{:?} are left", left());
}

/// Waits until a process has descendants of these names, as many as they are named, and gives all its descendants.
async fn programs_of(ancestor: u32, names: &[&str]) -> Vec<Process> {
    let count = |name: &str, of: &[&str]| of.iter().filter(|other| **other == name).count();
    loop {
        let processes = descendants(ancestor);
        let running: Vec<_> = processes.iter().map(|process| process.name.as_str()).collect();
        if names.iter().all(|name| count(name, &running) >= count(name, names)) {
            return processes;
        }
        sleep(POLL).await;
    }
}

fn action(stage: &str, action: &str) -> impl Fn(&Value) -> bool {
    move |line| line["stage"] == stage && line["action"] == action
}

/// The exit code of an interrupted run, as shells have it.
const INTERRUPTED: Option<i32> = Some(130);
/// With the exit code of each.
const SIGNALS: [(Signal, Option<i32>); 2] = [(Signal::INT, INTERRUPTED), (Signal::KILL, None)];

#[tokio::test]
async fn nothing_outlives_a_run_that_has_just_begun() {
    for (signal, code) in SIGNALS {
        let service = Service::new().await;
        service.at(&[], |line| line["status"] == "Preparing", &[]).await.ended_by(signal, code).await;
        service.runs_cleanly().await;
    }
}

#[tokio::test]
async fn nothing_outlives_a_run_that_starts_its_cloud() {
    let service = Service::new().await;
    for (signal, code) in SIGNALS {
        service.at(&[], |line| line["status"] == "Preparing", &["python"]).await.ended_by(signal, code).await;
    }
    service.runs_cleanly().await;
}

#[tokio::test]
async fn nothing_outlives_a_run_that_builds() {
    let service = Service::new().await;
    write(&service.folder.join("buildspec.yml"), HANGING_BUILD);
    for (signal, code) in SIGNALS {
        let moment = service.at(&[], action("Build", "Build"), &["python", "bash", "sleep", "sleep", "sleep"]).await;
        moment.ended_by(signal, code).await;
    }
    service.runs_cleanly().await;
}

#[tokio::test]
async fn a_cloud_that_dies_ends_the_run_instead_of_leaving_it_waiting() {
    let service = Service::new().await;
    write(&service.folder.join("buildspec.yml"), HANGING_BUILD);
    let moment = service.at(&[], action("Build", "Build"), &["python", "bash", "sleep", "sleep", "sleep"]).await;
    let emulator = moment.processes.iter().find(|process| process.name == "python").unwrap().id;
    kill_process(Pid::from_raw(emulator.try_into().unwrap()).unwrap(), Signal::KILL).unwrap();
    let run = timeout(LIMIT, moment.run.end()).await.expect("nobody waits for a dead cloud");
    assert_eq!((run.code, &run.last()["status"]), (Some(3), &"Error".into()), "{run:?}");
    assert!(run.stderr.contains("error: the local cloud ended before it should: "), "{run:?}");
    service.runs_cleanly().await;
}

#[tokio::test]
async fn nothing_outlives_a_run_that_tests() {
    let service = Service::new().await;
    write(&service.folder.join("tests/greeted.py"), HANGING_TEST);
    for (signal, code) in SIGNALS {
        let moment = service.at(&[], action("Beta", "Test"), &["python", "bootstrap", "sleep"]).await;
        moment.ended_by(signal, code).await;
    }
    service.runs_cleanly().await;
}

#[tokio::test]
async fn nothing_outlives_a_run_that_was_kept_and_its_exit_code_is_the_pipelines() {
    let service = Service::new().await;
    for (signal, code) in [(Signal::INT, Some(0)), (Signal::KILL, None)] {
        let moment = service.at(&["--keep"], |line| line["stages"].is_array(), &["python"]).await;
        moment.ended_by(signal, code).await;
    }
    service.runs_cleanly().await;
}

/// In the middle of a build, so that there is much to leave behind.
#[tokio::test]
async fn nothing_outlives_a_cloud_that_is_interrupted_and_that_is_how_it_should_end() {
    let up = Up::new().await;
    let folder = up.service("plain", "plain");
    write(&folder.join("buildspec.yml"), HANGING_BUILD);
    up.push(&folder).await;
    let programs = ["python", "bash", "sleep", "sleep", "sleep"];
    let running = timeout(PATIENCE, programs_of(up.id(), &programs)).await.expect("the build hangs");
    let world = timeout(LIMIT, up.interrupt()).await.expect("it ends at once");
    gone(&running, &world).await;
    assert!(world.left_behind().is_empty(), "{:?}", world.left_behind());
}

fn write(path: &Path, content: &str) {
    assert!(path.exists(), "{} is what the fixture has there", path.display());
    fs::write(path, content).unwrap();
}

/// Starts sleepers beside the shell, in a session of their own, and in the foreground.
const HANGING_BUILD: &str = "
version: 0.2
phases:
  build:
    commands:
      - sleep 1000 & setsid sleep 1000 & sleep 1000
artifacts:
  files: [app-sam.yaml]
";

/// A test that starts a program and waits for it.
const HANGING_TEST: &str = r#"
import subprocess


def handler(event, context):
    subprocess.run(["sleep", "1000"])
"#;
