//! The commands against a served API, with approvals for work that takes as long as it should.

use std::collections::BTreeMap;
use std::path::PathBuf;

use aws_sdk_codepipeline::Client;
use axum::Router;
use clap::Parser as _;
use serde_json::json;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinSet;

use super::{retry, rollback, stop};
use crate::actions::Context;
use crate::actions::jobs::Jobs;
use crate::api;
use crate::cli::answer::give;
use crate::cli::approvals::{self, Answer};
use crate::cli::args::{Args, Subcommand};
use crate::cli::client::ClientError;
use crate::cli::observe;
use crate::clock::Clock;
use crate::cloud::authority::{Authority, Iam};
use crate::cloud::client;
use crate::pipeline::definition::Pipeline;
use crate::pipeline::engine::{ExecutionId, Trigger, TriggerType};
use crate::report::view::{Other, Waiting};
use crate::repository;
use crate::runner::store::Store;
use crate::runner::{News, Runner};
use crate::supervise::Supervisor;

/// A pipeline of a source and approvals.
struct World {
    runner: Runner,
    client: Client,
    news: UnboundedReceiver<News>,
    _served: JoinSet<()>,
    _directory: TempDir,
}

impl World {
    async fn new() -> Self {
        Self::asking(&["Review"]).await
    }

    async fn asking(approvals: &[&str]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut served = JoinSet::new();
        // A bucket that takes every artifact.
        let storage = listener().await;
        let endpoint = format!("http://{}", storage.local_addr().unwrap());
        served.spawn(async move { axum::serve(storage, Router::new().fallback(async || ())).await.unwrap() });
        let context = context(&directory, &endpoint);
        push(&context, &directory).await;
        let (sender, news) = unbounded_channel();
        let runner = Runner::open(context, sender, Clock::System, Store::in_memory().unwrap()).unwrap();
        runner.create(pipeline(approvals), BTreeMap::new()).unwrap();
        let (listener, serves) = (listener().await, runner.clone());
        let sdk = client::sdk_config(&format!("http://{}", listener.local_addr().unwrap()));
        served.spawn(async move { api::serve(listener, serves).await.unwrap() });
        Self { runner, client: Client::new(&sdk), news, _served: served, _directory: directory }
    }

    fn start(&self) -> ExecutionId {
        let trigger =
            Trigger { trigger_type: TriggerType::StartPipelineExecution, trigger_detail: "arn:somebody".into() };
        self.runner.start("p", trigger, &BTreeMap::new(), Vec::new()).unwrap()
    }

    /// Follows the news until so many approvals wait.
    async fn waiting(&mut self, count: usize) -> Vec<Waiting> {
        loop {
            let waiting = approvals::waiting(&self.client, "p").await.unwrap();
            if waiting.len() == count {
                return waiting;
            }
            self.news.recv().await.unwrap();
        }
    }

    /// Follows the news until the approval asks for this execution, and answers.
    async fn answer(&mut self, id: &ExecutionId, approved: bool) {
        loop {
            let waiting = approvals::waiting(&self.client, "p").await.unwrap();
            if let Some(waiting) = waiting.iter().find(|waiting| waiting.execution == id.0) {
                let answer = Answer { approved, comment: String::new() };
                return approvals::answer(&self.client, waiting, &answer).await.unwrap();
            }
            self.news.recv().await.unwrap();
        }
    }

    async fn until(&mut self, id: &ExecutionId, status: &str) {
        while format!("{:?}", self.runner.execution("p", id).unwrap().status) != status {
            self.news.recv().await.unwrap();
        }
    }

    async fn run(&self, words: &[&str]) -> Result<(), ClientError> {
        let words = ["flowgate"].iter().chain(words).chain(&["p", "--yes"]);
        match Args::parse_from(words).command.unwrap() {
            Subcommand::Retry(options) => retry::retry(&self.client, "p", &options).await,
            Subcommand::Stop(options) => stop::stop(&self.client, "p", &options).await,
            Subcommand::Rollback(options) => rollback::roll_back(&self.client, "p", &options).await,
            other => panic!("{other:?}"),
        }
    }
}

async fn listener() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.unwrap()
}

fn context(directory: &TempDir, endpoint: &str) -> Context {
    Context {
        state: directory.path().join("state"),
        builds: directory.path().join("builds"),
        sdk: client::sdk_config(endpoint),
        account: client::ACCOUNT.to_owned(),
        child_env: BTreeMap::new(),
        supervisor: Supervisor::new(PathBuf::from("flowgate")),
        jobs: Jobs::default(),
        authority: Authority::new(Iam::Off, client::sdk_config(endpoint)).unwrap(),
    }
}

async fn push(context: &Context, directory: &TempDir) {
    let source = directory.path().join("app");
    std::fs::create_dir(&source).unwrap();
    std::fs::write(source.join("file.txt"), "one").unwrap();
    repository::Store::new(&context.state).push(source.to_str().unwrap(), "app", "main").await.unwrap();
}

fn pipeline(approvals: &[&str]) -> Pipeline {
    let kind = |category: &str, provider: &str| json!({"category": category, "owner": "AWS", "provider": provider, "version": "1"});
    let approval = |name: &&str| json!({"name": name, "actionTypeId": kind("Approval", "Manual")});
    let approvals: Vec<_> = approvals.iter().map(approval).collect();
    let declaration = json!({
        "name": "p", "pipelineType": "V2", "executionMode": "SUPERSEDED",
        "roleArn": "arn:aws:iam::000000000000:role/r", "artifactStore": {"type": "S3", "location": "artifacts"},
        "stages": [
            {"name": "Source", "actions": [{
                "name": "Fetch", "actionTypeId": kind("Source", "CodeCommit"), "outputArtifacts": [{"name": "Code"}],
                "configuration": {"RepositoryName": "app", "BranchName": "main"},
            }]},
            {"name": "Prod", "actions": approvals},
        ],
    });
    Pipeline::from_declaration(&declaration).unwrap()
}

