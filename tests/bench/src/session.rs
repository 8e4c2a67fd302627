//! One process of a program, run as Lambda runs it, with AWS's endpoint all its own.

use std::{
    fs::{self, File},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use nix::{
    sys::signal::{Signal, kill},
    time::clock_getcpuclockid,
    unistd::Pid,
};
use serde_json::Value;
use tempfile::TempDir;
use tokio::{
    process::{Child, Command},
    time::timeout,
};

use crate::{
    aws::Aws,
    job::{ACCOUNT, REGION},
    preview,
    program::Program,
    runtime_api::RuntimeApi,
    webhook,
};

/// Valgrind is slow, and machines are shared.
const PATIENCE: Duration = Duration::from_mins(2);

/// The process, between two events.
pub(crate) struct Session {
    pub(crate) aws: Aws,
    runtime: RuntimeApi,
    child: Child,
    scratch: TempDir,
}

impl Session {
    /// Starts it, and waits until it asks for its first event. A test takes as long as `pace` says.
    pub(crate) async fn start(program: &Program, pace: Duration) -> Result<Self> {
        program.must_be_there()?;
        let scratch = tempfile::tempdir()?;
        let aws = Aws::start(scratch.path(), pace).await?;
        let runtime = RuntimeApi::start().await?;
        let child = spawn(program, &runtime, &aws, &scratch)?;
        let mut session = Self { aws, runtime, child, scratch };
        let ready = while_it_lives(&mut session.child, session.runtime.ready()).await;
        ready.with_context(|| session.log()).with_context(|| format!("{} did not start", program.name))?;
        Ok(session)
    }

    /// Has one event handled, and waits until it asks for the next.
    pub(crate) async fn invoke(&mut self, event: &Value) -> Result<()> {
        let outcome = while_it_lives(&mut self.child, self.runtime.invoke(event.to_string())).await;
        outcome.with_context(|| self.log())
    }

    /// The time that its processors worked for it so far, in user and in system mode, in all of its threads.
    pub(crate) fn cpu(&self) -> Result<Duration> {
        Ok(clock_getcpuclockid(self.pid()?)?.now()?.into())
    }

    /// The most memory that it ever had, in bytes.
    pub(crate) fn peak_memory(&self) -> Result<u64> {
        let path = format!("/proc/{}/status", self.pid()?);
        let status = fs::read_to_string(&path).with_context(|| format!("cannot read {path}; this needs Linux"))?;
        peak(&status).with_context(|| format!("{path} has no VmHWM"))
    }

    /// Ends it in a way that lets a tool around it write down what it saw.
    pub(crate) async fn terminate(mut self) -> Result<()> {
        kill(self.pid()?, Signal::SIGTERM)?;
        timeout(PATIENCE, self.child.wait()).await.context("it did not end")??;
        Ok(())
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.scratch.path().join("log")).unwrap_or_default()
    }

    fn pid(&self) -> Result<Pid> {
        let id = self.child.id().context("it has ended")?;
        Ok(Pid::from_raw(i32::try_from(id)?))
    }
}

async fn while_it_lives(child: &mut Child, work: impl Future<Output = Result<()>>) -> Result<()> {
    tokio::select! {
        outcome = timeout(PATIENCE, work) => outcome.context("it did not answer")?,
        status = child.wait() => bail!("it ended by itself: {}", status?),
    }
}

fn spawn(program: &Program, runtime: &RuntimeApi, aws: &Aws, scratch: &TempDir) -> Result<Child> {
    let log = File::create(scratch.path().join("log"))?;
    let (command, arguments) = program.command.split_first().context("no command")?;
    Command::new(command)
        .args(arguments)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", scratch.path())
        .env("AWS_LAMBDA_RUNTIME_API", runtime.address.to_string())
        .envs(LAMBDA)
        .env("AWS_ENDPOINT_URL", &aws.url)
        // Each has its own way to be told whom to trust; Node has roots of its own, and takes more.
        .env("SSL_CERT_FILE", &aws.roots)
        .env("AWS_CA_BUNDLE", &aws.roots)
        .env("NODE_EXTRA_CA_CERTS", &aws.authority)
        .env("STATE_TABLE", "state")
        .env("SERVICE", "time-service")
        .env("PREVIEW_PIPELINE", "time-service-flowgate-previews")
        .env("RELEASE_TOPIC_ARN", "arn:aws:sns:eu-west-1:111122223333:releases")
        .envs(preview::SETTINGS)
        .envs(webhook::SETTINGS)
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("cannot start {}", program.name))
}

const LAMBDA: [(&str, &str); 10] = [
    ("AWS_LAMBDA_FUNCTION_NAME", "measured"),
    ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
    ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512"),
    ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/measured"),
    ("AWS_LAMBDA_LOG_STREAM_NAME", ACCOUNT),
    ("AWS_REGION", REGION),
    ("AWS_DEFAULT_REGION", REGION),
    ("AWS_ACCESS_KEY_ID", "key"),
    ("AWS_SECRET_ACCESS_KEY", "secret"),
    ("AWS_SESSION_TOKEN", "token"),
];

/// The line is `VmHWM:     8123 kB`.
fn peak(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kib| kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_read_in_bytes() {
        assert_eq!(peak("VmPeak:\t   99 kB\nVmHWM:\t    8123 kB\nVmRSS:\t 1 kB\n"), Some(8123 * 1024));
        assert_eq!(peak("VmRSS:\t 1 kB\n"), None);
    }
}
