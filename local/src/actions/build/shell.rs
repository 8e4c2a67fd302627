//! Runs a build's commands in bash, or in sh.
//!
//! One stream carries both their output and the driver's messages, so what a command wrote always comes before the news
//! that it ended. A shell that ends early (`exit`, `set -e`, `exec`) is replaced by another that goes on with its
//! variables and directory.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use tokio::runtime::Handle;
use uuid::Uuid;

use super::log::Log;
use super::process::{Message, Process};
use crate::buildspec::phases::{News, Shell};
use crate::buildspec::{self, PhaseName, Version};
use crate::supervise::Supervisor;

const DRIVER: &str = include_str!("driver.sh");

/// A command could not be run at all.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The shell is missing, or ended before it ran anything.
    #[error("the shell did not start (exit code {0:?}), is bash on the PATH?")]
    NoShell(Option<i32>),
    /// The system refuses.
    #[error("the shell cannot be driven: {0}")]
    System(#[from] io::Error),
}

/// Where and how the shells of one build run.
pub(super) struct Settings<'a> {
    pub(super) supervisor: &'a Supervisor,
    pub(super) version: Version,
    pub(super) shell: buildspec::Shell,
    /// An empty directory for the driver's own files; it is removed at the end.
    pub(super) run: PathBuf,
    /// Held until nothing of the build is left.
    pub(super) lock: File,
    /// Where commands start.
    pub(super) source: PathBuf,
    pub(super) environment: BTreeMap<String, String>,
    /// The variables whose values are asked for at the end.
    pub(super) names: Vec<String>,
}

pub(super) struct Bash<'a> {
    settings: Settings<'a>,
    log: Log<'a>,
    marker: String,
    process: Option<Process>,
    commands: usize,
    phase: PhaseName,
}

impl<'a> Bash<'a> {
    pub(super) fn new(settings: Settings<'a>, log: Log<'a>) -> io::Result<Self> {
        fs::write(settings.run.join("driver.sh"), DRIVER)?;
        let marker = Uuid::new_v4().to_string();
        Ok(Self { settings, log, marker, process: None, commands: 0, phase: PhaseName::Install })
    }

    /// The phase that runs, or ran last.
    pub(super) fn phase(&self) -> PhaseName {
        self.phase
    }

    /// Ends the shell and all it left running; the answer is the variables that were asked for.
    pub(super) async fn finish(mut self) -> Result<BTreeMap<String, String>, Error> {
        self.stop().await?;
        let values = match fs::read(self.settings.run.join("values")) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            values => values?,
        };
        forget(&self.settings.run)?;
        let values = String::from_utf8_lossy(&values).into_owned();
        let mut parts = values.split_terminator('\0').map(str::to_owned);
        Ok(std::iter::from_fn(|| Some((parts.next()?, parts.next()?))).collect())
    }

    /// Ends the shell and all it left running in the middle of a command, and waits until that is done.
    pub(super) async fn kill(mut self, why: &str) -> Result<(), Error> {
        self.log.line(&format!("Phase complete: {} State: TIMED_OUT", self.phase));
        self.log.line(&format!("Phase context status code: BUILD_TIMED_OUT Message: {why}"));
        self.stop().await?;
        Ok(forget(&self.settings.run)?)
    }

    async fn stop(&mut self) -> Result<(), Error> {
        if let Some(process) = self.process.take() {
            process.stop().await?;
        }
        Ok(())
    }

    async fn start(&mut self) -> Result<Process, Error> {
        if self.settings.version == Version::ShellEach {
            remove_file(&self.settings.run.join("exports"))?;
        }
        let mut process = Process::start(&self.settings, &self.marker).await?;
        match process.message(&mut self.log).await? {
            Message::Ready => Ok(process),
            Message::Ended(code) => Err(Error::NoShell(Some(code))),
            Message::Gone(code) => Err(Error::NoShell(code)),
        }
    }

    async fn run_command(&mut self, command: &str, succeeding: bool) -> Result<i32, Error> {
        if self.settings.version == Version::ShellEach {
            self.stop().await?;
        }
        let process = match self.process.take() {
            Some(process) => process,
            None => self.start().await?,
        };
        // It stays here while a command runs: a build that is stopped meanwhile can wait for its end.
        let process = self.process.insert(process);
        self.commands += 1;
        let file = self.settings.run.join(format!("command-{}", self.commands));
        fs::write(&file, format!("{command}\n"))?;
        self.log.start_command();
        process.send(&file, succeeding)?;
        match process.message(&mut self.log).await? {
            Message::Ended(code) => Ok(code),
            Message::Gone(code) => {
                self.process = None;
                Ok(code.unwrap_or(-1))
            }
            Message::Ready => Err(io::Error::other("the shell started twice").into()),
        }
    }
}

