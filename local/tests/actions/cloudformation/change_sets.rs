use std::collections::BTreeMap;

use aws_sdk_cloudformation::types::ChangeSetStatus;
use flowgate::pipeline::action::{Request, Success};
use serde_json::json;

use super::{act, broken, client, id, output_file, small, status, without, world};
use crate::world::World;

fn replace() -> Request {
    act("CHANGE_SET_REPLACE", "s", &[("ChangeSetName", "c"), ("OutputFileName", "out.json")])
}

fn execute() -> Request {
    let more = [("ChangeSetName", "c"), ("OutputFileName", "out.json")];
    without(without(act("CHANGE_SET_EXECUTE", "s", &more), "RoleArn"), "TemplatePath")
}

async fn made(world: &World, template: &str) -> Success {
    world.store("Built", "t.json", template).await;
    world.run(&replace()).await.unwrap()
}

fn outputs(value: &str) -> BTreeMap<String, String> {
    BTreeMap::from([("Value".to_owned(), value.to_owned())])
}

async fn execution_refused(world: &World) -> String {
    let failure = world.run(&execute()).await.unwrap_err();
    assert_eq!(failure.code, "JobFailed");
    failure.message
}

#[tokio::test]
async fn a_stack_is_created_and_updated_by_what_was_prepared() {
    let world = world().await;
    let prepared = made(&world, &small("one")).await;
    assert_eq!(prepared.summary.as_deref(), Some("Change set c was created."));
    let change_set = prepared.external_execution_id.unwrap();
    assert!(change_set.starts_with("arn:aws:cloudformation:us-east-1:000000000000:changeSet/c/"), "{change_set}");
    assert_eq!(prepared.variables, BTreeMap::new());
    assert_eq!(output_file(&world, "out.json").await, json!({}));
    assert_eq!(status(&world, "s").await, "REVIEW_IN_PROGRESS");
    let stack = id(&world, "s").await;

    let created = world.run(&execute()).await.unwrap();
    assert_eq!(created.summary.as_deref(), Some("Stack s was created."));
    assert_eq!((created.external_execution_id.as_ref(), created.variables), (Some(&stack), outputs("one")));
    assert_eq!(output_file(&world, "out.json").await, json!({"Value": "one"}));
    let described = client(&world).describe_stacks().stack_name("s").send().await.unwrap();
    assert_eq!(described.stacks()[0].role_arn(), Some(super::deployer().as_str()));

    let prepared = made(&world, &small("two")).await;
    assert_eq!((prepared.summary.as_deref(), prepared.variables), (Some("Change set c was created."), outputs("one")));
    let updated = world.run(&execute()).await.unwrap();
    assert_eq!((updated.summary.as_deref(), updated.variables), (Some("Stack s was updated."), outputs("two")));
    assert_eq!((updated.external_execution_id, status(&world, "s").await), (Some(stack), "UPDATE_COMPLETE".to_owned()));
    world.cloud.stop().await.unwrap();
}

#[tokio::test]
async fn what_changes_nothing_is_prepared_and_executed_with_success() {
    let world = world().await;
    made(&world, &small("one")).await;
    let stack = world.run(&execute()).await.unwrap().external_execution_id;
    let prepared = made(&world, &small("one")).await;
    assert_eq!(prepared.summary.as_deref(), Some("Change set c was created with no changes."));
    assert_eq!((prepared.variables, output_file(&world, "out.json").await), (outputs("one"), json!({"Value": "one"})));
    let executed = world.run(&execute()).await.unwrap();
    assert_eq!(executed.summary.as_deref(), Some("Change set c was executed with no change."));
    assert_eq!((executed.external_execution_id, executed.variables), (stack, outputs("one")));
    assert_eq!(status(&world, "s").await, "CREATE_COMPLETE");
    world.cloud.stop().await.unwrap();
}

