//! Services that fail: the pipeline stops there, and says what is wrong and where.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use crate::run::{Ended, end};
use crate::world::{World, fixture};

async fn fails(service: &Path) -> Ended {
    let world = World::new().await;
    let run = end(world.run(service)).await;
    assert!(world.left_behind().is_empty(), "{:?}", world.left_behind());
    run
}

#[track_caller]
fn assert_says(message: &str, expected: &[&str]) {
    for expected in expected {
        assert!(message.contains(expected), "{expected:?} is not in {message:?}");
    }
}

#[tokio::test]
async fn every_failing_test_is_named_with_its_message() {
    let run = fails(&fixture("failing_test")).await;
    let message = run.failed_at("Beta", "Test");
    let expected = [
        "1 of 3 passed",
        "TestFunctionSaysNo failed: expected 200, got 502",
        "TestFunctionRaises failed:",
        "expected a greeting, got silence",
    ];
    assert_says(message, &expected);
    assert!(!message.contains("TestFunctionPasses"), "{message}");
}

#[tokio::test]
async fn a_failing_build_names_its_phase_its_command_and_what_that_said() {
    let run = fails(&fixture("failing_build")).await;
    let expected = [
        "Phase: BUILD, Code: COMMAND_EXECUTION_ERROR",
        "; false. Reason: exit status 1",
        "greeter.c:42: expected a semicolon",
    ];
    assert_says(run.failed_at("Build", "Build"), &expected);
    assert_eq!(run.stages(), ["Source", "Build"], "nothing is deployed");
}

#[tokio::test]
async fn people_read_last_what_failed_where_and_why() {
    let world = World::new().await;
    let run = world.run_for_people(&fixture("failing_build")).output().await.unwrap();
    let text = String::from_utf8(run.stdout).unwrap();
    let (_, end) = text.split_once("\n\nBuild FAILED in action Build: ").unwrap_or_else(|| panic!("{text}"));
    let why = end.trim_end().lines().map(str::trim).nth(1);
    assert_eq!((run.status.code(), why), (Some(1), Some("greeter.c:42: expected a semicolon")), "{text}");
}

#[tokio::test]
async fn a_reader_that_goes_away_does_not_change_how_it_ends() {
    let world = World::new().await;
    let mut command = world.run(&fixture("failing_build"));
    let mut run = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(run.stdout.take());
    let run = run.wait_with_output().await.unwrap();
    assert_eq!(run.status.code(), Some(1), "{run:?}");
}

#[tokio::test]
async fn a_missing_output_is_named_with_its_stack() {
    let run = fails(&fixture("missing_output")).await;
    assert_says(run.failed_at("Beta", "Test"), &["stack missing-output-beta has no output ApiUrl"]);
}

#[tokio::test]
async fn a_missing_test_function_is_named_with_its_output() {
    let run = fails(&fixture("no_test_function")).await;
    assert_says(
        run.failed_at("Beta", "Test"),
        &["TestFunctionMissing", "no-test-function-tests-missing does not exist"],
    );
}

#[tokio::test]
async fn a_template_that_is_no_yaml_is_named_with_the_place_of_the_mistake() {
    let run = fails(&fixture("bad_template")).await;
    let expected = ["app-output_sam.yaml is not a CloudFormation template", "line 6 column 8", "unclosed bracket"];
    assert_says(run.failed_at("Build", "Configure"), &expected);
}

/// Its stack would have a log group that is Flowgate's.
#[tokio::test]
async fn a_stack_that_cannot_be_deployed_is_named_with_its_resource_and_why() {
    let world = World::new().await;
    let service = world.copy("plain");
    let template = service.join("app-sam.yaml");
    let logs = "\nResources:\n  Taken:\n    Type: AWS::Logs::LogGroup\n    Properties: { LogGroupName: /aws/lambda/plain-flowgate-gate }\n";
    let broken = fs::read_to_string(&template).unwrap().replacen("\nResources:\n", logs, 1);
    fs::write(template, broken).unwrap();
    let run = end(world.run(&service)).await;
    assert_says(run.failed_at("Beta", "Deploy"), &["plain-beta", "Taken", "plain-flowgate-gate"]);
    assert_eq!(run.stages(), ["Source", "Build", "DeployTests", "Beta"]);
}

#[tokio::test]
async fn a_test_of_the_sample_fails_the_pipeline_in_its_own_words() {
    let world = World::new().await;
    let service = world.copy("python_sample");
    let greeter = service.join("app/greeter.py");
    let broken = fs::read_to_string(&greeter).unwrap().replace("hello", "goodbye");
    fs::write(greeter, broken).unwrap();
    let run = end(world.run(&service)).await;
    assert_says(run.failed_at("Beta", "Test"), &["/greeting: expected hello, got goodbye"]);
}
