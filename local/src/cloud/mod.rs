//! The local cloud: installs and starts the emulator, stops it, and deploys stacks onto it.

pub mod authority;
pub mod client;
mod emulator;
pub mod home;
pub mod install;
mod launcher;
pub mod python;
pub mod run_dir;
pub mod stack_wait;
pub mod stacks;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use aws_config::SdkConfig;
use tokio::process::Command;

use crate::supervise::Supervisor;
use authority::{Authority, Iam, NoClient};
use emulator::{Emulator, Launch, LaunchError};
pub use emulator::{Meter, SaveError};
use install::{InstallError, Installer, Progress};
use run_dir::RunDir;

/// How often to try again when somebody else takes the free port we found.
const ATTEMPTS: usize = 3;

/// How a local cloud is started.
#[derive(Clone)]
pub struct Options {
    /// The state directory; none is [`run_dir::default_state`].
    pub state: Option<PathBuf>,
    /// The port on 127.0.0.1; none is any free one.
    pub port: Option<u16>,
    /// The runner's URL on loopback, to which the CodePipeline API is forwarded.
    pub runner_url: Option<String>,
    /// How processes are started.
    pub supervisor: Supervisor,
    /// Told what takes a while.
    pub progress: Progress,
    /// Patches of the emulator to leave out. Only the conformance tests do that.
    pub without_patches: Vec<String>,
    /// How long a minute is for which Lambda keeps an event before it sends it again; none is a minute. Only tests cannot wait.
    pub lambda_minute: Option<Duration>,
    /// Whether requests need permission.
    pub iam: Iam,
    /// Where what the cloud holds is kept; none is nowhere.
    pub keep: Option<Keep>,
}

/// Where what a cloud holds is kept.
#[derive(Debug, Clone)]
pub struct Keep {
    /// The directory, which no other cloud uses.
    pub directory: PathBuf,
    /// The port that it had, which it gets again if that is free and no other is asked for: addresses name it.
    pub port: Option<u16>,
}

