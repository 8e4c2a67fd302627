mod keeping;
mod restart;

use std::path::PathBuf;
use std::time::Duration;

use serde_json::json;
use tokio::runtime::Handle;
use tokio::sync::mpsc::unbounded_channel;
use tokio::task::yield_now;

use super::*;
use crate::actions::jobs::Jobs;
use crate::cloud::authority::{Authority, Iam};
use crate::cloud::client;
use crate::pipeline::action::{Outcome, Success};
use crate::pipeline::engine::{ExecutionStatus, Trigger, TriggerType};
use crate::supervise::Supervisor;

/// A local cloud that is not there: every call is refused.
fn nowhere(directory: &std::path::Path) -> Context {
    Context {
        state: directory.to_owned(),
        builds: directory.join("builds"),
        sdk: client::sdk_config("http://127.0.0.1:1"),
        account: client::ACCOUNT.to_owned(),
        child_env: BTreeMap::new(),
        supervisor: Supervisor::new(PathBuf::from("flowgate")),
        jobs: Jobs::default(),
        authority: Authority::new(Iam::Off, client::sdk_config("http://127.0.0.1:1")).unwrap(),
    }
}

fn open(directory: &std::path::Path, news: UnboundedSender<News>, clock: Clock) -> Runner {
    open_with(directory, news, clock, Store::in_memory().unwrap())
}

fn open_with(directory: &std::path::Path, news: UnboundedSender<News>, clock: Clock, store: Store) -> Runner {
    Runner::open(nowhere(directory), news, clock, store).unwrap()
}

fn pipeline(name: &str) -> Pipeline {
    let kind = |category: &str, provider: &str| json!({ "category": category, "owner": "AWS", "provider": provider, "version": "1" });
    let declaration = json!({
        "name": name, "pipelineType": "V2", "executionMode": "SUPERSEDED",
        "roleArn": "arn:aws:iam::000000000000:role/r", "artifactStore": { "type": "S3", "location": "artifacts" },
        "stages": [
            { "name": "Source", "actions": [{
                "name": "Fetch", "actionTypeId": kind("Source", "CodeCommit"), "outputArtifacts": [{ "name": "Code" }],
                "configuration": { "RepositoryName": "absent", "BranchName": "main" },
            }] },
            { "name": "Approve", "actions": [{ "name": "Review", "actionTypeId": kind("Approval", "Manual") }] },
        ],
    });
    Pipeline::from_declaration(&declaration).unwrap()
}

fn start(runner: &Runner, name: &str) -> ExecutionId {
    runner.start(name, trigger(), &BTreeMap::new(), Vec::new()).unwrap()
}

fn trigger() -> Trigger {
    Trigger { trigger_type: TriggerType::CreatePipeline, trigger_detail: "arn:somebody".into() }
}

/// The first action of the newest execution has done its work.
fn fetched(runner: &Runner) {
    let newest = |state: &State| state.executions.last().unwrap().stages[0].actions[0].id.clone();
    let run = runner.inspect("release", |_, state| newest(state)).unwrap();
    runner.tell("release", Event::ActionFinished { run, outcome: Outcome::Succeeded(Success::default()) });
}

#[tokio::test]
async fn a_bus_that_refuses_does_not_hold_the_pipeline() {
    let directory = tempfile::tempdir().unwrap();
    let (sender, mut news) = unbounded_channel();
    let runner = open(directory.path(), sender, Clock::System);
    runner.create(pipeline("release"), BTreeMap::new()).unwrap();
    let id = start(&runner, "release");
    while runner.execution("release", &id).unwrap().status == ExecutionStatus::InProgress {
        news.recv().await.unwrap();
    }
    assert_eq!(runner.execution("release", &id).unwrap().status, ExecutionStatus::Failed);
}

#[tokio::test]
async fn nothing_outlives_the_runner() {
    let directory = tempfile::tempdir().unwrap();
    let (sender, mut news) = unbounded_channel();
    let before = Handle::current().metrics().num_alive_tasks();
    let runner = open(directory.path(), sender, Clock::System);
    runner.create(pipeline("release"), BTreeMap::new()).unwrap();
    start(&runner, "release");
    assert_eq!(Handle::current().metrics().num_alive_tasks(), before + 3, "the publisher, the timer and the action");
    let second = runner.clone();
    drop(runner);
    assert!(second.pipeline("release").is_ok());
    drop(second);
    while news.recv().await.is_some() {}
    yield_now().await;
    assert_eq!(Handle::current().metrics().num_alive_tasks(), before);
}

