//! A local cloud that stays up, and the commands that use it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_cloudformation::Client as CloudFormation;
use aws_sdk_codepipeline::Client as CodePipeline;
use flowgate::cloud::client;
#[cfg(target_os = "linux")]
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

use crate::world::{World, checkout};

/// How long anything that is waited for may take. The first start compiles Flowgate's functions.
pub(crate) const PATIENCE: Duration = Duration::from_mins(10);
pub(crate) const POLL: Duration = Duration::from_millis(50);

/// `flowgate up`, serving. Dropping it kills it.
pub(crate) struct Up {
    exports: BTreeMap<String, String>,
    world: World,
    child: Child,
}

/// A command that has ended.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Up {
    pub(crate) async fn new() -> Self {
        Self::with(World::new().await).await
    }

    pub(crate) async fn with(world: World) -> Self {
        let command = world.flowgate("up");
        Self::start(world, command).await
    }

    /// One whose standard error goes into a file.
    pub(crate) async fn logging(world: World, log: File) -> Self {
        let mut command = world.flowgate("up");
        command.stderr(log);
        Self::start(world, command).await
    }

    /// One whose requests no recorder writes down: what a test asks for by hand is not what Flowgate uses.
    pub(crate) async fn unrecorded() -> Self {
        let world = World::new().await;
        let mut command = world.flowgate("up");
        command.env_remove("FLOWGATE_IAM_RECORD");
        Self::start(world, command).await
    }

    async fn start(world: World, mut command: Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut exports = BTreeMap::new();
        // The secret is the last of them.
        while !exports.contains_key("AWS_SECRET_ACCESS_KEY") {
            let line = timeout(PATIENCE, lines.next_line()).await.expect("it starts").unwrap().expect("it serves");
            let pair = line.strip_prefix("export ").and_then(|pair| pair.split_once('='));
            let (name, value) = pair.unwrap_or_else(|| panic!("nothing but exports on standard output: {line}"));
            exports.insert(name.to_owned(), value.to_owned());
        }
        Self { exports, world, child }
    }

    /// Runs a command as a user who has evaluated the exports.
    pub(crate) async fn flowgate(&self, command: &str, args: &[&str]) -> Done {
        let mut command = self.command(command);
        command.args(args).stdin(Stdio::null());
        done(command).await
    }

    /// A command of a user who has evaluated the exports.
    pub(crate) fn command(&self, command: &str) -> Command {
        let mut command = self.world.flowgate(command);
        command.envs(&self.exports);
        command
    }

    /// Runs a command that must succeed, and gives what it printed: JSON, one value a line.
    pub(crate) async fn json(&self, command: &str, args: &[&str]) -> Vec<Value> {
        let done = self.flowgate(command, &[args, &["--json"]].concat()).await;
        assert_eq!(done.code, Some(0), "{command} {args:?}: {done:?}");
        done.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Pushes a service that has a name of its own, and gives the commit.
    pub(crate) async fn push(&self, service: &Path) -> String {
        self.push_with(service, &[]).await
    }

    /// Pushes a service with parameters of the template.
    pub(crate) async fn push_with(&self, service: &Path, parameters: &[&str]) -> String {
        let service = service.display().to_string();
        let parameters = parameters.iter().flat_map(|parameter| ["--parameter", parameter]);
        let args: Vec<_> = std::iter::once(&*service).chain(parameters).collect();
        let pushed = self.json("push", &args).await;
        assert_eq!(pushed[0]["status"], "Pushed", "{pushed:?}");
        pushed[0]["commit"].as_str().unwrap().to_owned()
    }

    /// Waits until the pipeline is as wanted.
    pub(crate) async fn until(&self, pipeline: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let look = async {
            loop {
                let status = self.json("status", &[pipeline]).await.remove(0);
                if wanted(&status) {
                    return status;
                }
                sleep(POLL).await;
            }
        };
        timeout(PATIENCE, look).await.expect("the pipeline gets there")
    }

    /// Waits until an approval waits for the answer to this commit.
    pub(crate) async fn until_asked(&self, pipeline: &str, commit: &str) -> Value {
        self.until(pipeline, |status| {
            let approve = stage(status, "Approve");
            let waits = approve["actions"].as_array().unwrap().iter().any(|action| action["waits"] == true);
            waits && of_commit(status, commit) == approve["execution"]
        })
        .await
    }

    /// Waits for the question, and lets the approver say yes.
    pub(crate) async fn approve(&self, pipeline: &str, commit: &str) {
        self.until_asked(pipeline, commit).await;
        self.json("approve", &[pipeline]).await;
    }

    /// Waits until the execution of this commit has ended, and gives how history tells it.
    pub(crate) async fn until_ended(&self, pipeline: &str, commit: &str) -> Value {
        let look = async {
            loop {
                let history = self.json("history", &[pipeline]).await;
                let found = history.into_iter().find(|execution| execution["commit"] == commit);
                if let Some(execution) = found.filter(|execution| execution["status"] != "InProgress") {
                    return execution;
                }
                sleep(POLL).await;
            }
        };
        timeout(PATIENCE, look).await.expect("the execution ends")
    }

    /// Runs a script of the API's tests as somebody who has evaluated the exports. It has botocore, and `aws` on its
    /// PATH.
    pub(crate) async fn python(&self, script: &str, pipeline: &str) {
        let (python, aws) = self.world.python().await;
        let path = std::env::join_paths(std::iter::once(aws).chain(paths("PATH"))).unwrap();
        let mut command = self.world.command(python);
        command
            .arg(checkout().join("local/tests/api").join(script))
            .arg(pipeline)
            .envs(&self.exports)
            .env("PATH", path);
        // No profile of the user's, and no proxy on the way to this machine.
        command.env("AWS_CONFIG_FILE", "/dev/null").env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
        command.env("NO_PROXY", "127.0.0.1").env("PYTHONDONTWRITEBYTECODE", "1").stdin(Stdio::null());
        let done = done(command).await;
        assert_eq!(done.code, Some(0), "{script}: {}{}", done.stdout, done.stderr);
    }

    #[cfg(target_os = "linux")]
    pub(crate) fn id(&self) -> u32 {
        self.child.id().unwrap()
    }

    /// Interrupts it as Ctrl-C does, and gives its world once it has ended as it should.
    #[cfg(target_os = "linux")]
    pub(crate) async fn interrupt(mut self) -> World {
        let pid = Pid::from_raw(self.id().try_into().unwrap());
        kill_process(pid.unwrap(), Signal::INT).unwrap();
        let status = timeout(PATIENCE, self.child.wait()).await.expect("it ends").unwrap();
        assert_eq!(status.code(), Some(0), "to be interrupted is how it should end");
        self.world
    }

    /// The id of the newest execution of this commit.
    pub(crate) async fn execution(&self, pipeline: &str, commit: &str) -> String {
        let history = self.json("history", &[pipeline]).await;
        let found = history.iter().find(|execution| execution["commit"] == commit);
        found.and_then(|execution| execution["execution"].as_str()).expect("the commit was pushed").to_owned()
    }

    pub(crate) fn sdk(&self) -> SdkConfig {
        client::sdk_config(&self.exports["AWS_ENDPOINT_URL"])
    }

    /// For clients of one of the people, whose secret is their name.
    pub(crate) fn sdk_as(&self, person: &str) -> SdkConfig {
        let credentials = Credentials::new(person, person, None, None, "the tests");
        self.sdk().to_builder().credentials_provider(SharedCredentialsProvider::new(credentials)).build()
    }

    pub(crate) fn pipelines(&self) -> CodePipeline {
        CodePipeline::new(&self.sdk())
    }

    /// The names of all stacks.
    pub(crate) async fn stacks(&self) -> BTreeSet<String> {
        let stacks = CloudFormation::new(&self.sdk()).describe_stacks().send().await.unwrap();
        stacks.stacks().iter().map(|stack| stack.stack_name().unwrap().to_owned()).collect()
    }

    /// A copy of a service, to change and push again.
    pub(crate) fn service(&self, fixture: &str, folder: &str) -> PathBuf {
        self.world.copy_as(fixture, folder)
    }
}

fn paths(variable: &str) -> Vec<PathBuf> {
    std::env::var_os(variable).map(|paths| std::env::split_paths(&paths).collect()).unwrap_or_default()
}

pub(crate) async fn done(mut command: Command) -> Done {
    let output = timeout(PATIENCE, command.output()).await.expect("the command ends").unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Done { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

pub(crate) fn stage<'a>(status: &'a Value, name: &str) -> &'a Value {
    let stages = status["stages"].as_array().unwrap();
    stages.iter().find(|stage| stage["name"] == name).unwrap_or_else(|| panic!("no stage {name}: {status}"))
}

fn of_commit(status: &Value, commit: &str) -> Value {
    let executions = status["executions"].as_array().unwrap();
    let found = executions.iter().find(|execution| execution["commit"] == commit);
    found.map(|execution| execution["execution"].clone()).unwrap_or_default()
}
