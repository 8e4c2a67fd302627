//! From the file's text to a [`Buildspec`].

use std::collections::BTreeMap;

use super::raw::{self, OneOrMany, Raw, Texts};
use super::{Buildspec, Files, OnFailure, Phase, PhaseName, Secret, Shell, Value, Version, known};

/// Why a buildspec cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is not what a buildspec looks like.
    #[error("{0}")]
    Syntax(String),
    /// No version.
    #[error("no version: write `version: 0.2` at the top")]
    NoVersion,
    /// A version nobody knows.
    #[error("version {0} is unknown, 0.1 and 0.2 can be run")]
    Version(String),
    /// Nothing to run.
    #[error("no phases: write at least `phases: build: commands:`")]
    NoPhases,
    /// Only a batch of other builds.
    #[error("batch builds do not run here, and it has no phases of its own")]
    Batch,
    /// A variable that is kept elsewhere, and not where.
    #[error("{key} is empty: name what it is kept as, or remove it")]
    NoPlace {
        /// Where it stands.
        key: String,
    },
    /// A value that means something on CodeBuild and cannot be honoured here.
    #[error("{key}: {value} does not run here, {remedy}")]
    Unsupported {
        /// Where it stands.
        key: String,
        /// What it says.
        value: String,
        /// What to do about it.
        remedy: &'static str,
    },
}

/// Reads a buildspec.
///
/// # Errors
/// When it is not one, with the line; or when it asks for what would change the build and is not done here, by name.
pub fn parse(text: &str) -> Result<Buildspec, Error> {
    let mut raw: Raw = yaml(text)?;
    let version = version(raw.version.as_deref())?;
    let notes = notes(text, &raw);
    let phases = phases(raw.phases.take(), raw.batch.is_some())?;
    let mut env = raw.env.unwrap_or_default();
    let shell = shell(env.shell.as_deref())?;
    let old = raw.old_env.and_then(|env| env.plaintext);
    let mut artifacts = raw.artifacts;
    let secondary = artifacts.as_mut().and_then(|artifacts| artifacts.secondary_artifacts.take());
    Ok(Buildspec {
        version,
        shell,
        variables: variables(old, &mut env)?,
        git_credentials: env.git_credential_helper.unwrap_or(false),
        exported: env.exported_variables.unwrap_or_default(),
        phases,
        artifacts: artifacts.map(files).filter(|files| !files.patterns.is_empty()),
        secondary_artifacts: secondary.unwrap_or_default().into_iter().map(|(name, raw)| (name, files(raw))).collect(),
        cache: raw.cache.and_then(|cache| cache.paths).unwrap_or_default(),
        notes,
    })
}

fn yaml<'a, T: serde::Deserialize<'a>>(text: &'a str) -> Result<T, Error> {
    // Without the snippet the message is one line, and still names line and column.
    let options = serde_saphyr::options! { with_snippet: false };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| Error::Syntax(with_remedy(error.to_string())))
}

/// A command with a colon and a space in it is a mapping, as YAML has it, and the commonest mistake of all.
fn with_remedy(error: String) -> String {
    if error.contains("expected string") {
        format!("{error}: put a command or a value in quotes where it holds a colon and a space")
    } else {
        error
    }
}

fn version(version: Option<&str>) -> Result<Version, Error> {
    match version {
        Some("0.1") => Ok(Version::ShellEach),
        Some("0.2") => Ok(Version::SharedShell),
        Some(other) => Err(Error::Version(other.to_owned())),
        None => Err(Error::NoVersion),
    }
}

fn phases(raw: Option<BTreeMap<PhaseName, Option<raw::Phase>>>, batch: bool) -> Result<Vec<Phase>, Error> {
    if raw.is_none() && batch {
        return Err(Error::Batch);
    }
    let declared = raw.unwrap_or_default().into_iter().filter_map(|(name, phase)| Some((name, phase?)));
    let phases = declared.map(|(name, raw)| phase(name, raw)).collect::<Result<Vec<_>, _>>()?;
    if phases.is_empty() { Err(Error::NoPhases) } else { Ok(phases) }
}