impl Shell for Bash<'_> {
    type Error = Error;

    async fn run(&mut self, command: &str, succeeding: bool) -> Result<i32, Error> {
        self.run_command(command, succeeding).await
    }

    fn output(&self) -> Vec<String> {
        self.log.command_output()
    }

    /// In the words of CodeBuild's own log.
    fn tell(&mut self, news: News<'_>) {
        match news {
            News::Entering(phase) => {
                self.phase = phase;
                self.log.line(&format!("Entering phase {phase}"));
            }
            News::Running(command) => {
                self.log.line(&format!("Running command {}", command.trim_end()));
                if stops_executing(command) {
                    self.log
                        .line("Note: after `set -n` the shell runs nothing any more, only the timeout ends the build");
                }
            }
            News::Left { phase, failed: None } => self.log.line(&format!("Phase complete: {phase} State: SUCCEEDED")),
            News::Left { phase, failed: Some(failed) } => {
                self.log.line(&format!("Phase complete: {phase} State: FAILED"));
                self.log.line(&format!("Phase context status code: COMMAND_EXECUTION_ERROR Message: {failed}"));
            }
            News::Retrying { phase, attempt, of } => {
                self.log.line(&format!("Retrying phase {phase}, attempt {attempt} of {of}"));
            }
        }
    }
}

impl Drop for Bash<'_> {
    /// A build that is abandoned, or whose shell fails, still has processes.
    fn drop(&mut self) {
        let run = self.settings.run.clone();
        // I26: now, so that a shell that is told to end has nowhere to save to; and once more when it is gone, in case it
        // was saving just then.
        drop(forget(&run));
        let lock = self.settings.lock.try_clone();
        if let (Some(process), Ok(runtime)) = (self.process.take(), Handle::try_current()) {
            runtime.spawn(async move {
                drop(process.stop().await);
                drop(forget(&run));
                drop(lock);
            });
        }
    }
}

/// I26: these files hold every variable of the build.
fn forget(run: &Path) -> io::Result<()> {
    unless_absent(fs::remove_dir_all(run))
}

fn remove_file(path: &Path) -> io::Result<()> {
    unless_absent(fs::remove_file(path))
}

fn unless_absent(removed: io::Result<()>) -> io::Result<()> {
    removed.or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) })
}

/// Whether a command turns its shell's execution off. What such a shell is sent then has no end.
fn stops_executing(command: &str) -> bool {
    let stops = |line: &str| {
        let words: Vec<_> = line.split_whitespace().collect();
        match words.as_slice() {
            ["set", "-o", "noexec"] => true,
            ["set", option] => option.starts_with('-') && option.contains('n'),
            _ => false,
        }
    };
    command.split(['\n', ';', '&', '|']).any(stops)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_turns_its_shell_off_is_known() {
        for (command, expected) in [
            ("set -n", true),
            ("true; set -en && x", true),
            ("set -o noexec\nx", true),
            ("set -e; set -o nounset", false),
            ("set +n", false),
            ("echo set -n", false),
        ] {
            assert_eq!(stops_executing(command), expected, "{command}");
        }
    }
}
