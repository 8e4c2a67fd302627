use std::path::Path;

use jiff::Timestamp;
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::Command;

use super::world::{Kept, Running};

/// The children of a process, of which each of these has one.
async fn child(parent: &str) -> String {
    let found = Command::new("pgrep").args(["-P", parent]).output().await.unwrap();
    let found = String::from_utf8(found.stdout).unwrap();
    let mut children = found.split_whitespace().filter(|process| is(process, "flowgate") || is(process, "python"));
    let child = children.next().unwrap().to_owned();
    assert_eq!(children.next(), None, "{found}");
    child
}

fn is(process: &str, program: &str) -> bool {
    let words = std::fs::read(Path::new("/proc").join(process).join("cmdline")).unwrap_or_default();
    let first = words.split(|byte| *byte == 0).next().unwrap_or_default();
    first.ends_with(program.as_bytes())
}

fn kill(process: &str) {
    kill_process(Pid::from_raw(process.parse().unwrap()).unwrap(), Signal::KILL).unwrap();
}

async fn supervisor() -> String {
    child(&std::process::id().to_string()).await
}

async fn put(running: &Running) {
    let parameter = aws_sdk_ssm::Client::new(&running.cloud.sdk_config()).put_parameter().name("early").value("1");
    parameter.r#type(aws_sdk_ssm::types::ParameterType::String).send().await.unwrap();
    running.until_saved(Timestamp::now()).await;
}

/// It goes on from what was saved.
async fn goes_on(kept: &Kept) {
    let running = kept.start().await;
    let parameter = aws_sdk_ssm::Client::new(&running.cloud.sdk_config()).get_parameter().name("early");
    assert_eq!(parameter.send().await.unwrap().parameter.unwrap().value.unwrap(), "1");
}

#[tokio::test]
async fn an_emulator_ends_with_its_supervisor() {
    let kept = Kept::new();
    let mut first = kept.start().await;
    put(&first).await;
    let supervisor = supervisor().await;
    let emulator = child(&supervisor).await;
    kill(&supervisor);
    let how = first.cloud.ended().await;
    assert!(how.starts_with("signal: 9"), "{how}");
    while is(&emulator, "python") {
        tokio::task::yield_now().await;
    }
    first.kill();
    goes_on(&kept).await;
}

#[tokio::test]
async fn an_emulator_that_was_killed_is_told_of_and_started_again() {
    let kept = Kept::new();
    let mut first = kept.start().await;
    put(&first).await;
    kill(&child(&supervisor().await).await);
    let how = first.cloud.ended().await;
    assert!(how.starts_with("exit status: 137"), "{how}");
    first.kill();
    goes_on(&kept).await;
}