#[tokio::test]
async fn a_change_set_makes_place_for_the_next_of_its_name() {
    let world = world().await;
    let first = made(&world, &small("one")).await.external_execution_id.unwrap();
    let stack = id(&world, "s").await;
    let second = made(&world, &small("two")).await.external_execution_id.unwrap();
    assert_ne!(first, second);
    assert_eq!(id(&world, "s").await, stack, "another stack was made");
    let listed = client(&world).list_change_sets().stack_name("s").send().await.unwrap();
    assert_eq!(listed.summaries().len(), 1, "{listed:?}");
    assert_eq!(world.run(&execute()).await.unwrap().variables, outputs("two"));

    made(&world, &small("two")).await;
    let empty = client(&world).describe_change_set().stack_name("s").change_set_name("c").send().await.unwrap();
    assert_eq!(empty.status(), Some(&ChangeSetStatus::Failed));
    made(&world, &small("three")).await;
    assert_eq!(world.run(&execute()).await.unwrap().variables, outputs("three"));
    world.cloud.stop().await.unwrap();
}

#[tokio::test]
async fn what_is_not_there_or_obsolete_or_executed_is_not_executed() {
    let world = world().await;
    let no_stack = "Stack [s] does not exist: create a change set for it with CHANGE_SET_REPLACE first";
    assert_eq!(execution_refused(&world).await, no_stack);

    world.store("Built", "t.json", &small("one")).await;
    world.run(&act("CREATE_UPDATE", "s", &[])).await.unwrap();
    let missing =
        "ChangeSet [c] does not exist on stack s: create it with CHANGE_SET_REPLACE, and again once one was executed";
    assert_eq!(execution_refused(&world).await, missing);

    let obsolete = made(&world, &small("two")).await.external_execution_id.unwrap();
    world.store("Built", "t.json", &small("three")).await;
    world.run(&act("CREATE_UPDATE", "s", &[])).await.unwrap();
    let says = format!("ChangeSet [{obsolete}] cannot be executed in its current execution status of [OBSOLETE]: ");
    let refusal = execution_refused(&world).await;
    assert!(refusal.starts_with(&says), "{refusal}");

    made(&world, &small("two")).await;
    world.run(&execute()).await.unwrap();
    assert_eq!(execution_refused(&world).await, missing, "it is executed again");
    world.cloud.stop().await.unwrap();
}

#[tokio::test]
async fn an_execution_that_fails_names_the_resource_and_needs_another_change_set() {
    let world = world().await;
    made(&world, &small("one")).await;
    world.run(&execute()).await.unwrap();
    made(&world, &broken()).await;
    let says = "stack s ended in UPDATE_ROLLBACK_COMPLETE: Broken (AWS::Lambda::Function) ";
    let refusal = execution_refused(&world).await;
    assert!(refusal.starts_with(says), "{refusal}");
    let refusal = execution_refused(&world).await;
    assert!(refusal.starts_with("ChangeSet [c] does not exist on stack s: "), "{refusal}");
    made(&world, &small("two")).await;
    assert_eq!(world.run(&execute()).await.unwrap().variables, outputs("two"));
    world.cloud.stop().await.unwrap();
}

#[tokio::test]
async fn a_stack_under_review_is_neither_updated_nor_replaced() {
    let world = world().await;
    made(&world, &small("one")).await;
    let stack = id(&world, "s").await;
    for mode in ["CREATE_UPDATE", "REPLACE_ON_FAILURE"] {
        let says = "is in REVIEW_IN_PROGRESS state and can not be updated: execute or delete its change set first";
        assert_eq!(world.refusal(&act(mode, "s", &[])).await, format!("JobFailed: Stack:{stack} {says}"), "{mode}");
    }
    let deleted = world.run(&act("DELETE_ONLY", "s", &[])).await.unwrap();
    assert_eq!(deleted.summary.as_deref(), Some("Stack s was deleted."));
    assert!(super::stack(&world, "s").await.is_none());
    world.cloud.stop().await.unwrap();
}

#[tokio::test]
async fn a_change_set_shows_what_macros_make_without_acknowledgement() {
    let world = world().await;
    let function = json!({"Type": "AWS::Serverless::SimpleTable"});
    let template = json!({"Transform": "AWS::Serverless-2016-10-31", "Resources": {"T": function}}).to_string();
    world.store("Built", "t.json", &template).await;
    let refusal = world.refusal(&act("CREATE_UPDATE", "s", &[])).await;
    assert!(refusal.contains("Requires capabilities : [CAPABILITY_AUTO_EXPAND]: "), "{refusal}");
    made(&world, &template).await;
    world.run(&execute()).await.unwrap();
    assert_eq!(status(&world, "s").await, "CREATE_COMPLETE");
    world.cloud.stop().await.unwrap();
}
