//! Runs a build's commands in bash, or in sh.
//!
//! One stream carries both their output and the driver's messages, so what a command wrote always comes before the news
//! that it ended. A shell that ends early (`exit`, `set -e`, `exec`) is replaced by another that goes on with its
//! variables and directory.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::ChildStdout;
use tokio::time::timeout;
use uuid::Uuid;

use super::log::Log;
use crate::buildspec::phases::{News, Shell};
use crate::buildspec::{self, PhaseName, Version};
use crate::supervise::{Child, Supervisor};

const DRIVER: &str = include_str!("driver.sh");
/// How long what an ended shell wrote may take to arrive when a process it started keeps the pipe open.
const LAST_WORDS: Duration = Duration::from_secs(1);

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
    /// An empty directory for the driver's own files.
    pub(super) run: PathBuf,
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

/// One running shell.
struct Process {
    child: Child,
    output: BufReader<ChildStdout>,
    commands: Option<File>,
}

/// What the driver tells.
enum Message {
    /// It can be sent commands.
    Ready,
    /// The command ended with this code, and the shell is still there.
    Ended(i32),
    /// The shell is gone, and this was its code.
    Gone(Option<i32>),
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
        self.forget()?;
        let values = String::from_utf8_lossy(&values).into_owned();
        let mut parts = values.split_terminator('\0').map(str::to_owned);
        Ok(std::iter::from_fn(|| Some((parts.next()?, parts.next()?))).collect())
    }

    /// Ends the shell and all it left running in the middle of a command, and waits until that is done.
    pub(super) async fn kill(mut self, why: &str) -> Result<(), Error> {
        self.log.line(&format!("Phase complete: {} State: TIMED_OUT", self.phase));
        self.log.line(&format!("Phase context status code: BUILD_TIMED_OUT Message: {why}"));
        self.stop().await?;
        Ok(self.forget()?)
    }

    /// I26: these files hold every variable of the build.
    fn forget(&self) -> io::Result<()> {
        ["exports", "values"].iter().try_for_each(|file| remove_file(&self.settings.run.join(file)))
    }

    async fn stop(&mut self) -> Result<(), Error> {
        if let Some(process) = self.process.take() {
            process.child.stop().await?;
        }
        Ok(())
    }

    async fn start(&mut self) -> Result<Process, Error> {
        let Settings { run, source, names, .. } = &self.settings;
        remove_file(&run.join("commands"))?;
        if self.settings.version == Version::ShellEach {
            remove_file(&run.join("exports"))?;
        }
        let (shell, options) = match self.settings.shell {
            buildspec::Shell::Bash => ("bash", &["--noprofile", "--norc"][..]),
            buildspec::Shell::Sh => ("/bin/sh", &[][..]),
        };
        let mut command = self.settings.supervisor.command(shell);
        command.args(options).arg(run.join("driver.sh")).arg(run).arg(&self.marker).args(names);
        command.env_clear().envs(&self.settings.environment).current_dir(source);
        let mut child = Child::spawn(command.stdout(Stdio::piped()).stderr(Stdio::null()))?;
        let output = child.take_stdout().ok_or_else(|| io::Error::other("stdout is not piped"))?;
        let mut process = Process { child, output: BufReader::new(output), commands: None };
        match process.message(&self.marker, &mut self.log).await? {
            Message::Ready => {}
            Message::Ended(code) => return Err(Error::NoShell(Some(code))),
            Message::Gone(code) => return Err(Error::NoShell(code)),
        }
        // The driver has it open for reading, so this does not wait.
        process.commands = Some(File::options().write(true).open(run.join("commands"))?);
        Ok(process)
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
        if let Some(mut commands) = process.commands.as_ref() {
            writeln!(commands, "{} {}", u8::from(succeeding), file.display())?;
        }
        self.log.start_command();
        match process.message(&self.marker, &mut self.log).await? {
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
            News::Running(command) => self.log.line(&format!("Running command {}", command.trim_end())),
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

impl Process {
    /// Passes on output until the driver says something, or is gone.
    async fn message(&mut self, marker: &str, log: &mut Log<'_>) -> io::Result<Message> {
        let mut line = Vec::new();
        loop {
            tokio::select! {
                read = self.output.read_until(b'\n', &mut line) => {
                    if read? == 0 {
                        log.output(&line);
                        return Ok(Message::Gone(self.child.wait().await?.code()));
                    }
                }
                status = self.child.wait() => {
                    let code = status?.code();
                    return Ok(Message::Gone(self.last_words(line, marker, log).await.or(code)));
                }
            }
            if let Some(message) = read_line(&line, marker, log) {
                return Ok(self.after_exit(message).await);
            }
            line.clear();
        }
    }

    /// A shell that says it exits is waited for, so that nothing it left is still running afterwards.
    async fn after_exit(&mut self, message: Message) -> Message {
        if matches!(message, Message::Gone(_)) {
            let _ = self.child.wait().await;
        }
        message
    }

    /// The rest of the output of a shell that is gone, and the exit code the driver may still have told.
    async fn last_words(&mut self, mut line: Vec<u8>, marker: &str, log: &mut Log<'_>) -> Option<i32> {
        let rest = async {
            while self.output.read_until(b'\n', &mut line).await.is_ok_and(|read| read > 0) {
                if let Some(Message::Gone(code)) = read_line(&line, marker, log) {
                    return code;
                }
                line.clear();
            }
            None
        };
        timeout(LAST_WORDS, rest).await.ok().flatten()
    }
}

/// Logs a line, or understands it as a message; a message may follow output that lacks its newline.
fn read_line(line: &[u8], marker: &str, log: &mut Log<'_>) -> Option<Message> {
    let text = String::from_utf8_lossy(line);
    let Some((before, message)) = text.split_once(marker) else {
        log.output(line);
        return None;
    };
    log.output(before.as_bytes());
    let (what, code) = message.trim().split_once(' ')?;
    let code = code.parse().ok()?;
    Some(match what {
        "ready" => Message::Ready,
        "exit" => Message::Gone(Some(code)),
        _ => Message::Ended(code),
    })
}

fn remove_file(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
