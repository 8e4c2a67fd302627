//! One build from its inputs to what it leaves, without any AWS.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::{Instant, timeout, timeout_at};

use super::artifacts::{self, Packed};
use super::buildspec_file::Place;
use super::environment;
use super::error::Error;
use super::log::Log;
use super::mask::Mask;
use super::shell::{self, Bash, Settings};
use super::vault::{self, Known, Vault};
use super::workspace::{Input, Workspace};
use crate::actions::Observer;
use crate::buildspec::phases::{self, Ended};
use crate::buildspec::select::{cached_directory, is_name, variable_names};
use crate::buildspec::{Buildspec, Files, Value};
use crate::supervise::Supervisor;

/// What to build. I26: its variables hold the keys of the project's role, so it cannot be printed.
pub struct Job {
    /// The project's directory on this machine.
    pub root: PathBuf,
    /// The input artifacts, the source first.
    pub inputs: Vec<Input>,
    /// Where the buildspec is.
    pub buildspec: Place,
    /// What the machine and the local cloud give, weaker than the buildspec's own variables.
    pub base: BTreeMap<String, String>,
    /// What the project and the action set, stronger than the buildspec's own variables.
    pub overrides: BTreeMap<String, Value>,
    /// What CodeBuild sets, stronger than all.
    pub fixed: BTreeMap<String, String>,
    /// What nobody may see in the log, apart from the variables that are kept elsewhere.
    pub secrets: Vec<String>,
    /// What the project asks for in vain, for people to read.
    pub notes: Vec<String>,
    /// How long it may take.
    pub timeout: Duration,
    /// How long it may wait for other builds of the project.
    pub queued_timeout: Duration,
    /// When it starts.
    pub now: Timestamp,
}

/// A build whose phases are over. Its directory is its own until this is dropped. I26: nor can this be printed.
pub struct Built {
    /// What it was built by.
    pub spec: Buildspec,
    /// The exported variables.
    pub exported: BTreeMap<String, String>,
    /// Why it has failed, if it has: its artifacts are uploaded nevertheless.
    pub failed: Option<Error>,
    variables: BTreeMap<String, String>,
    mask: Mask,
    workspace: Workspace,
}

/// Runs a build. Two builds in one directory take turns.
///
/// # Errors
/// When the build cannot be run, or has failed and leaves no artifacts.
pub async fn execute(
    supervisor: &Supervisor,
    job: Job,
    vault: &impl Vault,
    observer: &dyn Observer,
) -> Result<Built, Error> {
    let mut workspace = queue(&job, observer).await?;
    let deadline = Instant::now() + job.timeout;
    workspace.prepare(&job.inputs, job.now)?;
    let mut log = Log::create(&workspace.log(), observer).map_err(Error::Log)?;
    log.hide(Mask::new(job.secrets.clone()));
    let spec = job.buildspec.read(&workspace.source())?;
    job.notes.iter().chain(&spec.notes).for_each(|note| log.line(&format!("Note: {note}")));
    workspace.restore_cache(cached(&spec, &mut log))?;
    let Known { all, secret } = settle(&job, &spec, vault).await?;
    let mask = Mask::new(secret.iter().filter_map(|name| all.get(name)).chain(&job.secrets).cloned());
    log.hide(mask.clone());
    let exported = exportable(&spec, &secret, &mut log);
    let environment = environment(&job, &spec, all, &workspace)?;
    let settings = Settings {
        supervisor,
        version: spec.version,
        shell: spec.shell,
        run: workspace.run(),
        lock: workspace.lock()?,
        source: workspace.source(),
        names: asked(&spec, &exported),
        environment: environment.clone(),
    };
    let (ended, left) = run(&spec, settings, log, deadline, job.timeout).await?;
    let failed = ended.failed.map(|mut failed| {
        failed.command = mask.hide(&failed.command);
        Error::Command(failed)
    });
    match failed {
        Some(failed) if !ended.artifacts_due => Err(failed),
        failed => Ok(Built {
            exported: left.iter().filter(|(name, _)| exported.contains(name)).map(own).collect(),
            variables: environment.into_iter().chain(left).collect(),
            spec,
            failed,
            mask,
            workspace,
        }),
    }
}

impl Built {
    /// The zip of one of the buildspec's artifacts.
    ///
    /// # Errors
    /// When it has no files.
    pub fn pack(&self, files: &Files) -> Result<Packed, artifacts::Error> {
        artifacts::pack(files, &self.workspace.source(), &self.variables)
    }

