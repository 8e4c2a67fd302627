//! Runs a function as Lambda does, and looks at the most memory it ever had.

use std::{fs, path::Path, process::Stdio, time::Duration};

use anyhow::{Context as _, Result, bail, ensure};
use tempfile::TempDir;
use tokio::{
    process::{Child, Command},
    time::timeout,
};
use uuid::Uuid;

use crate::{
    aws::Aws,
    job::{self, ACCOUNT, REGION},
    preview,
    runtime_api::RuntimeApi,
};

/// The first is the cold start; the others would show what is not given back.
const JOBS: usize = 20;
const PATIENCE: Duration = Duration::from_mins(1);

/// The peak resident set size, in bytes, of a process that performed some jobs over TLS, each of them with success.
pub(crate) async fn peak_memory(program: &Path, function: &str) -> Result<u64> {
    let scratch = tempfile::tempdir()?;
    let roots = scratch.path().join("roots.pem");
    let aws = Aws::start(&roots).await?;
    let mut runtime = RuntimeApi::start().await?;
    let mut child = spawn(program, &runtime, &aws, &scratch)?;
    let outcome = perform(&mut runtime, &mut child, function).await;
    // Read while it lives: a process that has ended has no memory.
    let peak = child.id().context("the function ended").and_then(peak_of);
    child.kill().await?;
    let log = || fs::read_to_string(scratch.path().join("log")).unwrap_or_default();
    outcome.with_context(log)?;
    let done = aws.calls().get(job::proof(function)).copied().unwrap_or_default();
    ensure!(done == JOBS, "{done} of {JOBS} events came to their end; the calls were {:?}\n{}", aws.calls(), log());
    peak
}

fn spawn(program: &Path, runtime: &RuntimeApi, aws: &Aws, scratch: &TempDir) -> Result<Child> {
    let log = fs::File::create(scratch.path().join("log"))?;
    Command::new(program)
        .env_clear()
        .env("AWS_LAMBDA_RUNTIME_API", runtime.address.to_string())
        .env("AWS_LAMBDA_FUNCTION_NAME", "measured")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
        .env("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/measured")
        .env("AWS_LAMBDA_LOG_STREAM_NAME", ACCOUNT)
        .env("AWS_REGION", REGION)
        .env("AWS_ACCESS_KEY_ID", "key")
        .env("AWS_SECRET_ACCESS_KEY", "secret")
        .env("AWS_SESSION_TOKEN", "token")
        .env("AWS_ENDPOINT_URL", &aws.url)
        .env("SSL_CERT_FILE", scratch.path().join("roots.pem"))
        .env("STATE_TABLE", "state")
        .env("SERVICE", "time-service")
        .envs(preview::SETTINGS)
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("cannot start {}", program.display()))
}

async fn perform(runtime: &mut RuntimeApi, child: &mut Child, function: &str) -> Result<()> {
    for _ in 0..JOBS {
        let event = job::event(function, Uuid::new_v4())?.to_string();
        tokio::select! {
            answer = timeout(PATIENCE, runtime.invoke(event)) => answer.context("it did not answer")??,
            status = child.wait() => bail!("it ended by itself: {}", status?),
        }
    }
    Ok(())
}

fn peak_of(process: u32) -> Result<u64> {
    let path = format!("/proc/{process}/status");
    let status = fs::read_to_string(&path).with_context(|| format!("cannot read {path}; this needs Linux"))?;
    peak(&status).with_context(|| format!("{path} has no VmHWM"))
}

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

    #[test]
    fn our_own_peak_is_more_than_nothing() {
        assert!(peak_of(std::process::id()).unwrap() > 100_000);
    }
}