#[tokio::test]
async fn a_stage_that_failed_is_tried_again() {
    let mut world = World::new().await;
    let id = world.start();
    world.answer(&id, false).await;
    world.until(&id, "Failed").await;
    world.run(&["retry"]).await.unwrap();
    world.answer(&id, true).await;
    world.until(&id, "Succeeded").await;
    let seen = observe::status(&world.client, "p").await.unwrap();
    assert_eq!(seen.stages[1].retries, 1, "{seen:?}");
    let nothing = world.run(&["retry"]).await.unwrap_err().to_string();
    assert!(nothing.starts_with("no stage of pipeline p has failed"), "{nothing}");
}

#[tokio::test]
async fn approvals_beside_one_another_are_answered_one_by_one_and_all_asked_again() {
    let mut world = World::asking(&["Review", "Second"]).await;
    let id = world.start();
    let both = world.waiting(2).await;
    let beside = |waiting: &Waiting| waiting.others.iter().map(|one| (one.action.clone(), one.approved)).collect();
    let others: Vec<Vec<(String, Option<bool>)>> = both.iter().map(beside).collect();
    assert_eq!(others, [vec![("Second".to_owned(), None)], vec![("Review".to_owned(), None)]]);
    let answer = |approved| Answer { approved, comment: String::new() };
    approvals::answer(&world.client, &both[0], &answer(true)).await.unwrap();
    let left = world.waiting(1).await;
    let review = Other { action: "Review".to_owned(), approved: Some(true), by: Some("root".to_owned()) };
    assert_eq!((&*left[0].action, &left[0].others), ("Second", &vec![review]));
    // The other's answer is not taken for this one, nor a second time.
    let again = approvals::answer(&world.client, &both[0], &answer(true)).await.unwrap_err();
    assert!(approvals::is_answered(&again), "{again}");
    approvals::answer(&world.client, &left[0], &answer(false)).await.unwrap();
    world.until(&id, "Failed").await;
    world.run(&["retry", "--all"]).await.unwrap();
    let asked: Vec<String> = world.waiting(2).await.into_iter().map(|waiting| waiting.action).collect();
    assert_eq!(asked, ["Review", "Second"]);
}

#[tokio::test]
async fn a_rejection_tells_what_it_answered_and_fails_where_that_is_nothing() {
    let mut world = World::asking(&["First", "Second", "Third"]).await;
    world.start();
    let all = world.waiting(3).await;
    let no = Answer { approved: false, comment: String::new() };
    approvals::answer(&world.client, &all[0], &no).await.unwrap();
    let told = async |meant: &[Waiting]| {
        let mut told = Vec::new();
        let given = give(&world.client, meant, &no, |waiting| told.push(waiting.action.clone())).await;
        (told, given.map_err(|error| error.to_string()))
    };
    // What is left is answered, and told though another cannot be.
    let unknown = Waiting { action: "Fourth".to_owned(), ..all[2].clone() };
    let (answered, error) = told(&[all[0].clone(), all[1].clone(), unknown, all[2].clone()]).await;
    assert_eq!(answered, ["Second"]);
    assert!(error.unwrap_err().contains("PutApprovalResult of Prod Fourth of p was refused"));
    assert_eq!(told(&all).await, (vec!["Third".to_owned()], Ok(())));
    let (answered, error) = told(&all).await;
    assert_eq!(answered, [""; 0]);
    assert!(error.unwrap_err().contains("PutApprovalResult of Prod Third of p was refused"));
}

#[tokio::test]
async fn an_execution_stops_and_says_why() {
    let mut world = World::new().await;
    let id = world.start();
    loop {
        if !approvals::waiting(&world.client, "p").await.unwrap().is_empty() {
            break;
        }
        world.news.recv().await.unwrap();
    }
    world.run(&["stop"]).await.unwrap();
    world.until(&id, "Stopping").await;
    let again = world.run(&["stop"]).await.unwrap_err().to_string();
    assert!(again.contains("is being stopped already"), "{again}");
    world.run(&["stop", "--abandon", "--reason", "not now"]).await.unwrap();
    world.until(&id, "Stopped").await;
    let seen = observe::status(&world.client, "p").await.unwrap();
    assert_eq!(seen.executions[0].status, "Stopped");
    assert_eq!(seen.stages[1].status.as_deref(), Some("Stopped"));
    let nothing = world.run(&["stop"]).await.unwrap_err().to_string();
    assert!(nothing.starts_with("no execution of pipeline p is in progress"), "{nothing}");
}

#[tokio::test]
async fn a_stage_goes_back_in_an_execution_of_its_own() {
    let mut world = World::new().await;
    let first = world.start();
    world.answer(&first, true).await;
    world.until(&first, "Succeeded").await;
    let second = world.start();
    world.answer(&second, true).await;
    world.until(&second, "Succeeded").await;
    let unnamed = world.run(&["rollback"]).await.unwrap_err().to_string();
    assert_eq!(unnamed, "name the stage of pipeline p to roll back with --stage: Prod");
    world.run(&["rollback", "--stage", "Prod"]).await.unwrap();
    let seen = observe::status(&world.client, "p").await.unwrap();
    let rollback = &seen.executions[0];
    assert_eq!((rollback.rollback, rollback.rollback_of.as_deref()), (true, Some(&*first.0)), "{seen:?}");
    let refused = world.run(&["rollback", "--stage", "Prod"]).await.unwrap_err().to_string();
    assert!(refused.contains("RollbackStage of Prod of p was refused"), "{refused}");
}