/// The same with a window before the approval that opens in years.
fn guarded(name: &str, timeout_minutes: u32) -> Pipeline {
    let mut declaration = serde_json::to_value(pipeline(name).declaration()).unwrap();
    let rule = json!({
        "name": "window", "timeoutInMinutes": timeout_minutes, "configuration": { "Cron": "* * * ? * * 2199" },
        "ruleTypeId": { "category": "Rule", "owner": "AWS", "provider": "DeploymentWindow", "version": "1" },
    });
    declaration["stages"][1]["beforeEntry"] = json!({ "conditions": [{ "result": "FAIL", "rules": [rule] }] });
    Pipeline::from_declaration(&declaration).unwrap()
}

/// A rule that waits goes no further when its pipeline is deleted, or else when its time is over.
async fn what_is_left_of_a_rule(deleted: bool) {
    let directory = tempfile::tempdir().unwrap();
    let (sender, mut news) = unbounded_channel();
    let began = "2026-01-01T00:00:00Z".parse().unwrap();
    let before = Handle::current().metrics().num_alive_tasks();
    let runner = open(directory.path(), sender, Clock::starting(began));
    runner.create(guarded("release", 5), BTreeMap::new()).unwrap();
    start(&runner, "release");
    fetched(&runner);
    let evaluations = || runner.0.pipelines().get("release").map_or(0, Kept::evaluations);
    assert_eq!(evaluations(), 1);
    if deleted {
        runner.delete("release").unwrap();
    } else {
        while evaluations() > 0 {
            news.recv().await.unwrap();
        }
    }
    // The window is years away; what ends at once has ended long before.
    tokio::time::sleep(Duration::from_hours(1)).await;
    assert_eq!(Handle::current().metrics().num_alive_tasks(), before + 2, "the publisher and the timer");
}

#[tokio::test(start_paused = true)]
async fn a_rule_ends_with_its_run() {
    what_is_left_of_a_rule(false).await;
}

#[tokio::test(start_paused = true)]
async fn a_rule_ends_with_its_pipeline() {
    what_is_left_of_a_rule(true).await;
}

#[tokio::test(start_paused = true)]
async fn pipelines_are_listed_with_their_times() {
    let directory = tempfile::tempdir().unwrap();
    let (sender, _news) = unbounded_channel();
    let created: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    let runner = open(directory.path(), sender, Clock::starting(created));
    runner.create(pipeline("b"), BTreeMap::new()).unwrap();
    tokio::time::advance(Duration::from_mins(1)).await;
    runner.create(pipeline("a"), BTreeMap::new()).unwrap();
    tokio::time::advance(Duration::from_mins(1)).await;
    runner.update(pipeline("b")).unwrap();
    let after = |minutes| created + jiff::SignedDuration::from_mins(minutes);
    let expected = [
        Listed { name: "a".into(), version: 1, created: after(1), updated: after(1) },
        Listed { name: "b".into(), version: 2, created, updated: after(2) },
    ];
    assert_eq!(runner.names(), expected);
    assert_eq!(runner.times("b").unwrap(), Times { created, updated: after(2) });
    runner.delete("b").unwrap();
    assert!(matches!(runner.times("b"), Err(Error::NotFound(name)) if name == "b"));
    assert!(matches!(runner.inspect("b", |_, _| ()), Err(Error::NotFound(_))));
    let twice = runner.create(pipeline("a"), BTreeMap::new()).unwrap_err();
    assert_eq!(twice.to_string(), "a pipeline named a exists already");
}

#[tokio::test]
async fn those_who_watch_hear_that_a_pipeline_is_gone() {
    let directory = tempfile::tempdir().unwrap();
    let (sender, mut news) = unbounded_channel();
    let runner = open(directory.path(), sender, Clock::System);
    runner.create(pipeline("release"), BTreeMap::new()).unwrap();
    runner.delete("another").unwrap();
    runner.delete("release").unwrap();
    drop(runner);
    assert!(matches!(news.recv().await, Some(News::Deleted { pipeline }) if pipeline == "release"));
    assert!(news.recv().await.is_none(), "what was not there is not gone");
}
