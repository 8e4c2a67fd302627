//! A running `flowgate`: its lines as they come, and how it ended.

use std::process::Stdio;
use std::time::Duration;

use jiff::Timestamp;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// How long a run may take. The first one compiles Flowgate's functions.
const LIMIT: Duration = Duration::from_mins(10);

/// A run that is going on. Dropping it kills it.
pub(crate) struct Run {
    child: Child,
    stdout: Lines<BufReader<ChildStdout>>,
    stderr: JoinHandle<String>,
    lines: Vec<Value>,
}

/// A run that is over.
#[derive(Debug)]
pub(crate) struct Ended {
    /// Its exit code; none when a signal ended it.
    pub(crate) code: Option<i32>,
    /// What it wrote to standard output, line by line.
    pub(crate) lines: Vec<Value>,
    /// What it wrote to standard error.
    pub(crate) stderr: String,
}

impl Run {
    pub(crate) fn start(mut command: Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stderr = child.stderr.take().unwrap();
        Self {
            stdout: BufReader::new(child.stdout.take().unwrap()).lines(),
            stderr: tokio::spawn(async move {
                let mut text = String::new();
                stderr.read_to_string(&mut text).await.map(|_| text).unwrap()
            }),
            lines: Vec::new(),
            child,
        }
    }

    #[cfg(target_os = "linux")]
    pub(crate) fn id(&self) -> u32 {
        self.child.id().unwrap()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let pid = self.child.id().and_then(|id| Pid::from_raw(id.try_into().ok()?));
        kill_process(pid.unwrap(), signal).unwrap();
    }

    /// Reads on until a line is as wanted.
    pub(crate) async fn until(&mut self, wanted: impl Fn(&Value) -> bool) -> &Value {
        while let Some(line) = self.next().await {
            if wanted(&line) {
                return self.lines.last().unwrap();
            }
        }
        panic!("no such line before the end: {}", self.stderr().await)
    }

    pub(crate) async fn end(mut self) -> Ended {
        while self.next().await.is_some() {}
        let status = timeout(LIMIT, self.child.wait()).await.expect("the run ends").unwrap();
        Ended { code: status.code(), stderr: self.stderr().await, lines: self.lines }
    }

    async fn next(&mut self) -> Option<Value> {
        let line = timeout(LIMIT, self.stdout.next_line()).await.expect("the run goes on").unwrap()?;
        let line: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        let at = line["at"].as_str().and_then(|at| at.parse::<Timestamp>().ok());
        assert!(at.is_some() && line["status"].is_string(), "every line says when and what: {line}");
        self.lines.push(line.clone());
        Some(line)
    }

    async fn stderr(&mut self) -> String {
        timeout(LIMIT, &mut self.stderr).await.expect("nobody else holds standard error").unwrap()
    }
}

impl Ended {
    /// The summary.
    pub(crate) fn last(&self) -> &Value {
        self.lines.last().unwrap_or_else(|| panic!("the run said nothing: {self:?}"))
    }

    /// The stages that the summary lists.
    pub(crate) fn stages(&self) -> Vec<&str> {
        self.last()["stages"].as_array().unwrap().iter().map(|stage| stage["name"].as_str().unwrap()).collect()
    }

    /// The one message of a run that did not get as far as a summary.
    pub(crate) fn error(&self) -> &str {
        let errors: Vec<_> = self.stderr.lines().filter_map(|line| line.strip_prefix("error: ")).collect();
        assert_eq!(errors.len(), 1, "one message: {self:?}");
        errors[0]
    }

    /// Asserts that the run failed at this action, and gives the action's message.
    pub(crate) fn failed_at(&self, stage: &str, action: &str) -> &str {
        let failed = &self.last()["failed"];
        assert_eq!((self.code, &self.last()["status"]), (Some(1), &"Failed".into()), "{self:?}");
        assert_eq!((&failed["stage"], &failed["action"]), (&stage.into(), &action.into()), "{failed}");
        failed["message"].as_str().unwrap()
    }
}

/// Runs to the end.
pub(crate) async fn end(command: Command) -> Ended {
    Run::start(command).end().await
}
