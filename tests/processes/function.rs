//! A function as Lambda runs it: one process that takes one event at a time, and another one when it has ended.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use flowgate::cloud::client::ACCOUNT;
use jiff::{SignedDuration, Timestamp};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::process::{Child, Command};
use tokio::sync::{Mutex, mpsc, oneshot, watch};
use tokio::task::JoinSet;

use crate::runtime_api::{self, Invocation};

/// What a process is started with.
#[derive(Debug, Clone)]
pub(crate) struct Launch {
    /// The function's name.
    pub(crate) name: String,
    pub(crate) program: PathBuf,
    pub(crate) environment: BTreeMap<String, String>,
    /// Where all of its processes write.
    pub(crate) log: PathBuf,
    /// How long one invocation may take.
    pub(crate) timeout: Duration,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("the function failed: {0}")]
    Failed(Value),
    /// What it has done by then is not known.
    #[error("its process ended: {0}")]
    Ended(String),
    #[error("it did not answer in time")]
    TimedOut,
}

/// One function. Dropping it kills its process.
pub(crate) struct Function {
    launch: Launch,
    environment: Mutex<Option<Environment>>,
    /// Of the process of now; apart from it, so that it can be killed and paused while it works.
    signals: watch::Sender<Option<Signals>>,
}

/// Signals on their way to a process; each sender is told whether it was reached.
type Signals = mpsc::UnboundedSender<(Signal, oneshot::Sender<bool>)>;

impl Function {
    pub(crate) fn new(launch: Launch) -> Self {
        Self { launch, environment: Mutex::new(None), signals: watch::Sender::new(None) }
    }

    /// Invokes it, in a new process when there is none.
    pub(crate) async fn invoke(&self, event: &str) -> Result<Value, Failure> {
        let mut slot = self.environment.lock().await;
        if slot.as_ref().is_none_or(Environment::has_ended) {
            let fresh = Environment::start(&self.launch).await;
            self.signals.send_replace(Some(fresh.signals.clone()));
            *slot = Some(fresh);
        }
        let environment = slot.as_mut().unwrap();
        let answer = environment.invoke(event, self.launch.timeout).await;
        if matches!(answer, Err(Failure::Ended(_) | Failure::TimedOut)) {
            *slot = None;
        }
        answer
    }

    /// Sends a signal to its process, and says whether there was one that got it.
    pub(crate) async fn signal(&self, signal: Signal) -> bool {
        let Some(signals) = self.signals.borrow().clone() else { return false };
        let (reached, answer) = oneshot::channel();
        signals.send((signal, reached)).is_ok() && answer.await.unwrap_or(false)
    }

    /// The most memory that its process ever had, in bytes.
    pub(crate) async fn peak_memory(&self) -> u64 {
        let slot = self.environment.lock().await;
        let process = slot.as_ref().expect("it was not invoked").process;
        let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
        peak.and_then(|kib| kib.parse::<u64>().ok()).expect("it has ended") * 1024
    }

    /// All that its processes wrote.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.launch.log).unwrap_or_default()
    }
}

/// A process, with the Runtime API that is its alone: what a killed one had asked for reaches no other.
struct Environment {
    process: u32,
    invocations: mpsc::Sender<Invocation>,
    signals: Signals,
    ended: watch::Receiver<Option<String>>,
    /// Dropped, they end, and the process with them.
    _tasks: JoinSet<()>,
}

impl Environment {
    async fn start(launch: &Launch) -> Self {
        let (invocations, received) = mpsc::channel(1);
        let (address, api) = runtime_api::serve(&launch.name, received).await;
        let child = spawn(launch, &address.to_string());
        let process = child.id().unwrap();
        let (signals, commands) = mpsc::unbounded_channel();
        let (end, ended) = watch::channel(None);
        let mut tasks = JoinSet::new();
        tasks.spawn(api);
        tasks.spawn(watch_over(child, commands, end));
        Self { process, invocations, signals, ended, _tasks: tasks }
    }

    fn has_ended(&self) -> bool {
        self.ended.borrow().is_some()
    }

    async fn invoke(&mut self, event: &str, timeout: Duration) -> Result<Value, Failure> {
        let deadline = Timestamp::now() + SignedDuration::try_from(timeout).unwrap();
        let (outcome, answer) = oneshot::channel();
        let _ = self.invocations.send(Invocation { event: event.to_owned(), deadline, outcome }).await;
        tokio::select! {
            biased;
            Ok(outcome) = answer => outcome.map_err(Failure::Failed),
            how = self.ended.wait_for(Option::is_some) => {
                Err(Failure::Ended(how.ok().and_then(|how| how.clone()).unwrap_or_default()))
            }
            // Lambda ends an environment whose function is late.
            () = tokio::time::sleep(timeout) => Err(Failure::TimedOut),
        }
    }
}

/// The one who waits for a process is the one who signals it: a process id that was given to another is never hit.
async fn watch_over(
    mut child: Child,
    mut signals: mpsc::UnboundedReceiver<(Signal, oneshot::Sender<bool>)>,
    ended: watch::Sender<Option<String>>,
) {
    loop {
        tokio::select! {
            status = child.wait() => {
                let how = status.map_or_else(|error| error.to_string(), |status| status.to_string());
                ended.send_replace(Some(how));
                return;
            }
            Some((signal, reached)) = signals.recv() => {
                let process = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
                let _ = reached.send(process.is_some_and(|process| kill_process(process, signal).is_ok()));
            }
        }
    }
}

fn spawn(launch: &Launch, runtime_api: &str) -> Child {
    let log = File::options().create(true).append(true).open(&launch.log).unwrap();
    Command::new(&launch.program)
        .env_clear()
        .envs(&launch.environment)
        .env("AWS_LAMBDA_RUNTIME_API", runtime_api)
        .env("AWS_LAMBDA_FUNCTION_NAME", &launch.name)
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
        .env("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{}", launch.name))
        .env("AWS_LAMBDA_LOG_STREAM_NAME", ACCOUNT)
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .kill_on_drop(true)
        .spawn()
        .unwrap_or_else(|error| panic!("cannot start {}: {error}", launch.program.display()))
}
