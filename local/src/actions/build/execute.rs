//! One build from its inputs to what it leaves, without any AWS.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;

use super::artifacts::{self, Packed};
use super::log::Log;
use super::shell::{self, Bash, Settings};
use super::workspace::{self, Input, Workspace};
use crate::actions::Observer;
use crate::buildspec::phases::{self, FailedCommand};
use crate::buildspec::select::{cached_directory, is_name, variable_names};
use crate::buildspec::{self, Buildspec, Files};
use crate::supervise::Supervisor;

/// What to build. I26: its variables hold the keys of the project's role, so it cannot be printed.
pub struct Job {
    /// The project's directory on this machine.
    pub root: PathBuf,
    /// The input artifacts, the source first.
    pub inputs: Vec<Input>,
    /// The project's buildspec: its text, or its path in the source; `buildspec.yml` when it has none.
    pub buildspec: Option<String>,
    /// What the machine and the local cloud give, weaker than the buildspec's own variables.
    pub base: BTreeMap<String, String>,
    /// What the project, the action and CodeBuild set, stronger than the buildspec's own variables.
    pub overrides: BTreeMap<String, String>,
    /// How long it may take.
    pub timeout: Duration,
    /// When it starts.
    pub now: Timestamp,
}

/// A build that succeeded. Its directory is its own until this is dropped. I26: nor can this be printed.
pub struct Built {
    /// What it was built by.
    pub spec: Buildspec,
    /// The exported variables.
    pub exported: BTreeMap<String, String>,
    variables: BTreeMap<String, String>,
    workspace: Workspace,
}

/// Why a build failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Its directory cannot be made ready.
    #[error(transparent)]
    Workspace(#[from] workspace::Error),
    /// The buildspec is not where it should be.
    #[error("the source has no {0}: add it, or set the project's buildspec")]
    NoBuildspec(String),
    /// The buildspec lies where it is not looked for.
    #[error("buildspec {0} does not run here: use a path inside the source, or the text itself")]
    BuildspecElsewhere(String),
    /// The buildspec cannot be run.
    #[error("{origin}: {source}")]
    Buildspec {
        /// The file.
        origin: String,
        /// What is wrong with it.
        source: buildspec::Error,
    },
    /// The log cannot be written.
    #[error("the build log cannot be written: {0}")]
    Log(std::io::Error),
    /// A command failed.
    #[error("phase {phase} failed: command `{command}` exited with code {code}{output}", phase = .failed.phase,
        command = .failed.command.trim_end(), code = .failed.code, output = quoted(.output))]
    Command {
        /// Which, and where.
        failed: FailedCommand,
        /// Its last lines.
        output: Vec<String>,
    },
    /// A command could not be run.
    #[error(transparent)]
    Shell(#[from] shell::Error),
    /// It took too long.
    #[error("the build was stopped after {} minutes: raise the project's TimeoutInMinutes, or make it quicker", .0.as_secs() / 60)]
    TimedOut(Duration),
}

/// Runs a build. Two builds in one directory take turns.
///
/// # Errors
/// When the build cannot be run, or one of its commands fails.
pub async fn execute(supervisor: &Supervisor, job: Job, observer: &dyn Observer) -> Result<Built, Error> {
    let on_wait = || observer.line("Waiting for another build of this project");
    let mut workspace = Workspace::open(job.root.clone(), on_wait).await?;
    workspace.prepare(&job.inputs, job.now)?;
    let mut log = Log::create(&workspace.log(), observer).map_err(Error::Log)?;
    let spec = read_buildspec(job.buildspec.as_deref(), &workspace.source())?;
    spec.notes.iter().for_each(|note| log.line(&format!("Note: {note}")));
    workspace.restore_cache(cached(&spec, &mut log))?;
    let environment = environment(&job, &spec, &workspace);
    let settings = Settings {
        supervisor,
        version: spec.version,
        run: workspace.run(),
        source: workspace.source(),
        names: asked(&spec),
        environment: environment.clone(),
    };
    let run = run(&spec, settings, log);
    let left = tokio::time::timeout(job.timeout, run).await.map_err(|_| Error::TimedOut(job.timeout))??;
    let exported = left.iter().filter(|(name, _)| spec.exported.contains(name));
    let exported = exported.map(|(name, value)| (name.clone(), value.clone())).collect();
    let mut variables = environment;
    variables.extend(left);
    Ok(Built { spec, exported, variables, workspace })
}

