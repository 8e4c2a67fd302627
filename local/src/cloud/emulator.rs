//! The emulator's process: starting it, waiting until it answers, asking what it has cost.

use std::fs::File;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use serde::Deserialize;
use tokio::process::Command;
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use super::authority::Iam;
use super::client;
use crate::supervise::{Child, Supervisor};

/// How long the emulator may take to answer. It takes less than a second; a machine under load may be slow.
const START_LIMIT: Duration = Duration::from_mins(1);
/// The pause between two questions whether it answers.
const POLL: Duration = Duration::from_millis(20);
/// How long one such question may take.
const POLL_LIMIT: Duration = Duration::from_secs(2);
/// How long it may take to save what it holds.
const SAVE_LIMIT: Duration = Duration::from_mins(2);
/// How many seconds a minute takes for which Lambda keeps an event.
const LAMBDA_MINUTE: &str = "FLOWGATE_LAMBDA_MINUTE";
/// How many of its last lines an error repeats.
const TAIL_LINES: usize = 15;

/// What an emulator is started with.
#[derive(Debug)]
pub(super) struct Launch<'a> {
    pub(super) supervisor: &'a Supervisor,
    /// The `bin` directory of the emulator's environment.
    pub(super) bin: &'a Path,
    /// The launcher's script.
    pub(super) script: &'a Path,
    /// The run's directory; everything the emulator writes is in it.
    pub(super) run_dir: &'a Path,
    pub(super) run: Uuid,
    pub(super) runner_url: Option<&'a str>,
    pub(super) without_patches: &'a [String],
    pub(super) lambda_minute: Option<Duration>,
    pub(super) iam: Iam,
    /// Where what it holds is kept, if it is.
    pub(super) keep: Option<&'a Path>,
}

/// A running emulator. Dropping it kills it, and the functions it runs.
#[derive(Debug)]
pub(super) struct Emulator {
    child: Child,
    meter: Meter,
    log: PathBuf,
}

/// Tells what an emulator has cost.
#[derive(Debug, Clone)]
pub struct Meter {
    endpoint: String,
    http: reqwest::Client,
}

impl Meter {
    /// The processor time that the emulator has used, without the functions it runs; nothing when it does not answer,
    /// which costs a report one of its figures and nothing else.
    pub async fn read(&self) -> Duration {
        let usage = usage(&self.http, &self.endpoint).await;
        usage.map(|usage| Duration::from_secs_f64(usage.cpu_seconds)).unwrap_or_default()
    }
}

/// Why an emulator did not start.
#[derive(Debug, thiserror::Error)]
pub(super) enum LaunchError {
    #[error("it cannot be run: {0}")]
    Spawn(#[from] io::Error),
    #[error("it ended with {status}; its last lines ({}):\n{tail}", log.display())]
    Ended { status: ExitStatus, log: PathBuf, tail: String },
    #[error("it did not answer within {} s; its last lines ({}):\n{tail}", START_LIMIT.as_secs(), log.display())]
    Silent { log: PathBuf, tail: String },
}

/// Why what the emulator holds could not be saved.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    /// It did not answer.
    #[error("what the local cloud holds was not saved: it does not answer: {0}")]
    Silent(#[from] reqwest::Error),
    /// It answered that it could not.
    #[error("what the local cloud holds was not saved: {0}; what was saved before is still there")]
    Failed(String),
}

/// What the emulator says of itself.
#[derive(Debug, Deserialize)]
struct Usage {
    run: String,
    cpu_seconds: f64,
}

#[derive(Debug, Deserialize)]
struct Refusal {
    message: String,
}

impl Emulator {
    /// Starts it on `port` and waits until it answers.
    pub(super) async fn start(launch: &Launch<'_>, port: u16) -> Result<Self, LaunchError> {
        let log = launch.run_dir.join("emulator.log");
        let child = Child::spawn(&mut launch.command(port, &log)?)?;
        // Loopback is never reached through a proxy.
        let http = reqwest::Client::builder().no_proxy().timeout(POLL_LIMIT).build().map_err(io::Error::other)?;
        let mut emulator = Self { child, meter: Meter { endpoint: endpoint(port), http }, log: log.clone() };
        match timeout(START_LIMIT, emulator.ready(launch.run)).await {
            Ok(Ok(None)) => Ok(emulator),
            Ok(Ok(Some(status))) => Err(LaunchError::Ended { status, tail: tail(&log), log }),
            Ok(Err(error)) => Err(error.into()),
            Err(_) => Err(LaunchError::Silent { tail: tail(&log), log }),
        }
    }

    pub(super) fn endpoint(&self) -> &str {
        &self.meter.endpoint
    }

    pub(super) fn meter(&self) -> &Meter {
        &self.meter
    }

    /// Returns when its process has ended, and says how.
    pub(super) async fn ended(&mut self) -> String {
        let how = self.child.wait().await.map_or_else(|error| error.to_string(), |status| status.to_string());
        format!("{how}; its last lines:\n{}", tail(&self.log))
    }