fn phase(name: PhaseName, raw: raw::Phase) -> Result<Phase, Error> {
    Ok(Phase {
        name,
        commands: raw.commands.unwrap_or_default(),
        finally: raw.finally.unwrap_or_default(),
        on_failure: raw.on_failure.map(|value| on_failure(name, value)).transpose()?,
    })
}

fn on_failure(phase: PhaseName, value: String) -> Result<OnFailure, Error> {
    let key = format!("phases.{}.on-failure", phase.key());
    OnFailure::read(&value).map_err(|remedy| Error::Unsupported { key, value, remedy })
}

fn shell(shell: Option<&str>) -> Result<Shell, Error> {
    match shell {
        None | Some("bash" | "/bin/bash") => Ok(Shell::Bash),
        Some("sh" | "/bin/sh") => Ok(Shell::Sh),
        Some(other) => Err(Error::Unsupported {
            key: "env.shell".into(),
            value: other.to_owned(),
            remedy: "commands run with bash or /bin/sh",
        }),
    }
}

/// Where one name is set twice, what is kept elsewhere wins.
fn variables(old: Option<Texts>, env: &mut raw::Env) -> Result<BTreeMap<String, Value>, Error> {
    let plain = [old, env.variables.take()].into_iter().flatten().flatten();
    let mut all: BTreeMap<_, _> = plain.map(|(name, value)| (name, Value::Plain(value.unwrap_or_default()))).collect();
    for (name, value) in env.parameter_store.take().unwrap_or_default() {
        let place = place("env.parameter-store", &name, value)?;
        all.insert(name, Value::Parameter(place));
    }
    for (name, value) in env.secrets_manager.take().unwrap_or_default() {
        let place = place("env.secrets-manager", &name, value)?;
        all.insert(name, Value::Secret(Secret::read(&place)));
    }
    Ok(all)
}

fn place(key: &str, name: &str, value: Option<String>) -> Result<String, Error> {
    let missing = || Error::NoPlace { key: format!("{key}.{name}") };
    value.filter(|value| !value.is_empty()).ok_or_else(missing)
}

fn files(raw: raw::Artifacts) -> Files {
    Files {
        patterns: raw.files.unwrap_or_default(),
        base_directory: raw.base_directory,
        discard_paths: raw.discard_paths.unwrap_or(false),
        exclude: match raw.exclude_paths {
            None => Vec::new(),
            Some(OneOrMany::One(path)) => vec![path],
            Some(OneOrMany::Many(paths)) => paths,
        },
        symlinks: raw.enable_symlinks.unwrap_or(false),
    }
}

/// Everything that is accepted and ignored is said aloud, or a build that differs from CodeBuild's is a riddle.
fn notes(text: &str, raw: &Raw) -> Vec<String> {
    // What has been read once can be read; it is looked at here for its keys alone.
    let keys = yaml(text).unwrap_or_default();
    let mut notes: Vec<String> =
        known::unknown(&keys).into_iter().map(|key| format!("key {key} is unknown and ignored")).collect();
    notes.extend(ignored(raw).into_iter().filter(|(_, asked)| *asked).map(|(note, _)| note.to_owned()));
    notes.extend(raw.run_as.as_deref().map(run_as));
    for phase in raw.phases.iter().flat_map(BTreeMap::values).flatten() {
        notes.extend(phase.run_as.as_deref().map(run_as));
        notes.extend(phase.runtime_versions.iter().flatten().map(runtime));
    }
    notes
}

fn ignored(raw: &Raw) -> [(&'static str, bool); 4] {
    let keyed = |cache: &raw::Cache| cache.key.is_some() || cache.fallback_keys.is_some() || cache.action.is_some();
    [
        ("proxy is ignored here, the machine's own settings are used", raw.proxy.is_some()),
        ("batch is ignored here, the phases run once", raw.batch.is_some()),
        ("reports are not uploaded here, their files are left alone", raw.reports.is_some()),
        (
            "the cache is one for all builds of the project, without keys, restored and saved",
            raw.cache.as_ref().is_some_and(keyed),
        ),
    ]
}

fn run_as(user: &str) -> String {
    format!("run-as {user} is not honoured, commands run as you")
}

fn runtime((name, version): (&String, &Option<String>)) -> String {
    let version = version.as_deref().unwrap_or("latest");
    format!("runtime {name} {version} is not installed, the one on the PATH is used")
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
