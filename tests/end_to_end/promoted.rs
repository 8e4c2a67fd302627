//! One artifact in three stages, each with its own resources.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_sdk_cloudformation::Client as CloudFormation;
use aws_sdk_cloudformation::types::StackResourceSummary;
use aws_sdk_lambda::Client as Lambda;
use flowgate::cloud::client;
use rustix::process::Signal;
use serde_json::Value;
use tokio::time::timeout;

use crate::run::{Run, end};
use crate::world::{World, fixture};

/// The release pipeline.
const STAGES: [&str; 7] = ["Source", "Build", "DeployTests", "Beta", "Gamma", "Approve", "Prod"];

/// The stacks of a service, by their outputs' local cloud.
struct Stacks {
    stacks: CloudFormation,
    lambda: Lambda,
}

impl Stacks {
    /// The cloud that a kept run says its `ApiUrl`s are on.
    fn of(outputs: &Value, stage: &str) -> Self {
        let endpoint = url(outputs, stage).split("/_aws").next().unwrap();
        let sdk = client::sdk_config(endpoint);
        Self { stacks: CloudFormation::new(&sdk), lambda: Lambda::new(&sdk) }
    }

    async fn names(&self) -> BTreeSet<String> {
        let stacks = self.stacks.describe_stacks().send().await.unwrap();
        stacks.stacks().iter().map(|stack| stack.stack_name().unwrap().to_owned()).collect()
    }

    /// The type and the physical id of every resource of a stack.
    async fn resources(&self, stack: &str) -> Vec<(String, String)> {
        let list = self.stacks.list_stack_resources().stack_name(stack).send().await.unwrap();
        assert_eq!(list.next_token(), None, "all of them");
        list.stack_resource_summaries().iter().map(|resource| (kind(resource), id(resource))).collect()
    }

    /// The hashes of a stack's functions, by their logical ids.
    async fn code(&self, stack: &str) -> BTreeMap<String, String> {
        let list = self.stacks.list_stack_resources().stack_name(stack).send().await.unwrap();
        let mut hashes = BTreeMap::new();
        for function in list.stack_resource_summaries() {
            if kind(function) == "AWS::Lambda::Function" {
                let found = self.lambda.get_function().function_name(id(function)).send().await.unwrap();
                let hash = found.configuration().and_then(|configuration| configuration.code_sha256()).unwrap();
                hashes.insert(function.logical_resource_id().unwrap().to_owned(), hash.to_owned());
            }
        }
        hashes
    }
}

fn kind(resource: &StackResourceSummary) -> String {
    resource.resource_type().unwrap().to_owned()
}

fn id(resource: &StackResourceSummary) -> String {
    resource.physical_resource_id().unwrap().to_owned()
}

/// Whether a physical id tells its resource from any other of the account.
fn is_an_identity(kind: &str) -> bool {
    match kind {
        // The name that the template gives it (`StageName`), within a REST API that has an id of its own.
        "AWS::ApiGateway::Stage" => false,
        _ => true,
    }
}

fn url<'a>(outputs: &'a Value, stage: &str) -> &'a str {
    outputs[stage]["ApiUrl"].as_str().unwrap_or_else(|| panic!("no ApiUrl in {stage}: {outputs}"))
}

/// What a newcomer runs first, but that it stays up to be looked at. The only test that compiles a service.
#[tokio::test]
async fn the_example_runs_the_same_code_in_every_stage_and_shares_nothing_else() {
    let world = World::kept().await;
    let mut command = world.flowgate("run");
    command.args(["--approve", "yes", "--json", "--keep"]);
    let mut run = Run::start(command);
    let outputs = run.until(|line| line["stages"].is_array()).await["outputs"].clone();
    let stacks = Stacks::of(&outputs, "Prod");

    let mut seen = BTreeMap::new();
    for stack in ["tests", "beta", "gamma", "prod"].map(|stage| format!("time-service-{stage}")) {
        let resources = stacks.resources(&stack).await;
        assert!(resources.iter().any(|(kind, _)| kind == "AWS::Lambda::Function"), "{stack}: {resources:?}");
        for resource in resources.into_iter().filter(|(kind, _)| is_an_identity(kind)) {
            let other = seen.insert(resource.clone(), stack.clone());
            assert_eq!(other, None, "{stack} shares {resource:?} with another");
        }
    }
    let beta = stacks.code("time-service-beta").await;
    assert!(!beta.is_empty());
    for stack in ["time-service-gamma", "time-service-prod"] {
        assert_eq!(stacks.code(stack).await, beta, "{stack} runs what beta does");
    }

    tells_the_time(url(&outputs, "Prod")).await;
    run.signal(Signal::INT);
    let run = timeout(Duration::from_secs(5), run.end()).await.expect("it ends at once");
    assert_eq!((run.code, run.stages()), (Some(0), STAGES.to_vec()), "{run:?}");
}

async fn tells_the_time(url: &str) {
    // Loopback is never reached through a proxy.
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = http.get(format!("{url}/time/Europe/Paris")).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let time: Value = answer.json().await.unwrap();
    assert_eq!(time["zone"], "Europe/Paris", "{time}");
}

#[tokio::test]
async fn what_is_rejected_ends_there_and_prod_is_never_touched() {
    let world = World::new().await;
    let mut command = world.run(&fixture("plain"));
    command.args(["--approve", "no", "--keep"]);
    let mut run = Run::start(command);
    let outputs = run.until(|line| line["stages"].is_array()).await["outputs"].clone();
    let stacks = Stacks::of(&outputs, "Gamma").names().await;
    let of_service: Vec<_> =
        stacks.iter().filter(|name| name.starts_with("plain-") && !name.ends_with("-flowgate")).collect();
    assert_eq!(of_service, ["plain-beta", "plain-gamma", "plain-tests"], "{stacks:?}");
    run.signal(Signal::INT);

    let run = run.end().await;
    assert!(run.failed_at("Approve", "Approve").contains("rejected"), "{run:?}");
    assert_eq!(run.stages(), STAGES[..6]);
    assert_eq!(run.last()["outputs"]["Prod"], Value::Null);
    let waited = run.lines.iter().find(|line| line["status"] == "Waiting").unwrap_or_else(|| panic!("{run:?}"));
    assert_eq!((&waited["stage"], &waited["action"]), (&"Approve".into(), &"Approve".into()));
    assert!(waited["commit"].is_string() && waited["outputs"]["Gamma"].is_object(), "{waited}");
    assert!(world.left_behind().is_empty(), "{:?}", world.left_behind());
}

#[tokio::test]
async fn nobody_is_asked_where_there_is_no_terminal() {
    let world = World::empty();
    let mut command = world.run(&fixture("plain"));
    command.args(["--approve", "ask"]);
    let run = end(command).await;
    assert_eq!(run.code, Some(2), "{run:?}");
    assert_eq!(run.error(), "--approve ask needs a terminal; use --approve yes or --approve no");
    assert!(!world.state().exists(), "nothing was begun");
}