impl Built {
    /// The zip of one of the buildspec's artifacts.
    ///
    /// # Errors
    /// When it has no files.
    pub fn pack(&self, files: &Files) -> Result<Packed, artifacts::Error> {
        artifacts::pack(files, &self.workspace.source(), &self.variables)
    }
}

async fn run<'a>(spec: &Buildspec, settings: Settings<'a>, log: Log<'a>) -> Result<BTreeMap<String, String>, Error> {
    let mut bash = Bash::new(settings, log).map_err(shell::Error::from)?;
    match phases::run(spec, &mut bash).await? {
        Some(failed) => {
            let output = bash.take_failed_output();
            bash.finish().await?;
            Err(Error::Command { failed, output })
        }
        None => Ok(bash.finish().await?),
    }
}

fn read_buildspec(set: Option<&str>, source: &Path) -> Result<Buildspec, Error> {
    let parse = |origin: &str, text: &str| {
        buildspec::parse(text).map_err(|source| Error::Buildspec { origin: origin.to_owned(), source })
    };
    let path = match set {
        None => "buildspec.yml",
        Some(text) if text.contains('\n') || text.trim_start().starts_with('{') => {
            return parse("the project's buildspec", text);
        }
        Some(path) => path.trim(),
    };
    let inside = Path::new(path).components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if !inside || path.starts_with("arn:") {
        return Err(Error::BuildspecElsewhere(path.to_owned()));
    }
    let text = fs::read_to_string(source.join(path)).map_err(|_| Error::NoBuildspec(path.to_owned()))?;
    parse(path, &text)
}

fn cached(spec: &Buildspec, log: &mut Log<'_>) -> Vec<String> {
    let mut directories = Vec::new();
    for path in &spec.cache {
        match cached_directory(path) {
            Some(directory) => directories.push(directory.to_owned()),
            None => log.line(&format!("Note: cache path {path} is not kept, only whole directories of the source are")),
        }
    }
    directories
}

/// The variables whose values matter after the build: those exported, and those in the artifacts' paths.
fn asked(spec: &Buildspec) -> Vec<String> {
    let files = spec.artifacts.iter().chain(spec.secondary_artifacts.values());
    let referred = files.flat_map(Files::texts).flat_map(variable_names);
    let mut names: Vec<String> = spec.exported.iter().cloned().chain(referred).filter(|name| is_name(name)).collect();
    names.sort();
    names.dedup();
    names
}

fn environment(job: &Job, spec: &Buildspec, workspace: &Workspace) -> BTreeMap<String, String> {
    let mut all = job.base.clone();
    all.extend(spec.variables.clone());
    all.extend(job.overrides.clone());
    // Exported from the start, so that the shells' own changes of it reach the commands.
    all.insert("CODEBUILD_BUILD_SUCCEEDING".into(), "1".into());
    all.insert("CODEBUILD_BUILD_NUMBER".into(), workspace.number().to_string());
    all.insert("CODEBUILD_SRC_DIR".into(), workspace.source().display().to_string());
    for input in job.inputs.iter().skip(1) {
        all.insert(format!("CODEBUILD_SRC_DIR_{}", input.name), workspace.secondary(&input.name).display().to_string());
    }
    all
}

fn quoted(output: &[String]) -> String {
    output.iter().map(|line| format!("\n    {line}")).collect()
}
