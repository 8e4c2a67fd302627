//! From the file's text to a [`Buildspec`].

use std::collections::BTreeMap;

use serde::de::IgnoredAny;

use super::raw::{self, OneOrMany, Raw};
use super::{Buildspec, Files, OnFailure, Phase, PhaseName, Version};

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
    let raw: Raw = yaml(text)?;
    let version = version(raw.version.as_deref())?;
    let notes = notes(text, &raw)?;
    let phases = match raw.phases {
        Some(phases) => all_phases(phases)?,
        None if raw.batch.is_some() => return Err(Error::Batch),
        None => Vec::new(),
    };
    if phases.is_empty() {
        return Err(Error::NoPhases);
    }
    let env = raw.env.unwrap_or_default();
    refuse_shell(env.shell.as_deref())?;
    refuse_stores(&env)?;
    let mut artifacts = raw.artifacts;
    let secondary = artifacts.as_mut().and_then(|artifacts| artifacts.secondary_artifacts.take());
    Ok(Buildspec {
        version,
        variables: texts(env.variables),
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
    serde_saphyr::from_str_with_options(text, options).map_err(|error| Error::Syntax(error.to_string()))
}

fn version(version: Option<&str>) -> Result<Version, Error> {
    match version {
        Some("0.1") => Ok(Version::ShellEach),
        Some("0.2") => Ok(Version::SharedShell),
        Some(other) => Err(Error::Version(other.to_owned())),
        None => Err(Error::NoVersion),
    }
}

fn all_phases(raw: raw::Phases) -> Result<Vec<Phase>, Error> {
    [
        (PhaseName::Install, raw.install),
        (PhaseName::PreBuild, raw.pre_build),
        (PhaseName::Build, raw.build),
        (PhaseName::PostBuild, raw.post_build),
    ]
    .into_iter()
    .filter_map(|(name, raw)| raw.map(|raw| phase(name, raw)))
    .collect()
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
    match value.as_str() {
        "ABORT" => Ok(OnFailure::Abort),
        "CONTINUE" => Ok(OnFailure::Continue),
        _ => {
            let remedy = "write ABORT or CONTINUE";
            Err(Error::Unsupported { key: format!("phases.{phase}.on-failure"), value, remedy })
        }
    }
}

fn refuse_shell(shell: Option<&str>) -> Result<(), Error> {
    match shell {
        None | Some("bash" | "/bin/bash" | "sh" | "/bin/sh") => Ok(()),
        Some(other) => Err(Error::Unsupported {
            key: "env.shell".into(),
            value: other.to_owned(),
            remedy: "commands run with bash",
        }),
    }
}

fn refuse_stores(env: &raw::Env) -> Result<(), Error> {
    let first = |store: &Option<BTreeMap<String, _>>| store.as_ref().and_then(|store| store.keys().next().cloned());
    let parameter = first(&env.parameter_store).map(|name| ("env.parameter-store", name));
    let secret = first(&env.secrets_manager).map(|name| ("env.secrets-manager", name));
    match parameter.or(secret) {
        None => Ok(()),
        Some((key, value)) => {
            let remedy = "set it under env.variables, or as a PLAINTEXT variable of the project";
            Err(Error::Unsupported { key: key.into(), value, remedy })
        }
    }
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
    }
}

fn texts(values: Option<BTreeMap<String, Option<String>>>) -> BTreeMap<String, String> {
    values.unwrap_or_default().into_iter().map(|(name, value)| (name, value.unwrap_or_default())).collect()
}

/// Everything that is accepted and ignored is said aloud, or a build that differs from CodeBuild's is a riddle.
fn notes(text: &str, raw: &Raw) -> Result<Vec<String>, Error> {
    let keys: BTreeMap<String, IgnoredAny> = yaml(text)?;
    let unknown = keys.into_keys().filter(|key| !raw::KEYS.contains(&key.as_str()));
    let mut notes: Vec<String> = unknown.map(|key| format!("key {key} is unknown and ignored")).collect();
    for (key, asked) in
        [("proxy", raw.proxy.is_some()), ("batch", raw.batch.is_some()), ("reports", raw.reports.is_some())]
    {
        if asked {
            notes.push(format!("{key} is ignored here"));
        }
    }
    notes.extend(raw.run_as.as_deref().map(run_as));
    for phase in raw
        .phases
        .iter()
        .flat_map(|phases| [&phases.install, &phases.pre_build, &phases.build, &phases.post_build])
        .flatten()
    {
        notes.extend(phase.run_as.as_deref().map(run_as));
        notes.extend(phase.runtime_versions.iter().flatten().map(runtime));
    }
    Ok(notes)
}

fn run_as(user: &str) -> String {
    format!("run-as {user} is ignored, commands run as you")
}

fn runtime((name, version): (&String, &Option<String>)) -> String {
    let version = version.as_deref().unwrap_or("latest");
    format!("runtime {name} {version} is not installed, the one on the PATH is used")
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