    /// A text as others may read it. I26: a path of an artifact may have a secret in it.
    pub fn masked(&self, text: &str) -> String {
        self.mask.hide(text)
    }
}

/// Waits until no other build of the project runs.
async fn queue(job: &Job, observer: &dyn Observer) -> Result<Workspace, Error> {
    let on_wait = || observer.line("Waiting for another build of this project");
    let opened = timeout(job.queued_timeout, Workspace::open(job.root.clone(), on_wait)).await;
    Ok(opened.map_err(|_| Error::Queued(job.queued_timeout))??)
}

/// The commands, until they end or their time is over.
async fn run<'a>(
    spec: &Buildspec,
    settings: Settings<'a>,
    log: Log<'a>,
    deadline: Instant,
    limit: Duration,
) -> Result<(Ended, BTreeMap<String, String>), Error> {
    let mut bash = Bash::new(settings, log).map_err(shell::Error::from)?;
    if let Ok(ended) = timeout_at(deadline, phases::run(spec, &mut bash)).await {
        return Ok((ended?, bash.finish().await?));
    }
    let error = Error::TimedOut { phase: bash.phase(), timeout: limit };
    bash.kill(&error.to_string()).await?;
    Err(error)
}

/// The variables of the project and the buildspec, each by the strongest who sets it.
async fn settle(job: &Job, spec: &Buildspec, vault: &impl Vault) -> Result<Known, Error> {
    let mut all = spec.variables.clone();
    all.extend(job.overrides.clone());
    all.retain(|name, _| !job.fixed.contains_key(name));
    Ok(vault::open(all, vault).await?)
}

/// The variables to export. CodeBuild exports neither what is kept elsewhere nor what begins with `AWS_`.
fn exportable(spec: &Buildspec, secret: &[String], log: &mut Log<'_>) -> Vec<String> {
    let (kept, open): (Vec<_>, Vec<_>) =
        spec.exported.iter().cloned().partition(|name| secret.contains(name) || name.starts_with("AWS_"));
    for name in kept {
        log.line(&format!("Note: variable {name} is not exported, it may be a secret"));
    }
    open
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
fn asked(spec: &Buildspec, exported: &[String]) -> Vec<String> {
    let files = spec.artifacts.iter().chain(spec.secondary_artifacts.values());
    let referred = files.flat_map(Files::texts).flat_map(variable_names);
    let mut names: Vec<String> = exported.iter().cloned().chain(referred).filter(|name| is_name(name)).collect();
    names.sort();
    names.dedup();
    names
}

fn environment(
    job: &Job,
    spec: &Buildspec,
    set: BTreeMap<String, String>,
    workspace: &Workspace,
) -> Result<BTreeMap<String, String>, Error> {
    let mut all = job.base.clone();
    if spec.git_credentials {
        all.extend(environment::git(&job.base));
    }
    all.extend(set);
    all.extend(job.fixed.clone());
    // Exported from the start, so that the shells' own changes of it reach the commands.
    all.insert("CODEBUILD_BUILD_SUCCEEDING".into(), "1".into());
    all.insert("CODEBUILD_BUILD_NUMBER".into(), workspace.number().to_string());
    all.insert("CODEBUILD_SRC_DIR".into(), workspace.source().display().to_string());
    all.extend(source_directories(&job.inputs, workspace));
    let invalid =
        |(name, value): &(&String, &String)| name.is_empty() || name.contains(['=', '\0']) || value.contains('\0');
    match all.iter().find(invalid) {
        Some((name, _)) => Err(Error::Name(name.clone())),
        None => Ok(all),
    }
}

/// Where several inputs lie, the source among them.
fn source_directories(inputs: &[Input], workspace: &Workspace) -> BTreeMap<String, String> {
    let several = if inputs.len() > 1 { inputs } else { &[] };
    let directory = |(at, input): (usize, &Input)| {
        let directory = if at == 0 { workspace.source() } else { workspace.secondary(&input.name) };
        (format!("CODEBUILD_SRC_DIR_{}", input.name), directory.display().to_string())
    };
    several.iter().enumerate().map(directory).collect()
}

fn own((name, value): (&String, &String)) -> (String, String) {
    (name.clone(), value.clone())
}
