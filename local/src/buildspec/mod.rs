//! CodeBuild's buildspec, versions 0.1 and 0.2: what a file says, checked, and in which order its commands run.
//!
//! Nothing here runs a command or reads a file.

#[cfg(test)]
mod corpus_tests;
mod known;
pub mod machine;
mod on_failure;
mod parse;
pub mod phases;
mod raw;
pub mod select;
mod value;

use std::collections::BTreeMap;
use std::fmt;

pub use on_failure::{OnFailure, Pattern};
pub use parse::{Error, parse};
pub use value::{Secret, Value};

/// A buildspec that can be run here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Buildspec {
    /// Whether commands share a shell.
    pub version: Version,
    /// What runs the commands.
    pub shell: Shell,
    /// Variables it sets, the weakest of all that are set.
    pub variables: BTreeMap<String, Value>,
    /// Whether git may use the project's credentials.
    pub git_credentials: bool,
    /// Variables that become output variables of the action.
    pub exported: Vec<String>,
    /// Its phases, in the order they run.
    pub phases: Vec<Phase>,
    /// The primary artifact.
    pub artifacts: Option<Files>,
    /// The further artifacts by their identifiers.
    pub secondary_artifacts: BTreeMap<String, Files>,
    /// What is kept from one build to the next.
    pub cache: Vec<String>,
    /// What it asks for that is accepted and makes no difference here, for people to read.
    pub notes: Vec<String>,
}

/// The versions differ in one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// 0.1: every command has a shell of its own; neither variables nor the directory carry over.
    ShellEach,
    /// 0.2: all commands run in one shell.
    SharedShell,
}

/// `env.shell`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Shell {
    /// `bash`, which we take where the buildspec names none.
    #[default]
    Bash,
    /// `/bin/sh`
    Sh,
}

/// Some commands, and what follows when one of them fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phase {
    /// Which phase.
    pub name: PhaseName,
    /// Run one after another, until one fails.
    pub commands: Vec<String>,
    /// Run afterwards, whether or not one failed.
    pub finally: Vec<String>,
    /// What the buildspec itself says to do after a failure.
    pub on_failure: Option<OnFailure>,
}

/// The phases that a buildspec can fill, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PhaseName {
    /// `install`
    Install,
    /// `pre_build`
    PreBuild,
    /// `build`
    Build,
    /// `post_build`
    PostBuild,
}

impl PhaseName {
    /// Its key in a buildspec.
    pub fn key(self) -> &'static str {
        match self {
            Self::Install => "install",
            Self::PreBuild => "pre_build",
            Self::Build => "build",
            Self::PostBuild => "post_build",
        }
    }
}

/// CodeBuild's name of it, in logs and in answers: `PRE_BUILD`.
impl fmt::Display for PhaseName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Install => "INSTALL",
            Self::PreBuild => "PRE_BUILD",
            Self::Build => "BUILD",
            Self::PostBuild => "POST_BUILD",
        })
    }
}

/// Which files an artifact holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Files {
    /// Paths or patterns, relative to the base directory.
    pub patterns: Vec<String>,
    /// Where the patterns start, relative to the source directory, or absolute; may itself be a pattern, of several directories.
    pub base_directory: Option<String>,
    /// Whether only the files' names are kept.
    pub discard_paths: bool,
    /// Patterns of files to leave out, relative to the base directory.
    pub exclude: Vec<String>,
    /// Whether symbolic links are kept as such.
    pub symlinks: bool,
}

impl Files {
    /// Every text in which a variable may be referred to.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let base = self.base_directory.as_deref();
        let patterns = self.patterns.iter().chain(&self.exclude);
        patterns.map(String::as_str).chain(base)
    }
}
