//! Services that pass.

use std::path::Path;
use std::process::Stdio;

use serde_json::Value;
use tokio::process::Command;

use crate::run::{Ended, end};
use crate::world::{World, fixture};

/// The release pipeline.
const STAGES: [&str; 7] = ["Source", "Build", "DeployTests", "Beta", "Gamma", "Approve", "Prod"];
/// Those that the service is deployed in.
const DEPLOYED: [&str; 3] = ["Beta", "Gamma", "Prod"];

async fn passes(service: &Path) -> Ended {
    let world = World::new().await;
    let command = world.run(service);
    passes_in(&world, command).await
}

async fn passes_in(world: &World, mut command: Command) -> Ended {
    command.args(["--approve", "yes"]);
    let run = end(command).await;
    assert_eq!((run.code, &run.last()["status"]), (Some(0), &"Succeeded".into()), "{run:?}");
    assert_eq!(run.stages(), STAGES);
    for stage in DEPLOYED {
        let url = run.last()["outputs"][stage]["ApiUrl"].as_str().unwrap();
        assert!(url.starts_with("http://127.0.0.1:"), "{run:?}");
    }
    assert!(world.left_behind().is_empty(), "{:?}", world.left_behind());
    says_where_the_time_went(&run);
    run
}

fn says_where_the_time_went(run: &Ended) {
    let clocked: Vec<_> =
        ["preparation", "stages"].iter().flat_map(|list| run.last()[list].as_array().unwrap()).collect();
    assert!(clocked.iter().all(|entry| entry["seconds"].as_f64().unwrap() > 0.0), "{clocked:?}");
    let emulator: f64 = clocked.iter().map(|entry| entry["emulatorSeconds"].as_f64().unwrap()).sum();
    assert!(emulator > 0.0, "the emulator costs something: {clocked:?}");
}

/// What the tests said in each stage that the service is deployed in.
fn said_by_tests(run: &Ended) -> Vec<Option<&str>> {
    let stages = run.last()["stages"].as_array().unwrap();
    let tests = stages.iter().flat_map(|stage| stage["actions"].as_array().unwrap());
    let tests: Vec<&Value> = tests.filter(|action| action["name"] == "Test").collect();
    assert!(tests.iter().all(|test| test["status"] == "Succeeded"), "{tests:?}");
    tests.iter().map(|test| test["message"].as_str()).collect()
}

#[tokio::test]
async fn a_service_whose_tests_pass_reaches_the_end_of_its_pipeline() {
    let run = passes(&fixture("plain")).await;
    assert_eq!(said_by_tests(&run), [Some("1 of 1 passed"); 3]);
}

/// As `flowgate run` comes: everybody may do everything.
#[tokio::test]
async fn where_iam_is_not_enforced_it_passes_all_the_same() {
    let world = World::new().await;
    let mut command = world.flowgate_as_it_comes("run");
    command.arg(fixture("plain")).arg("--json");
    passes_in(&world, command).await;
}

#[tokio::test]
async fn each_stage_gets_the_parameters_its_template_declares() {
    let run = passes(&fixture("with_parameters")).await;
    for stage in DEPLOYED {
        assert_eq!(run.last()["outputs"][stage]["LogLevel"], "INFO");
    }
}

#[tokio::test]
async fn a_python_service_that_only_knows_the_samples_contract_passes() {
    let run = passes(&fixture("python_sample")).await;
    // The test settled the job, and has no summary to give: our own report came too late to be said.
    assert_eq!(said_by_tests(&run), [None; 3]);
}

#[tokio::test]
async fn a_node_service_that_only_knows_the_samples_contract_passes() {
    if !has("node") {
        eprintln!("skipped: there is no node on this machine");
        return;
    }
    let run = passes(&fixture("node_sample")).await;
    assert_eq!(said_by_tests(&run), [None; 3]);
}

fn has(program: &str) -> bool {
    let status =
        std::process::Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}
