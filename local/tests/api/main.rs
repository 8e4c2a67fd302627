//! CodePipeline's API against what AWS's own clients know of it, on a real local cloud.
//!
//! What the clients see is checked in Python, by the emulator's environment: it has botocore, and with it the API's
//! model.

#![expect(clippy::unwrap_used, reason = "a test that cannot prepare its world has failed")]

mod world;

use std::process::Stdio;

use flowgate::supervise::Child;
use tokio::process::Command;

use world::{World, python, supervisor, tests};

/// What a script of this directory prints; it must succeed.
async fn printed(name: &str, mut command: Command) -> String {
    command.arg(tests().join(name)).env("PYTHONDONTWRITEBYTECODE", "1");
    let child = Child::spawn(command.stdout(Stdio::piped()).stderr(Stdio::piped())).unwrap();
    let output = child.wait_with_output().await.unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{name}: {}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

/// Runs a script against a local cloud of its own.
async fn passes(name: &str) {
    let world = World::new().await;
    printed(name, world.command().await).await;
    world.stop().await;
}

#[tokio::test]
async fn requests_are_checked_by_the_model_of_the_pinned_botocore() {
    let printed = printed("extract.py", supervisor().command(python().await)).await;
    let model = std::fs::read_to_string(tests().join("../../src/api/model.json")).unwrap();
    assert_eq!(printed, model, "run tests/api/extract.py as it says");
}

#[tokio::test]
async fn what_the_model_does_not_allow_is_found() {
    printed("test_shapes.py", supervisor().command(python().await)).await;
}

#[tokio::test]
async fn every_answer_about_a_release_is_as_the_model_has_it() {
    passes("test_releases.py").await;
}

#[tokio::test]
async fn every_answer_about_a_pipeline_or_a_job_is_as_the_model_has_it() {
    passes("test_pipelines.py").await;
}

#[tokio::test]
async fn every_operation_of_the_model_is_served_or_refused_with_the_reason() {
    passes("test_operations.py").await;
}

#[tokio::test]
async fn executions_are_stopped_retried_rolled_back_and_held_back() {
    passes("test_control.py").await;
}

#[tokio::test]
async fn a_webhook_starts_its_pipeline_for_whom_it_believes() {
    passes("test_webhooks.py").await;
}

#[tokio::test]
async fn stacks_close_transitions_and_start_what_they_changed() {
    passes("test_stacks.py").await;
}

#[tokio::test]
async fn boto3_and_the_aws_command_line_see_and_drive_a_release() {
    passes("test_clients.py").await;
}

#[tokio::test]
async fn only_programs_and_pages_of_this_machine_are_answered() {
    let world = World::new().await;
    for (name, value, status) in [
        ("origin", "https://evil.example", 403),
        ("origin", "null", 403),
        ("host", "evil.example", 403),
        ("host", "127.0.0.1.evil.example:80", 403),
        ("origin", "http://127.0.0.1:3000", 200),
        ("host", "localhost", 200),
    ] {
        assert_eq!(world.list_pipelines(name, value).await, status, "{name}: {value}");
    }
    world.stop().await;
}
