//! One artifact in three stages, each with its own resources.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_cloudformation::Client as CloudFormation;
use aws_sdk_lambda::Client as Lambda;
use flowgate::cloud::client;
use rustix::process::Signal;
use serde_json::Value;

use crate::run::{Run, end};
use crate::world::{World, fixture};

const STAGES: [&str; 3] = ["beta", "gamma", "prod"];

/// A stack's resources, by their types.
type Resources = BTreeMap<String, BTreeSet<String>>;

async fn resources(client: &CloudFormation, stack: &str) -> Resources {
    let list = client.list_stack_resources().stack_name(stack).send().await.unwrap();
    let mut all = Resources::new();
    for resource in list.stack_resource_summaries() {
        let id = resource.physical_resource_id().unwrap().to_owned();
        all.entry(resource.resource_type().unwrap().to_owned()).or_default().insert(id);
    }
    all
}

async fn code(client: &Lambda, function: &str) -> String {
    let function = client.get_function().function_name(function).send().await.unwrap();
    function.configuration().and_then(|configuration| configuration.code_sha256()).unwrap().to_owned()
}

#[tokio::test]
async fn the_same_code_runs_in_every_stage_and_nothing_else_is_shared() {
    let world = World::new().await;
    let mut command = world.run(&fixture("plain"));
    command.args(["--approve", "yes", "--keep"]);
    let mut run = Run::start(command);
    let outputs = run.until(|line| line["stages"].is_array()).await["outputs"].clone();
    let url = |stage: &str| outputs[stage]["ApiUrl"].as_str().unwrap_or_else(|| panic!("{outputs}")).to_owned();
    let endpoint = url("Prod").split("/_aws").next().unwrap().to_owned();
    let sdk = client::sdk_config(&endpoint);
    let (stacks, lambda) = (CloudFormation::new(&sdk), Lambda::new(&sdk));

    let (mut seen, mut hashes) = (BTreeSet::new(), BTreeSet::new());
    for stage in STAGES {
        let resources = resources(&stacks, &format!("plain-{stage}")).await;
        let functions = &resources["AWS::Lambda::Function"];
        assert_eq!(functions.len(), 1, "{resources:?}");
        hashes.insert(code(&lambda, functions.first().unwrap()).await);
        for (kind, ids) in &resources {
            // What has no identity of its own, such as a deployment's stage, is named within its owner.
            for id in ids.iter().filter(|_| kind != "AWS::ApiGateway::Stage") {
                assert!(seen.insert((kind.clone(), id.clone())), "{stage} shares {kind} {id} with another stage");
            }
        }
    }
    assert_eq!(hashes.len(), 1, "every stage runs the same code: {hashes:?}");

    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = http.get(format!("{}/greeting", url("Prod"))).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    run.signal(Signal::INT);
    assert_eq!(run.end().await.code, Some(0));
}

#[tokio::test]
async fn what_is_rejected_ends_there_and_prod_is_never_touched() {
    let world = World::new().await;
    let mut command = world.run(&fixture("plain"));
    command.args(["--approve", "no"]);
    let run = end(command).await;
    assert!(run.failed_at("Approve", "Approve").contains("rejected"), "{run:?}");
    assert_eq!(run.stages(), ["Source", "Build", "DeployTests", "Beta", "Gamma", "Approve"]);
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
