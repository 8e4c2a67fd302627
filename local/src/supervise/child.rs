//! The half of supervision that runs in flowgate itself: starting supervised programs and waiting for them.

use std::ffi::OsStr;
use std::io;
use std::path::PathBuf;
use std::process::{ExitStatus, Output, Stdio};

use tokio::process::{ChildStderr, ChildStdin, ChildStdout, Command};

use super::SUBCOMMAND;

/// Our own environment. What is not UTF-8 is left out: nothing that we pass on has such a name or value.
pub fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

/// Starts programs under supervision.
#[derive(Debug, Clone)]
pub struct Supervisor {
    exe: PathBuf,
}

impl Supervisor {
    /// Supervises with the running binary, which must be `flowgate`.
    ///
    /// # Errors
    /// When the system does not tell which binary is running.
    pub fn current() -> io::Result<Self> {
        Ok(Self::new(std::env::current_exe()?))
    }

    /// Supervises with the `flowgate` at `exe`.
    pub fn new(exe: impl Into<PathBuf>) -> Self {
        Self { exe: exe.into() }
    }

    /// A command that runs `program` supervised; add arguments, environment, directory, stdout and stderr to it and pass
    /// it to [`Child::spawn`]. The program's standard input is empty.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(&self.exe);
        // A group of its own, so that Ctrl-C on the terminal reaches only flowgate, which then stops things in order.
        command.args([SUBCOMMAND, "--"]).arg(program).stdin(Stdio::piped()).process_group(0);
        command
    }
}

/// A supervised program. Dropping this kills the program and everything it has started.
#[derive(Debug)]
pub struct Child {
    supervisor: tokio::process::Child,
    leash: ChildStdin,
}

impl Child {
    /// Starts a command made by [`Supervisor::command`].
    ///
    /// # Errors
    /// When the supervisor cannot be started. A program that cannot be started ends with code 127.
    pub fn spawn(command: &mut Command) -> io::Result<Self> {
        let mut supervisor = command.spawn()?;
        let leash = supervisor.stdin.take().ok_or_else(|| io::Error::other("a supervised command keeps its stdin"))?;
        Ok(Self { supervisor, leash })
    }

    /// The program's standard output, once, when the command piped it.
    pub fn take_stdout(&mut self) -> Option<ChildStdout> {
        self.supervisor.stdout.take()
    }

    /// The program's standard error, once, when the command piped it.
    pub fn take_stderr(&mut self) -> Option<ChildStderr> {
        self.supervisor.stderr.take()
    }

    /// Waits until the program has ended and nothing it started is left. May be called again after it was cancelled.
    ///
    /// # Errors
    /// When the system refuses to wait.
    pub async fn wait(&mut self) -> io::Result<ExitStatus> {
        self.supervisor.wait().await
    }

    /// Waits likewise, and collects what was piped.
    ///
    /// # Errors
    /// When a pipe cannot be read.
    pub async fn wait_with_output(self) -> io::Result<Output> {
        let Self { supervisor, leash } = self;
        let output = supervisor.wait_with_output().await;
        drop(leash);
        output
    }

    /// Kills the program with everything it has started, and waits until that is done.
    ///
    /// # Errors
    /// When the system refuses to wait.
    pub async fn stop(self) -> io::Result<ExitStatus> {
        let Self { mut supervisor, leash } = self;
        drop(leash);
        supervisor.wait().await
    }
}
