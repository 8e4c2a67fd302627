//! I26: neither a cloud nor a command prints the keys of a session or the token of an approval, however an execution ends.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};

use aws_sdk_codepipeline::types::StageState;
use aws_sdk_lambda::Client as Lambda;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::Runtime;
use serde_json::Value;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::up::{Done, Up};
use crate::world::World;

/// So many characters in a row count as having got out.
const PIECE: usize = 16;
/// What is secret of what builds, functions and jobs are given.
const SECRET: [&str; 4] = ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "secretAccessKey", "sessionToken"];

/// A cloud whose builds, tests and jobs leave what they are given in files, and all that it and its commands print.
struct Watched {
    up: Up,
    /// The service, as it is pushed.
    service: PathBuf,
    /// Below it is `kept`, where the files are.
    place: tempfile::TempDir,
    log: PathBuf,
    state: PathBuf,
    said: String,
    secrets: BTreeSet<String>,
}

impl Watched {
    async fn new() -> Self {
        let place = tempfile::tempdir().unwrap();
        fs::create_dir(place.path().join("kept")).unwrap();
        let (world, log) = (World::new().await, place.path().join("up.log"));
        let state = world.state().to_owned();
        let up = Up::logging(world, File::create(&log).unwrap()).await;
        let service = up.service("plain", "shop");
        Self { up, service, place, log, state, said: String::new(), secrets: BTreeSet::new() }
    }

    fn kept(&self, name: &str) -> PathBuf {
        self.place.path().join("kept").join(name)
    }

    /// The service once more from the beginning, its build and its test beginning with these lines.
    fn change(&self, command: &str, test: &str) {
        self.up.service("plain", "shop");
        let keep = format!("env > {}-$CODEBUILD_BUILD_NUMBER", self.kept("build").display());
        replace(&self.service.join("buildspec.yml"), "commands:\n", &format!("commands:\n      - {keep}{command}\n"));
        let keep = format!(
            "    open('{}', 'w').writelines(f'{{k}}={{v}}\\n' for k, v in os.environ.items())",
            self.kept("test").display()
        );
        let begin = "def handler(event, context):\n";
        replace(&self.service.join("tests/greeted.py"), begin, &format!("import os\n\n\n{begin}{keep}\n{test}"));
    }

    /// Runs a command, which may fail, and keeps what it says.
    async fn say(&mut self, command: &str, args: &[&str]) -> Done {
        let done = self.up.flowgate(command, args).await;
        self.said.extend([&*done.stdout, &*done.stderr]);
        done
    }

    async fn push(&mut self) -> String {
        let service = self.service.display().to_string();
        let pushed = self.say("push", &[&service, "--json"]).await;
        let pushed: Value = serde_json::from_str(&pushed.stdout).unwrap_or_else(|_| panic!("{pushed:?}"));
        pushed["commit"].as_str().unwrap().to_owned()
    }

    /// Pushes, and sees to it that this is asked about.
    async fn ask(&mut self) -> String {
        let commit = self.push().await;
        self.up.until_asked("shop", &commit).await;
        let state = self.up.pipelines().get_pipeline_state().name("shop").send().await.unwrap();
        let mut actions = state.stage_states().iter().flat_map(StageState::action_states);
        self.secrets.insert(actions.find_map(|action| action.latest_execution()?.token()).unwrap().to_owned());
        self.look().await;
        commit
    }

    /// Waits for the end, which is at this action.
    async fn fails(&mut self, commit: &str, action: &str, why: &str) {
        let ended = self.up.until_ended("shop", commit).await;
        assert_eq!(ended["status"], "Failed", "{ended}");
        self.look().await;
        let status = self.up.json("status", &["shop"]).await.remove(0).to_string();
        assert!(status.contains(&format!("{action:?}")) && status.contains(why), "{action}: {why}: {status}");
    }

    /// All that can be seen of the pipeline.
    async fn look(&mut self) {
        for command in ["status", "history", "logs"] {
            for args in [&["shop"][..], &["shop", "--json"]] {
                self.say(command, args).await;
            }
        }
    }

