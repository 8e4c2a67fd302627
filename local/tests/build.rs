//! Buildspecs run with a real bash, without any cloud.

#![expect(clippy::unwrap_used, reason = "a test that cannot prepare its world has failed")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use flowgate::actions::Observer;
use flowgate::actions::archive::{self, Archive};
use flowgate::actions::build::{Built, Input, Job, execute};
use flowgate::pipeline::action::Progress;
use flowgate::supervise::Supervisor;
use jiff::Timestamp;
use tempfile::TempDir;

#[derive(Default)]
struct Lines(Mutex<Vec<String>>);

impl Observer for Lines {
    fn progress(&self, _: Progress) {}

    fn line(&self, line: &str) {
        self.0.lock().unwrap().push(line.to_owned());
    }
}

struct World {
    directory: TempDir,
    lines: Lines,
}

struct Outcome {
    built: Result<Built, String>,
    /// What the commands wrote, without the lines that announce them.
    output: Vec<String>,
}

impl World {
    fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap(), lines: Lines::default() }
    }

    fn root(&self) -> PathBuf {
        self.directory.path().join("project")
    }

    fn job(&self, buildspec: &str, files: &[(&str, &str)]) -> Job {
        let keep = |name: &&str| std::env::var(name).ok().map(|value| ((*name).to_owned(), value));
        Job {
            root: self.root(),
            inputs: vec![Input { name: "Source".into(), zip: zip(&[files, &[("buildspec.yml", buildspec)]].concat()) }],
            buildspec: None,
            base: ["PATH", "HOME"].iter().filter_map(keep).collect(),
            overrides: BTreeMap::new(),
            timeout: Duration::from_mins(1),
            now: Timestamp::now(),
        }
    }

    async fn build(&self, buildspec: &str) -> Outcome {
        self.run(self.job(buildspec, &[])).await
    }

    async fn run(&self, job: Job) -> Outcome {
        let supervisor = Supervisor::new(env!("CARGO_BIN_EXE_flowgate"));
        self.lines.0.lock().unwrap().clear();
        let built = execute(&supervisor, job, &self.lines).await.map_err(|error| error.to_string());
        let ours = ["Entering phase", "Running command", "Phase complete", "Note:"];
        let lines = self.lines.0.lock().unwrap().clone();
        let output = lines.into_iter().filter(|line| !ours.iter().any(|start| line.starts_with(start))).collect();
        Outcome { built, output }
    }
}

fn zip(files: &[(&str, &str)]) -> Vec<u8> {
    let directory = tempfile::tempdir().unwrap();
    let paths = files.iter().map(|(name, content)| {
        let path = directory.path().join(name.replace('/', "%"));
        fs::write(&path, content).unwrap();
        ((*name).to_owned(), path)
    });
    archive::pack(&paths.collect()).unwrap()
}

fn unpacked(zip: &[u8]) -> String {
    let to = tempfile::tempdir().unwrap();
    let mut files = Vec::new();
    let mut on_file = |path: &Path, content: &[u8], _: &fs::File| {
        files.push(format!("{}={}", path.display(), String::from_utf8_lossy(content).trim_end()));
        Ok(())
    };
    Archive::new(zip).unwrap().extract(to.path(), &mut on_file).unwrap();
    files.sort();
    files.join(" ")
}

fn spec(version: &str, phases: &[(&str, &[&str])]) -> String {
    let mut text = format!("version: {version}\nphases:\n");
    for (phase, commands) in phases {
        writeln!(text, "  {phase}:\n    commands: {}", serde_json::json!(commands)).unwrap();
    }
    text
}

#[tokio::test]
async fn version_0_2_shares_one_shell() {
    let commands = ["A=1; export B=2; cd sub; f() { echo function $A; }", "f; echo $B ${PWD##*/}"];
    let world = World::new();
    let job = world.job(&spec("0.2", &[("install", &commands[..1]), ("build", &commands[1..])]), &[("sub/x", "")]);
    let outcome = world.run(job).await;
    assert_eq!(outcome.output, ["function 1", "2 sub"]);
    outcome.built.unwrap();
}

#[tokio::test]
async fn version_0_1_gives_every_command_a_shell_of_its_own() {
    let commands = ["export A=1; cd sub", "echo \"[$A]\" ${PWD##*/}"];
    let world = World::new();
    let outcome = world.run(world.job(&spec("0.1", &[("build", &commands)]), &[("sub/x", "")])).await;
    assert_eq!(outcome.output, ["[] src"]);
    outcome.built.unwrap();
}

#[tokio::test]
async fn a_failing_command_ends_its_phase_and_is_told_with_its_output() {
    let text = "
version: 0.2
phases:
  build:
    commands: ['for i in 1 2 3 4 5 6 7 8 9 10 11 12; do echo line $i; done; (exit 7)', 'echo never']
    finally: ['echo finally $CODEBUILD_BUILD_SUCCEEDING']
  post_build:
    commands: ['echo after $CODEBUILD_BUILD_SUCCEEDING']
";
    let outcome = World::new().build(text).await;
    assert_eq!(outcome.output[11..], ["line 12", "finally 0", "after 0"]);
    let message = outcome.built.err().unwrap();
    assert!(message.starts_with("phase build failed: command `for i in"), "{message}");
    assert!(message.contains("exited with code 7\n    line 3\n"), "{message}");
    assert!(message.ends_with("    line 12"), "{message}");
}

