//! Why a build failed, as CodeBuild tells it: a state, a phase, a status code and a message.

use std::fmt;
use std::time::Duration;

use super::{artifacts, shell, vault, workspace};
use crate::buildspec::phases::FailedCommand;
use crate::buildspec::{self, PhaseName};

/// Why a build failed. I26: no secret is in its words.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Its directory cannot be made ready.
    #[error(transparent)]
    Workspace(#[from] workspace::Error),
    /// The buildspec is not where it should be.
    #[error("the source has no {0}: add it, or set the project's buildspec")]
    NoBuildspec(String),
    /// The buildspec lies where it is not looked for.
    #[error("buildspec {0} does not run here: use a path inside the source, an object in s3, or the text itself")]
    BuildspecElsewhere(String),
    /// The buildspec is no text.
    #[error("{0} is not UTF-8 text: save it as such")]
    NotText(String),
    /// The buildspec cannot be run.
    #[error("{origin}: {source}")]
    Buildspec {
        /// The file.
        origin: String,
        /// What is wrong with it.
        source: buildspec::Error,
    },
    /// A variable has no value.
    #[error(transparent)]
    Variable(#[from] vault::Error),
    /// A variable cannot be one of a process.
    #[error("{0:?} cannot be set as a variable: its name must not be empty or hold `=`, and it must not hold NUL")]
    Name(String),
    /// The log cannot be written.
    #[error("the build log cannot be written: {0}")]
    Log(std::io::Error),
    /// A command failed.
    #[error("{0}{lines}", lines = quoted(&.0.output))]
    Command(FailedCommand),
    /// A command could not be run.
    #[error(transparent)]
    Shell(#[from] shell::Error),
    /// An artifact cannot be made.
    #[error("output artifact {name}: {message}")]
    Artifact {
        /// Its name.
        name: String,
        /// Why.
        message: String,
    },
    /// It took too long.
    #[error("Build has timed out. It may take {} minutes: raise the project's TimeoutInMinutes, or make it quicker", .timeout.as_secs() / 60)]
    TimedOut {
        /// The phase that ran.
        phase: PhaseName,
        /// How long it may take.
        timeout: Duration,
    },
    /// Others of the project took too long.
    #[error("Build has timed out. It may wait {} minutes for others: raise the project's QueuedTimeoutInMinutes", .0.as_secs() / 60)]
    Queued(Duration),
}

/// How a build ended that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terminated {
    state: &'static str,
    phase: &'static str,
    code: &'static str,
}

impl fmt::Display for Terminated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { state, phase, code } = self;
        write!(f, "Build terminated with state: {state}. Phase: {phase}, Code: {code}")
    }
}

impl Error {
    /// In CodeBuild's own words, because people search for them and programs read them.
    pub fn terminated(&self) -> Terminated {
        let (state, phase, code) = match self {
            Self::Workspace(_) | Self::Log(_) | Self::Name(_) => ("FAILED", "DOWNLOAD_SOURCE", "CLIENT_ERROR"),
            Self::NoBuildspec(_) | Self::BuildspecElsewhere(_) | Self::NotText(_) | Self::Buildspec { .. } => {
                ("FAILED", "DOWNLOAD_SOURCE", "YAML_FILE_ERROR")
            }
            Self::Variable(error) => ("FAILED", "DOWNLOAD_SOURCE", error.code()),
            Self::Command(failed) => ("FAILED", phase(failed.phase), "COMMAND_EXECUTION_ERROR"),
            Self::Shell(_) => ("FAULT", "BUILD", "INTERNAL_SERVICE_ERROR"),
            Self::Artifact { .. } => ("FAILED", "UPLOAD_ARTIFACTS", "CLIENT_ERROR"),
            Self::TimedOut { phase: name, .. } => ("TIMED_OUT", phase(*name), "BUILD_TIMED_OUT"),
            Self::Queued(_) => ("TIMED_OUT", "QUEUED", "BUILD_TIMED_OUT"),
        };
        Terminated { state, phase, code }
    }

    /// Whether it is for lack of a permission of the project's role.
    pub(super) fn is_denial(&self) -> bool {
        matches!(self, Self::Variable(error) if error.is_denial())
    }

    pub(super) fn artifact(name: &str, source: &artifacts::Error, masked: impl Fn(&str) -> String) -> Self {
        Self::Artifact { name: name.to_owned(), message: masked(&source.to_string()) }
    }
}

fn phase(name: PhaseName) -> &'static str {
    match name {
        PhaseName::Install => "INSTALL",
        PhaseName::PreBuild => "PRE_BUILD",
        PhaseName::Build => "BUILD",
        PhaseName::PostBuild => "POST_BUILD",
    }
}

fn quoted(output: &[String]) -> String {
    output.iter().map(|line| format!("\n    {line}")).collect()
}