    /// All that was said, and all that is secret.
    fn end(&mut self) -> String {
        for file in files(&self.place.path().join("kept")) {
            let text = fs::read_to_string(file).unwrap();
            let pairs = text.lines().filter_map(|line| line.split_once('='));
            self.secrets.extend(pairs.filter(|(name, _)| SECRET.contains(name)).map(|(_, value)| value.to_owned()));
        }
        let emulators = files(&self.state.join("runs")).into_iter().map(|run| run.join("emulator.log"));
        let logs = emulators.filter(|log| log.exists()).chain([self.log.clone()]);
        logs.map(|log| fs::read_to_string(log).unwrap()).fold(self.said.clone(), |all, log| all + &log)
    }

    /// The first piece of a secret in a text.
    fn found<'a>(&self, text: &'a str) -> Option<&'a [u8]> {
        let pieces: BTreeSet<&[u8]> = self.secrets.iter().flat_map(|secret| secret.as_bytes().windows(PIECE)).collect();
        text.as_bytes().windows(PIECE).find(|piece| pieces.contains(piece))
    }
}

fn files(dir: &Path) -> Vec<PathBuf> {
    fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect()
}

fn replace(file: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(file).unwrap();
    assert!(text.contains(from), "{text}");
    fs::write(file, text.replacen(from, to, 1)).unwrap();
}

/// `configure` becomes a function that keeps what its job brings, and fails it.
async fn keep_jobs(watched: &Watched) {
    let source = format!(
        "import boto3, os\n\n\ndef handler(event, context):\n    job = event['CodePipeline.job']\n    \
         given = os.environ | job['data']['artifactCredentials']\n    \
         open('{}', 'w').writelines(f'{{k}}={{v}}\\n' for k, v in given.items())\n    \
         details = {{'type': 'JobFailed', 'message': 'it is kept'}}\n    \
         boto3.client('codepipeline').put_job_failure_result(jobId=job['id'], failureDetails=details)\n",
        watched.kept("job").display()
    );
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("keep.py", SimpleFileOptions::default()).unwrap();
    zip.write_all(source.as_bytes()).unwrap();
    let code = Blob::new(zip.finish().unwrap().into_inner());
    let (lambda, name) = (Lambda::new(&watched.up.sdk()), "shop-flowgate-configure");
    let python = lambda.update_function_configuration().function_name(name).runtime(Runtime::Python312);
    python.handler("keep.handler").send().await.unwrap();
    lambda.update_function_code().function_name(name).zip_file(code).send().await.unwrap();
}

/// One cloud for all of it, since starting one is most of the work.
#[tokio::test]
async fn i26_no_keys_of_a_session_and_no_token_of_an_approval_are_printed() {
    let mut watched = Watched::new().await;

    watched.change("", "");
    let commit = watched.ask().await;
    watched.say("approve", &["shop", "--json", "--comment", "yes"]).await;
    let released = watched.up.until_ended("shop", &commit).await;
    assert_eq!(released["status"], "Succeeded", "{released}");
    watched.look().await;
    assert!(watched.say("approve", &["shop", "--json"]).await.code != Some(0), "nothing waits");

    fs::write(watched.service.join("again"), "").unwrap();
    let commit = watched.ask().await;
    watched.say("reject", &["shop", "--json", "--comment", "no"]).await;
    watched.fails(&commit, "Approve", "no").await;

    watched.change("", "    raise RuntimeError('a test that breaks')\n");
    let commit = watched.push().await;
    watched.fails(&commit, "Test", "a test that breaks").await;

    watched.change("; aws iam list-users", "");
    let commit = watched.push().await;
    watched.fails(&commit, "Build", "iam:ListUsers").await;

    keep_jobs(&watched).await;
    watched.change("", "");
    let commit = watched.push().await;
    watched.fails(&commit, "Configure", "it is kept").await;

    let said = watched.end();
    // Two keys each of five builds, one test and a function with its job; two tokens.
    assert!(watched.secrets.len() >= 2 * (5 + 1 + 2) + 2, "{}", watched.secrets.len());
    assert_eq!(watched.found(&said).map(String::from_utf8_lossy), None, "in {said}");

    // That it would be found: what a buildspec prints of its environment is its own affair.
    watched.change("; echo \"$AWS_SESSION_TOKEN\"; false", "");
    let commit = watched.push().await;
    watched.fails(&commit, "Build", "Reason: exit status 1").await;
    let said = watched.end();
    assert!(watched.found(&said).is_some(), "{said}");
}
