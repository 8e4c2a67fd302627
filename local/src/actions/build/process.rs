//! One running shell: what it is sent, and what comes back.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::time::timeout;

use super::lines::Lines;
use super::log::Log;
use super::shell::Settings;
use crate::buildspec;
use crate::supervise::{Child, Supervisor};

/// How long what an ended shell wrote may take to arrive when a process it started keeps the pipe open.
const LAST_WORDS: Duration = Duration::from_secs(1);

pub(super) struct Process {
    child: Child,
    output: Lines,
    commands: File,
    /// What every message starts with.
    mark: String,
}

/// What the driver tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Message {
    /// It can be sent commands.
    Ready,
    /// The command ended with this code, and the shell is still there.
    Ended(i32),
    /// The shell is gone, and this was its code.
    Gone(Option<i32>),
}

impl Process {
    /// Starts the driver, which is in the directory for its files; its first message is to come.
    pub(super) async fn start(settings: &Settings<'_>, marker: &str) -> io::Result<Self> {
        let Settings { run, .. } = settings;
        let pipes = [run.join("commands"), run.join("output")];
        make_pipes(settings.supervisor, &pipes).await?;
        let [commands, output] = pipes;
        // Reading, this end keeps both pipes whole while the driver opens them again and again.
        let lines = Lines::open(&output)?;
        let commands = File::options().read(true).write(true).open(commands)?;
        let (shell, options) = match settings.shell {
            buildspec::Shell::Bash => ("bash", &["--noprofile", "--norc"][..]),
            buildspec::Shell::Sh => ("/bin/sh", &[][..]),
        };
        let mut command = settings.supervisor.command(shell);
        command.args(options).arg(run.join("driver.sh")).arg(run).arg(marker).args(&settings.names);
        command.env_clear().envs(&settings.environment).current_dir(&settings.source);
        // The supervisor's standard error is the lock: it is held until all that the build has started is gone, also when
        // we are killed.
        command.stdout(File::options().write(true).open(output)?).stderr(settings.lock.try_clone()?);
        Ok(Self { child: Child::spawn(&mut command)?, output: lines, commands, mark: format!("{marker}:") })
    }

    /// Has it run the command in this file.
    pub(super) fn send(&mut self, command: &Path, succeeding: bool) -> io::Result<()> {
        writeln!(self.commands, "{} {}", u8::from(succeeding), command.display())
    }

    /// Kills it with all that it has started, and waits until that is done.
    pub(super) async fn stop(self) -> io::Result<()> {
        self.child.stop().await.map(drop)
    }

    /// Passes on output until the driver says something, or is gone.
    pub(super) async fn message(&mut self, log: &mut Log<'_>) -> io::Result<Message> {
        loop {
            let line = tokio::select! {
                line = self.output.next(log) => line?,
                status = self.child.wait() => {
                    let code = status?.code();
                    return Ok(Message::Gone(self.last_words(log).await.or(code)));
                }
            };
            let Some(line) = line else { return Ok(Message::Gone(self.child.wait().await?.code())) };
            if let Some(message) = read_line(&line, &self.mark, log) {
                return Ok(self.after_exit(message).await);
            }
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
    async fn last_words(&mut self, log: &mut Log<'_>) -> Option<i32> {
        let rest = async {
            while let Ok(Some(line)) = self.output.next(log).await {
                if let Some(Message::Gone(code)) = read_line(&line, &self.mark, log) {
                    return code;
                }
            }
            None
        };
        timeout(LAST_WORDS, rest).await.ok().flatten()
    }
}

/// `mkfifo` is a program of every system, and a system call of few.
async fn make_pipes(supervisor: &Supervisor, pipes: &[impl AsRef<Path> + AsRef<std::ffi::OsStr>]) -> io::Result<()> {
    for pipe in pipes {
        match fs::remove_file(pipe) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    let mut command = supervisor.command("mkfifo");
    command.args(pipes).stdout(Stdio::null()).stderr(Stdio::null());
    let status = Child::spawn(&mut command)?.wait().await?;
    if status.success() { Ok(()) } else { Err(io::Error::other("mkfifo failed, is it on the PATH?")) }
}

/// Logs a line, or understands it as a message; a message may follow output that lacks its newline. What only contains the
/// marker is output.
fn read_line(line: &[u8], mark: &str, log: &mut Log<'_>) -> Option<Message> {
    let text = String::from_utf8_lossy(line);
    let found = text.rsplit_once(mark).and_then(|(before, rest)| Some((before, message(rest)?)));
    log.output(found.map_or(line, |(before, _)| before.as_bytes()));
    found.map(|(_, message)| message)
}

fn message(text: &str) -> Option<Message> {
    let (what, code) = text.strip_suffix(":\n")?.split_once(':')?;
    let code = code.parse().ok()?;
    match what {
        "ready" => Some(Message::Ready),
        "command" => Some(Message::Ended(code)),
        "exit" => Some(Message::Gone(Some(code))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_message_is_one() {
        for (text, expected) in [
            ("ready:0:\n", Some(Message::Ready)),
            ("command:7:\n", Some(Message::Ended(7))),
            ("exit:137:\n", Some(Message::Gone(Some(137)))),
            ("command:0:", None),
            ("command 0\n", None),
            ("command:x:\n", None),
            ("command:0:0:\n", None),
            ("other:0:\n", None),
        ] {
            assert_eq!(message(text), expected, "{text:?}");
        }
    }
}