    /// Saves what it holds, and waits for that.
    pub(super) async fn save(&self) -> Result<(), SaveError> {
        let request = self.meter.http.post(format!("{}/_flowgate/save", self.endpoint())).timeout(SAVE_LIMIT);
        let answer = request.send().await.map_err(reqwest::Error::without_url)?;
        if answer.status().is_success() {
            Ok(())
        } else {
            Err(SaveError::Failed(answer.json::<Refusal>().await?.message))
        }
    }

    /// The pipelines that were made by stacks of which it does not know any more.
    pub(super) async fn orphans(&self) -> Result<Vec<String>, reqwest::Error> {
        let url = format!("{}/_flowgate/orphans", self.endpoint());
        self.meter.http.get(url).send().await?.error_for_status()?.json().await
    }

    pub(super) async fn stop(self) -> io::Result<()> {
        self.child.stop().await.map(|_| ())
    }

    /// None when it answers, its status when it has ended.
    async fn ready(&mut self, run: Uuid) -> io::Result<Option<ExitStatus>> {
        let answers = wait_for_answer(&self.meter.http, &self.meter.endpoint, run);
        tokio::select! {
            () = answers => Ok(None),
            status = self.child.wait() => status.map(Some),
        }
    }
}

impl Launch<'_> {
    fn command(&self, port: u16, log: &Path) -> io::Result<Command> {
        let mut command = self.supervisor.command(self.bin.join("python"));
        let log = File::create(log)?;
        command.arg(self.script).current_dir(self.run_dir).stderr(log.try_clone()?).stdout(log);
        // The functions inherit all of it, so nothing of the user's own environment passes but where programs are.
        command.env_clear().envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        command.envs(client::variables(&endpoint(port)));
        command.envs(self.places()?).envs(self.settings()).env("GATEWAY_PORT", port.to_string());
        Ok(command)
    }

    /// Everything the emulator and the functions write stays inside the run's directory.
    fn places(&self) -> io::Result<[(&'static str, PathBuf); 4]> {
        let places = [("HOME", "home"), ("TMPDIR", "tmp"), ("STATE_DIR", "state"), ("S3_DATA_DIR", "s3")];
        let places = places.map(|(variable, name)| (variable, self.run_dir.join(name)));
        places.iter().try_for_each(|(_, dir)| std::fs::create_dir_all(dir))?;
        Ok(places)
    }

    fn settings(&self) -> impl Iterator<Item = (&'static str, String)> {
        let fixed = [
            ("LANG", "C.UTF-8"),
            ("PYTHONUNBUFFERED", "1"),
            ("BIND_HOST", "127.0.0.1"),
            ("MINISTACK_HOST", "127.0.0.1"),
            ("MINISTACK_REGION", client::REGION),
            ("MINISTACK_ACCOUNT_ID", client::ACCOUNT),
            // Functions are processes here. A socket that does not exist keeps the emulator from looking for docker.
            ("LAMBDA_EXECUTOR", "local"),
            ("DOCKER_HOST", "unix:///nonexistent/docker.sock"),
            // Listeners on ports of their own that no pipeline needs.
            ("IOT_MTLS_ENABLED", "0"),
            ("SFTP_ENABLED", "0"),
        ];
        let fixed = fixed.into_iter().map(|(name, value)| (name, value.to_owned()));
        let keep = self.keep.map(|keep| ("FLOWGATE_KEEP", keep.display().to_string()));
        let runner = self.runner_url.map(|url| ("FLOWGATE_RUNNER_URL", url.to_owned()));
        let own = [("FLOWGATE_RUN", self.run.to_string()), ("FLOWGATE_WITHOUT_PATCH", self.without_patches.join(","))];
        // Where the tests want to know who used which permission, and cannot wait.
        let inherited =
            ["FLOWGATE_IAM_RECORD", LAMBDA_MINUTE].map(|name| std::env::var(name).ok().map(|value| (name, value)));
        let minute = self.lambda_minute.map(|minute| (LAMBDA_MINUTE, minute.as_secs_f64().to_string()));
        let iam = (self.iam == Iam::Enforce).then(|| ("AUTH", "true".to_owned()));
        fixed.chain(own).chain(keep).chain(runner).chain(inherited.into_iter().flatten()).chain(minute).chain(iam)
    }
}

/// A port that is free now.
pub(super) fn free_port() -> io::Result<u16> {
    bind(0)
}

/// Whether `port` can be bound now; 0 is any, and what was bound is returned.
pub(super) fn bind(port: u16) -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, port))?.local_addr()?.port())
}

fn endpoint(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

async fn wait_for_answer(http: &reqwest::Client, endpoint: &str, run: Uuid) {
    // Another program may have taken the port: only an answer that names our run is the emulator's.
    while !usage(http, endpoint).await.is_ok_and(|usage| usage.run == run.to_string()) {
        sleep(POLL).await;
    }
}

async fn usage(http: &reqwest::Client, endpoint: &str) -> Result<Usage, reqwest::Error> {
    http.get(format!("{endpoint}/_flowgate/usage")).send().await?.error_for_status()?.json().await
}

fn tail(log: &Path) -> String {
    let text = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n")
}