/// Why a cloud did not stop as it should.
#[derive(Debug, thiserror::Error)]
pub enum StopError {
    /// What it holds is not kept.
    #[error(transparent)]
    Save(#[from] SaveError),
    /// Its end cannot be waited for.
    #[error("the local cloud's end cannot be waited for: {0}")]
    Wait(#[from] io::Error),
}

/// Why the local cloud did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// There is no place for its files.
    #[error("no state directory: set FLOWGATE_STATE, because neither XDG_STATE_HOME nor HOME is an absolute path")]
    NoStateDir,
    /// There is one, and it cannot be used.
    #[error("the state directory {} cannot be used: {source}; set FLOWGATE_STATE to another", path.display())]
    State {
        /// The state directory.
        path: PathBuf,
        /// What went wrong.
        source: io::Error,
    },
    /// Its programs could not be installed.
    #[error(transparent)]
    Install(#[from] InstallError),
    /// The port that was asked for is taken, or not allowed.
    #[error("port {port} on 127.0.0.1 cannot be used: {source}; choose another, or none to have a free one found")]
    Port {
        /// The port.
        port: u16,
        /// What binding it answered.
        source: io::Error,
    },
    /// Nobody could ask its IAM.
    #[error(transparent)]
    Authority(#[from] NoClient),
    /// The emulator did not come up.
    #[error("the local cloud did not start: {0}")]
    Emulator(String),
}

/// A running local cloud. Dropping it stops it; [`Cloud::stop`] also waits for that.
#[derive(Debug)]
pub struct Cloud {
    // The order matters: the emulator goes before the directory it writes to.
    emulator: Emulator,
    path: PathBuf,
    supervisor: Supervisor,
    authority: Authority,
    is_kept: bool,
    run: RunDir,
}

impl Cloud {
    /// Installs what is missing, starts the emulator and waits until it answers.
    ///
    /// # Errors
    /// When anything of that fails; nothing is left running then.
    pub async fn start(options: &Options) -> Result<Self, StartError> {
        let state = options.state.clone().or_else(run_dir::default_state).ok_or(StartError::NoStateDir)?;
        if let Some(port) = options.port {
            emulator::bind(port).map_err(|source| StartError::Port { port, source })?;
        }
        let installer = Installer {
            state: state.clone(),
            supervisor: options.supervisor.clone(),
            progress: options.progress.clone(),
            python: python::program(),
        };
        let (bin, cli) = tokio::try_join!(installer.install(install::EMULATOR), installer.install(install::CLI))?;
        let state_error = |source| StartError::State { path: state.clone(), source };
        let run = RunDir::create(&state).map_err(state_error)?;
        let path = only_aws(&cli, run.path()).map_err(state_error)?;
        let emulator = start_emulator(options, &bin, &run).await?;
        let authority = Authority::new(options.iam, client::sdk_config(emulator.endpoint()))?;
        let is_kept = options.keep.is_some();
        Ok(Self { emulator, path, supervisor: options.supervisor.clone(), authority, is_kept, run })
    }

    /// The URL at which every service answers.
    pub fn endpoint(&self) -> &str {
        self.emulator.endpoint()
    }

    /// The port of that.
    pub fn port(&self) -> Option<u16> {
        self.endpoint().rsplit_once(':').and_then(|(_, port)| port.parse().ok())
    }

    /// The pipelines that stacks made shortly before a kill, and of which nothing that was saved tells.
    ///
    /// # Errors
    /// When the emulator does not answer.
    pub async fn orphans(&self) -> Result<Vec<String>, reqwest::Error> {
        if self.is_kept { self.emulator.orphans().await } else { Ok(Vec::new()) }
    }

    /// This run's directory. It is removed when the cloud stops.
    pub fn run_dir(&self) -> &Path {
        self.run.path()
    }

    /// A configuration for AWS clients.
    pub fn sdk_config(&self) -> SdkConfig {
        client::sdk_config(self.endpoint())
    }

    /// Who may do what here.
    pub fn authority(&self) -> Authority {
        self.authority.clone()
    }

    /// What tells the processor time that the emulator itself has used, without the functions it runs.
    pub fn meter(&self) -> Meter {
        self.emulator.meter().clone()
    }

    /// Returns when the emulator has ended by itself or by another's hand, and says how.
    pub async fn ended(&mut self) -> String {
        self.emulator.ended().await
    }

    /// What a program needs in its environment to use the local cloud: credentials, the endpoint, and the pinned `aws`
    /// first on the PATH. [`Cloud::command`] also takes away what would contradict it.
    pub fn child_env(&self) -> BTreeMap<String, String> {
        let variables = client::variables(self.endpoint()).map(|(name, value)| (name.to_owned(), value));
        let path = ("PATH".to_owned(), before("PATH", ':', &self.path.display().to_string()));
        // A proxy of the user's must not be asked for an address on this machine.
        let direct = ["NO_PROXY", "no_proxy"].map(|name| (name.to_owned(), before(name, ',', "127.0.0.1,localhost")));
        variables.into_iter().chain([path]).chain(direct).collect()
    }

    /// A supervised command that speaks to the local cloud, whatever AWS settings the user has.
    pub fn command(&self, program: &str) -> Command {
        let mut command = self.supervisor.command(program);
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"AWS_")) {
            command.env_remove(name);
        }
        python::isolate(&mut command);
        command.envs(self.child_env());
        command
    }

    /// Saves what is to be kept, stops the emulator with the functions it runs, waits for that, and removes the run's
    /// directory.
    ///
    /// # Errors
    /// When it could not be saved, or the system refuses to wait; it is stopped all the same.
    pub async fn stop(self) -> Result<(), StopError> {
        let saved = if self.is_kept { self.emulator.save().await } else { Ok(()) };
        self.emulator.stop().await?;
        Ok(saved?)
    }
}

/// A directory with nothing but `aws`: the Python beside it is not the one that a buildspec means.
fn only_aws(cli: &Path, run: &Path) -> io::Result<PathBuf> {
    let bin = run.join("bin");
    std::fs::create_dir(&bin)?;
    std::os::unix::fs::symlink(cli.join("aws"), bin.join("aws"))?;
    Ok(bin)
}

async fn start_emulator(options: &Options, bin: &Path, run: &RunDir) -> Result<Emulator, StartError> {
    let state_error = |source| StartError::State { path: run.path().to_owned(), source };
    let script = launcher::write(run.path()).map_err(state_error)?;
    let launch = Launch {
        supervisor: &options.supervisor,
        bin,
        script: &script,
        run_dir: run.path(),
        run: run.id(),
        runner_url: options.runner_url.as_deref(),
        without_patches: &options.without_patches,
        lambda_minute: options.lambda_minute,
        iam: options.iam,
        keep: options.keep.as_ref().map(|keep| keep.directory.as_path()),
    };
    let mut attempt = 1;
    loop {
        let port = port(options).map_err(state_error)?;
        match Emulator::start(&launch, port).await {
            Err(LaunchError::Ended { .. }) if attempt < ATTEMPTS && is_taken(port) => attempt += 1,
            result => return result.map_err(|error| StartError::Emulator(error.to_string())),
        }
    }
}

/// The one that was asked for, or the one that the cloud had, or any.
fn port(options: &Options) -> io::Result<u16> {
    let before = options.keep.as_ref().and_then(|keep| keep.port).filter(|port| !is_taken(*port));
    options.port.or(before).map_or_else(emulator::free_port, Ok)
}

fn is_taken(port: u16) -> bool {
    emulator::bind(port).is_err()
}

/// `first`, and after it what our own environment has in that variable.
fn before(variable: &str, separator: char, first: &str) -> String {
    let rest = std::env::var(variable).ok().filter(|rest| !rest.is_empty());
    rest.map_or_else(|| first.to_owned(), |rest| format!("{first}{separator}{rest}"))
}
