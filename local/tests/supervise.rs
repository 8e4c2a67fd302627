//! Nothing that flowgate starts outlives it.

#![expect(clippy::unwrap_used, reason = "a test that cannot prepare its world has failed")]

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use flowgate::supervise::{Child, Supervisor};
use tokio::io::{AsyncBufReadExt as _, Lines};
use tokio::process::ChildStdout;
use tokio::time::{sleep, timeout};

/// How long a process may live on after flowgate is gone.
const LIMIT: Duration = Duration::from_secs(5);

fn supervisor() -> Supervisor {
    Supervisor::new(env!("CARGO_BIN_EXE_flowgate"))
}

/// Starts a script that prints the ids of the processes it starts, one a line.
fn start(script: &str) -> (Child, Lines<tokio::io::BufReader<ChildStdout>>) {
    let mut command = supervisor().command("bash");
    let mut child = Child::spawn(command.args(["-c", script]).stdout(Stdio::piped())).unwrap();
    let stdout = child.take_stdout().unwrap();
    (child, tokio::io::BufReader::new(stdout).lines())
}

async fn pids(lines: &mut Lines<tokio::io::BufReader<ChildStdout>>, count: usize) -> Vec<u32> {
    let mut pids = Vec::new();
    while pids.len() < count {
        pids.push(lines.next_line().await.unwrap().expect("the script prints its ids").parse().unwrap());
    }
    pids
}

/// Whether the process exists and is more than a zombie.
fn runs(pid: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| !stat.rsplit_once(')').unwrap().1.trim_start().starts_with(['Z', 'X']))
}

async fn all_end(pids: &[u32]) {
    let ended = async {
        while pids.iter().any(|pid| runs(*pid)) {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(LIMIT, ended).await.unwrap_or_else(|_| panic!("some of {pids:?} still run"));
}

#[tokio::test]
async fn the_exit_code_is_the_programs() {
    let (mut child, _) = start("exit 7");
    assert_eq!(child.wait().await.unwrap().code(), Some(7));
}

#[tokio::test]
async fn a_signal_becomes_the_code_a_shell_gives() {
    let (mut child, _) = start("kill -ABRT $$");
    assert_eq!(child.wait().await.unwrap().code(), Some(134));
}

#[tokio::test]
async fn a_program_that_does_not_exist_is_named() {
    let mut command = supervisor().command("/nonexistent/program");
    let child = Child::spawn(command.stderr(Stdio::piped())).unwrap();
    let output = child.wait_with_output().await.unwrap();
    assert_eq!(output.status.code(), Some(127));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.contains("/nonexistent/program"), "{message}");
}

#[tokio::test]
async fn output_is_collected_and_the_input_is_empty() {
    let mut command = supervisor().command("bash");
    command.args(["-c", "cat; echo out; echo err >&2"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let output = Child::spawn(&mut command).unwrap().wait_with_output().await.unwrap();
    assert_eq!((output.stdout.as_slice(), output.stderr.as_slice()), (&b"out\n"[..], &b"err\n"[..]));
}

#[tokio::test]
async fn what_the_program_leaves_behind_is_killed_when_it_ends() {
    let (mut child, mut lines) = start("sleep 1000 & echo $!; setsid sleep 1000 & echo $!; exit 3");
    let pids = pids(&mut lines, 2).await;
    assert_eq!(child.wait().await.unwrap().code(), Some(3));
    assert!(!pids.iter().any(|pid| runs(*pid)), "wait returns only when nothing is left");
}

#[tokio::test]
async fn dropping_the_child_kills_its_grandchildren() {
    let (child, mut lines) = start("echo $$; sleep 1000 & echo $!; sleep 1000 & echo $!; wait");
    let pids = pids(&mut lines, 3).await;
    assert!(pids.iter().all(|pid| runs(*pid)));
    drop(child);
    all_end(&pids).await;
}

#[tokio::test]
async fn a_program_that_ignores_sigterm_is_killed() {
    let (child, mut lines) = start("trap '' TERM; echo $$; while :; do sleep 1; done");
    let pids = pids(&mut lines, 1).await;
    timeout(LIMIT, child.stop()).await.unwrap().unwrap();
    assert!(!runs(pids[0]));
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn who_leaves_the_process_group_is_killed_too() {
    let (child, mut lines) = start("setsid bash -c 'echo $$; setsid sleep 1000 & echo $!; wait' & echo $!; wait");
    let pids = pids(&mut lines, 3).await;
    timeout(LIMIT, child.stop()).await.unwrap().unwrap();
    assert!(!pids.iter().any(|pid| runs(*pid)));
}

#[tokio::test]
async fn kill_9_of_the_parent_kills_everything() {
    let mut parent = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "parent_to_be_killed", "--ignored", "--nocapture"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(parent.stdout.take().unwrap()).lines().map(Result::unwrap);
    let pids: Vec<u32> = lines.by_ref().filter_map(|line| line.strip_prefix("pid ")?.parse().ok()).take(4).collect();
    assert!(pids.len() == 4 && pids.iter().all(|pid| runs(*pid)), "{pids:?}");
    parent.kill().unwrap();
    parent.wait().unwrap();
    all_end(&pids).await;
}

/// Not a test: the process that the test above kills. It holds two children whose pipes must not leak into each other.
#[tokio::test]
#[ignore = "the parent process of another test"]
async fn parent_to_be_killed() {
    let scripts = ["echo $$; sleep 1000 & echo $!; wait", "echo $$; setsid sleep 1000 & echo $!; wait"];
    let mut children = scripts.map(start);
    for (_, lines) in &mut children {
        for pid in pids(lines, 2).await {
            println!("pid {pid}");
        }
    }
    sleep(Duration::from_mins(1)).await;
}