#[tokio::test]
async fn a_failed_install_runs_its_finally_and_nothing_more() {
    let text = "
version: 0.2
phases:
  install: {commands: ['false'], finally: ['echo tidy']}
  build: {commands: ['echo never']}
  post_build: {commands: ['echo never']}
";
    let outcome = World::new().build(text).await;
    assert_eq!(outcome.output, ["tidy"]);
    assert!(outcome.built.err().unwrap().contains("phase install failed: command `false` exited with code 1"));
}

#[tokio::test]
async fn a_command_may_exit_and_the_next_shell_goes_on_with_its_variables() {
    let commands = ["export A=kept; cd sub; printf no-newline; exit 0", "echo $A ${PWD##*/}"];
    let world = World::new();
    let outcome = world.run(world.job(&spec("0.2", &[("build", &commands)]), &[("sub/x", "")])).await;
    assert_eq!(outcome.output, ["no-newline", "kept sub"]);
    outcome.built.unwrap();
    let outcome = world.build(&spec("0.2", &[("build", &["echo out; exit 9"]), ("post_build", &["echo post"])])).await;
    assert_eq!(outcome.output, ["out", "post"]);
    assert!(outcome.built.err().unwrap().contains("exited with code 9\n    out"));
}

#[tokio::test]
async fn whatever_a_command_does_to_its_shell_its_end_is_seen() {
    for (commands, output, code) in [
        (&["set -e", "false; echo never"][..], &[][..], Some(1)),
        (&["set -eu; echo $UNSET", "echo never"], &[], None),
        (&["exec bash -c 'echo replaced; exit 4'"], &["replaced"], Some(4)),
        (&["trap 'echo own trap' EXIT; exit 5"], &["own trap"], Some(5)),
        (&["kill -9 $$"], &[], Some(137)),
        (&["IFS=/; set -f; set -C; A=a/b", "echo $A"], &["a b"], Some(0)),
        (&["exec >file; echo to a file", "cat file >&2"], &["to a file"], Some(0)),
        (&["read line; echo \"[$line]\""], &["[]"], Some(0)),
        (&["if true; then"], &[], None),
        (&["no-such-command"], &[], Some(127)),
        (&["set -- a b; echo $1 $#"], &["a 2"], Some(0)),
        (&["break; echo still"], &[], None),
    ] {
        let started = Instant::now();
        let outcome = World::new().build(&spec("0.2", &[("build", commands)])).await;
        let message = outcome.built.as_ref().err().cloned().unwrap_or_default();
        let said: Vec<_> =
            outcome.output.iter().map(String::as_str).filter(|line| !line.contains("command-")).collect();
        assert_eq!(said.get(..output.len()), Some(output), "{commands:?}: {said:?} {message}");
        match code {
            Some(0) => assert!(outcome.built.is_ok(), "{commands:?}: {message}"),
            Some(code) => assert!(message.contains(&format!("code {code}")), "{commands:?}: {message}"),
            None => {}
        }
        assert!(started.elapsed() < Duration::from_secs(20), "{commands:?}");
    }
}

#[tokio::test]
async fn a_background_process_neither_hangs_the_build_nor_outlives_it() {
    let world = World::new();
    let outcome = world
        .build(&spec("0.2", &[("build", &["sleep 1000 & echo $! >pid", "kill -0 $(cat pid) && echo alive"])]))
        .await;
    assert_eq!(outcome.output, ["alive"]);
    outcome.built.unwrap();
    let pid = fs::read_to_string(world.root().join("src/pid")).unwrap();
    assert!(!Path::new("/proc").join(pid.trim()).join("cmdline").exists(), "process {pid} still runs");
}

#[tokio::test]
async fn exported_variables_are_what_the_shell_left() {
    let text = "
version: 0.2
env:
  variables: {A: from-buildspec, B: from-buildspec}
  exported-variables: [A, B, C, MISSING]
phases:
  build: {commands: ['export A=changed', 'C=\"two lines\n\n and $OVER\"']}
";
    let world = World::new();
    let mut job = world.job(text, &[]);
    job.overrides.insert("B".into(), "from-project".into());
    job.overrides.insert("OVER".into(), "over".into());
    let exported = world.run(job).await.built.unwrap().exported;
    let exported: Vec<_> = exported.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(exported, ["A=changed", "B=from-project", "C=two lines\nand over"]);
}

