//! Builds, what they write, and what is kept for them elsewhere.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use flowgate::actions::Observer;
use flowgate::actions::archive::{self, Archive};
use flowgate::actions::build::{BuildError, Built, Input, Job, NoValue, Place, Vault, execute};
use flowgate::buildspec::{Secret, Value};
use flowgate::pipeline::action::Progress;
use flowgate::supervise::Supervisor;
use jiff::Timestamp;
use tempfile::TempDir;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// What our own lines begin with.
const OURS: [&str; 6] =
    ["Entering phase", "Running command", "Phase complete", "Phase context", "Retrying phase", "Note:"];

pub(crate) struct World {
    directory: TempDir,
    lines: Lines,
    /// What is kept elsewhere.
    pub(crate) kept: Kept,
}

#[derive(Default)]
struct Lines {
    all: Mutex<Vec<String>>,
    watcher: Mutex<Option<UnboundedSender<String>>>,
}

/// Parameters and secrets by their names.
#[derive(Default)]
pub(crate) struct Kept(pub(crate) BTreeMap<&'static str, &'static str>);

pub(crate) struct Outcome {
    pub(crate) built: Result<Built, String>,
    /// What the commands wrote, without the lines that announce them.
    pub(crate) output: Vec<String>,
}

impl Observer for Lines {
    fn progress(&self, _: Progress) {}

    fn line(&self, line: &str) {
        self.all.lock().unwrap().push(line.to_owned());
        if let Some(watcher) = self.watcher.lock().unwrap().as_ref() {
            drop(watcher.send(line.to_owned()));
        }
    }
}

impl Vault for Kept {
    async fn parameter(&self, name: &str) -> Result<String, NoValue> {
        self.get(name)
    }

    async fn secret(&self, secret: &Secret) -> Result<String, NoValue> {
        let stage = secret.stage.as_ref().map(|stage| format!(" {stage}")).unwrap_or_default();
        self.get(&format!("{}{stage}", secret.id))
    }
}

impl Kept {
    fn get(&self, name: &str) -> Result<String, NoValue> {
        let value = self.0.get(name).map(|value| (*value).to_owned());
        value.ok_or_else(|| NoValue::Missing(format!("parameter does not exist: {name}")))
    }
}

impl World {
    pub(crate) fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap(), lines: Lines::default(), kept: Kept::default() }
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.directory.path().join("project")
    }

    pub(crate) fn job(&self, buildspec: &str, files: &[(&str, &str)]) -> Job {
        let keep = |name: &&str| std::env::var(name).ok().map(|value| ((*name).to_owned(), value));
        Job {
            root: self.root(),
            inputs: vec![Input { name: "Source".into(), zip: zip(&[files, &[("buildspec.yml", buildspec)]].concat()) }],
            buildspec: Place::of(None),
            base: ["PATH", "HOME"].iter().filter_map(keep).collect(),
            overrides: BTreeMap::new(),
            fixed: BTreeMap::new(),
            secrets: Vec::new(),
            notes: Vec::new(),
            timeout: Duration::from_mins(1),
            queued_timeout: Duration::from_mins(1),
            now: Timestamp::now(),
        }
    }

    pub(crate) async fn build(&self, buildspec: &str) -> Outcome {
        self.run(self.job(buildspec, &[])).await
    }

    pub(crate) async fn run(&self, job: Job) -> Outcome {
        self.lines.all.lock().unwrap().clear();
        let built = self.execute(job).await;
        let output = self.lines().into_iter().filter(|line| !OURS.iter().any(|start| line.starts_with(start)));
        Outcome { built, output: output.collect() }
    }

    /// What failed a build is its error, also when it leaves artifacts.
    pub(crate) async fn execute(&self, job: Job) -> Result<Built, String> {
        let told = |error: &BuildError| format!("{}, Message: {error}", error.terminated());
        let mut built = self.left(job).await.map_err(|error| told(&error))?;
        built.failed.take().map_or(Ok(built), |error| Err(told(&error)))
    }

    pub(crate) async fn left(&self, job: Job) -> Result<Built, BuildError> {
        let supervisor = Supervisor::new(env!("CARGO_BIN_EXE_flowgate"));
        execute(&supervisor, job, &self.kept, &self.lines).await
    }

    /// Every line so far.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.lines.all.lock().unwrap().clone()
    }

    /// Every line from now on.
    pub(crate) fn watch(&self) -> UnboundedReceiver<String> {
        let (sender, receiver) = unbounded_channel();
        *self.lines.watcher.lock().unwrap() = Some(sender);
        receiver
    }

    /// Everything that is written about the last build: to whoever watches, and to its file.
    pub(crate) fn written(&self) -> String {
        let logs = fs::read_dir(self.root().join("logs")).unwrap();
        let files = logs.map(|log| fs::read_to_string(log.unwrap().path()).unwrap());
        self.lines().into_iter().chain(files).collect::<Vec<_>>().join("\n")
    }
}

pub(crate) fn plain(value: &str) -> Value {
    Value::Plain(value.to_owned())
}

/// Returns once this line has been told.
pub(crate) async fn until(lines: &mut UnboundedReceiver<String>, line: &str) {
    while lines.recv().await.unwrap() != line {}
}

pub(crate) fn zip(files: &[(&str, &str)]) -> Vec<u8> {
    let directory = tempfile::tempdir().unwrap();
    let paths = files.iter().map(|(name, content)| {
        let path = directory.path().join(name.replace('/', "%"));
        fs::write(&path, content).unwrap();
        ((*name).to_owned(), path)
    });
    archive::pack(&paths.collect()).unwrap()
}

pub(crate) fn unpacked(zip: &[u8]) -> String {
    let to = tempfile::tempdir().unwrap();
    let mut files = Vec::new();
    let mut on_file = |path: &Path, content: &[u8], _: &fs::File| {
        files.push(format!("{}={}", path.display(), String::from_utf8_lossy(content).trim_end()));
        Ok(())
    };
    Archive::new(zip).unwrap().extract(to.path(), &mut on_file).unwrap();
    files.sort();
    files.join(" ")
}

pub(crate) fn spec(version: &str, phases: &[(&str, &[&str])]) -> String {
    let mut text = format!("version: {version}\nphases:\n");
    for (phase, commands) in phases {
        writeln!(text, "  {phase}:\n    commands: {}", serde_json::json!(commands)).unwrap();
    }
    text
}