#[tokio::test]
async fn a_build_sees_its_own_variables_and_no_others() {
    let world = World::new();
    let mut job = world.job(&spec("0.2", &[("build", &["env"])]), &[]);
    job.inputs.push(Input { name: "Other".into(), zip: zip(&[("x", "")]) });
    let outcome = world.run(job).await;
    outcome.built.unwrap();
    let names: Vec<_> = outcome.output.iter().filter_map(|line| line.split_once('=')).map(|(name, _)| name).collect();
    for name in ["CODEBUILD_SRC_DIR", "CODEBUILD_SRC_DIR_Other", "CODEBUILD_BUILD_NUMBER", "CODEBUILD_BUILD_SUCCEEDING"]
    {
        assert!(names.contains(&name), "{name}: {names:?}");
    }
    assert!(!names.iter().any(|name| name.starts_with("CARGO") || name.contains("flowgate")), "{names:?}");
}

#[tokio::test]
async fn a_cached_directory_is_there_again_in_the_next_build() {
    let text =
        spec("0.2", &[("build", &["cat target/made 2>/dev/null; mkdir -p target; echo made >target/made", "ls"])])
            + "cache: {paths: ['target/**/*', '/var/cache/m2/**/*']}\n";
    let world = World::new();
    let first = world.build(&text).await;
    assert_eq!(first.output, ["buildspec.yml", "target"]);
    drop(first);
    let second = world.build(&text).await;
    assert_eq!(second.output, ["made", "buildspec.yml", "target"]);
    let lines = world.lines.0.lock().unwrap().join("\n");
    assert!(lines.contains("Note: cache path /var/cache/m2/**/* is not kept"), "{lines}");
}

#[tokio::test]
async fn artifacts_hold_what_the_buildspec_names() {
    let text = "
version: 0.2
env: {variables: {OUT: nowhere}}
phases:
  build: {commands: ['export OUT=out', 'mkdir -p $OUT/deep; echo 1 >$OUT/a.txt; echo 2 >$OUT/deep/b.txt; echo 3 >$OUT/c.log']}
artifacts:
  files: ['**/*', absent]
  base-directory: $OUT
  exclude-paths: '**/*.log'
  secondary-artifacts:
    flat: {files: ['out/**/*.txt'], discard-paths: yes}
    absolute: {files: [$CODEBUILD_SRC_DIR/out/a.txt]}
    globbed: {files: ['*.txt'], base-directory: 'o*'}
    nothing: {files: [absent]}
    nowhere: {files: ['*'], base-directory: absent}
";
    let world = World::new();
    let built = world.build(text).await.built.unwrap();
    let primary = built.pack(built.spec.artifacts.as_ref().unwrap()).unwrap();
    assert_eq!((unpacked(&primary.zip).as_str(), primary.files), ("a.txt=1 deep/b.txt=2", 2));
    assert_eq!(primary.unmatched, ["absent"]);
    let secondary = |name: &str| match built.pack(&built.spec.secondary_artifacts[name]) {
        Ok(packed) => unpacked(&packed.zip),
        Err(error) => error.to_string(),
    };
    assert_eq!(secondary("flat"), "a.txt=1 b.txt=2");
    assert_eq!(secondary("absolute"), "out/a.txt=1");
    assert_eq!(secondary("globbed"), "a.txt=1");
    assert_eq!(secondary("nothing"), "no matching artifact paths found for absent");
    assert_eq!(secondary("nowhere"), "base-directory absent of the artifact is not a directory");
}

#[tokio::test]
async fn a_buildspec_is_found_where_the_project_says() {
    let world = World::new();
    let inline = spec("0.2", &[("build", &["echo inline"])]);
    let other = spec("0.2", &[("build", &["echo other"])]);
    for (set, output, refusal) in [
        (None, "default", ""),
        (Some(inline.as_str()), "inline", ""),
        (Some("ci/other.yml"), "other", ""),
        (Some("absent.yml"), "", "the source has no absent.yml"),
        (Some("../x.yml"), "", "buildspec ../x.yml does not run here"),
        (Some("arn:aws:s3:::b/x.yml"), "", "buildspec arn:aws:s3:::b/x.yml does not run here"),
        (Some("version: 0.2\nphases: {oops: {}}"), "", "the project's buildspec: "),
    ] {
        let mut job = world.job(&spec("0.2", &[("build", &["echo default"])]), &[("ci/other.yml", &other)]);
        job.buildspec = set.map(str::to_owned);
        let outcome = world.run(job).await;
        assert_eq!(outcome.output.join(""), output, "{set:?}");
        let message = outcome.built.err().unwrap_or_default();
        assert!(message.starts_with(refusal), "{set:?}: {message}");
    }
}

#[tokio::test]
async fn a_build_that_takes_too_long_is_stopped() {
    let world = World::new();
    let mut job = world.job(&spec("0.2", &[("build", &["echo $$ >pid; sleep 1000"])]), &[]);
    job.timeout = Duration::from_secs(2);
    let message = world.run(job).await.built.err().unwrap();
    assert!(message.starts_with("the build was stopped"), "{message}");
    let pid = fs::read_to_string(world.root().join("src/pid")).unwrap();
    let gone = async {
        while Path::new("/proc").join(pid.trim()).exists() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), gone).await.expect("the command still runs");
}
