use aws_sdk_cloudformation::error::ProvideErrorMetadata;
use aws_sdk_cloudformation::types::ChangeSetType;
use serde_json::{Value, json};

use super::ids::broken;
use super::operations::updating;
use super::world::{World, small};

/// A change set's ARN, and its stack's.
type Made = (String, String);

async fn make(world: &World, kind: ChangeSetType, stack: &str, name: &str, template: &Value) -> Result<Made, String> {
    let request = world.client.create_change_set().stack_name(stack).change_set_name(name).change_set_type(kind);
    let answer = told(request.template_body(template.to_string()).send().await)?;
    Ok((answer.id.unwrap(), answer.stack_id.unwrap()))
}

async fn execute(world: &World, stack: &str, name: &str) -> Result<(), String> {
    told(world.client.execute_change_set().stack_name(stack).change_set_name(name).send().await).map(drop)
}

async fn execution_status(world: &World, stack: &str, name: &str) -> Result<String, String> {
    let answer = told(world.client.describe_change_set().stack_name(stack).change_set_name(name).send().await)?;
    Ok(answer.execution_status.unwrap().as_str().to_owned())
}

fn told<T, E: ProvideErrorMetadata>(answer: Result<T, E>) -> Result<T, String> {
    answer.map_err(|error| error.message().unwrap().to_owned())
}

async fn failed(world: &World, name: &str) -> String {
    let id = world.begin(name, &broken()).await.unwrap();
    assert_eq!(world.settled(&id).await, "ROLLBACK_COMPLETE");
    id
}

pub(super) async fn one_is_made_for_a_stack_that_failed(world: &World) {
    failed(world, "sets-failed").await;
    make(world, ChangeSetType::Update, "sets-failed", "c", &small(&json!("1"))).await.unwrap();
}

pub(super) async fn another_one_makes_another_stack(world: &World) {
    let (_, one) = make(world, ChangeSetType::Create, "sets-new", "one", &small(&json!("1"))).await.unwrap();
    let (_, other) = make(world, ChangeSetType::Create, "sets-new", "other", &small(&json!("1"))).await.unwrap();
    assert_ne!(one, other);
}

pub(super) async fn the_name_of_one_that_was_executed_is_taken(world: &World) {
    let id = world.create("sets", &small(&json!("1"))).await;
    make(world, ChangeSetType::Update, "sets", "c", &small(&json!("2"))).await.unwrap();
    execute(world, "sets", "c").await.unwrap();
    world.settled(&id).await;
    let again = make(world, ChangeSetType::Update, "sets", "c", &small(&json!("3"))).await;
    assert_eq!(again, Err("ChangeSet [c] already exists".to_owned()));
    assert_eq!(execute(world, "sets", "c").await, Err("ChangeSet [c] is in EXECUTE_COMPLETE status".to_owned()));
}

#[tokio::test]
async fn one_is_made_for_a_stack_that_can_be_updated() {
    let world = World::start().await;
    let template = small(&json!("3"));
    let make_for = async |stack: &str| make(&world, ChangeSetType::Update, stack, "c", &template).await;
    let refusal = |id: &str, status: &str| Err(format!("Stack:{id} is in {status} state and can not be updated."));

    let id = failed(&world, "failed").await;
    assert_eq!(make_for("failed").await, refusal(&id, "ROLLBACK_COMPLETE"));
    let updated = world.client.update_stack().stack_name("failed").template_body(template.to_string()).send().await;
    assert_eq!(told(updated).map(drop), refusal(&id, "ROLLBACK_COMPLETE").map(drop));

    let id = updating(&world, "busy").await;
    assert_eq!(make_for("busy").await, refusal(&id, "UPDATE_IN_PROGRESS"));
    world.signal(&id).await;
    assert_eq!(world.settled(&id).await, "UPDATE_COMPLETE");
    assert_eq!(make_for("busy").await.map(|(_, stack)| stack), Ok(id));

    make(&world, ChangeSetType::Create, "new", "c", &template).await.unwrap();
    assert_eq!(make_for("new").await, Err("Stack [new] does not exist".to_owned()));
    assert_eq!(make_for("absent").await, Err("Stack [absent] does not exist".to_owned()));
}

#[tokio::test]
async fn all_those_of_a_new_stack_are_for_that_stack() {
    let world = World::start().await;
    let make_new =
        async |name: &str, template: &Value| make(&world, ChangeSetType::Create, "app", name, template).await;
    let (_, id) = make_new("one", &small(&json!("1"))).await.unwrap();
    let (_, same) = make_new("two", &small(&json!("2"))).await.unwrap();
    assert_eq!(same, id);
    make_new("three", &json!({ "Resources": { "A": { "Type": "AWS::Nothing::Here" } } })).await.unwrap_err();
    assert_eq!(world.describe("app").await.unwrap().stack_id(), Some(id.as_str()));
    assert_eq!(world.status(&id).await, "REVIEW_IN_PROGRESS");

    execute(&world, "app", "one").await.unwrap();
    assert_eq!(world.settled(&id).await, "CREATE_COMPLETE");
    assert_eq!(execution_status(&world, "app", "two").await, Err("ChangeSet [two] does not exist".to_owned()));
}

#[tokio::test]
async fn one_is_executed_once_and_its_name_is_free_then() {
    let world = World::start().await;
    let id = world.create("app", &small(&json!("1"))).await;
    let (first, _) = make(&world, ChangeSetType::Update, "app", "c", &small(&json!("2"))).await.unwrap();
    execute(&world, "app", "c").await.unwrap();
    assert_eq!(world.settled(&id).await, "UPDATE_COMPLETE");
    assert_eq!(execute(&world, "app", "c").await, Err("ChangeSet [c] does not exist".to_owned()));
    assert_eq!(execution_status(&world, "app", &first).await.unwrap(), "EXECUTE_COMPLETE");
    let refused =
        |status: &str| format!("ChangeSet [{first}] cannot be executed in its current execution status of [{status}]");
    assert_eq!(execute(&world, "app", &first).await, Err(refused("EXECUTE_COMPLETE")));

    let (second, _) = make(&world, ChangeSetType::Update, "app", "c", &small(&json!("3"))).await.unwrap();
    world.update(&id, &small(&json!("4"))).await;
    assert_eq!(world.settled(&id).await, "UPDATE_COMPLETE");
    let obsolete = format!("ChangeSet [{second}] cannot be executed in its current execution status of [OBSOLETE]");
    assert_eq!(execute(&world, "app", "c").await, Err(obsolete));

    let (empty, _) = make(&world, ChangeSetType::Update, "app", "empty", &small(&json!("4"))).await.unwrap();
    let refusal = format!("ChangeSet [{empty}] cannot be executed in its current status of [FAILED]");
    assert_eq!(execute(&world, "app", "empty").await, Err(refusal));
}

#[tokio::test]
async fn a_stack_that_failed_with_what_was_made_preserved_can_be_updated() {
    let world = World::start().await;
    let update = async |stack: &str, template: &Value| {
        let (_, id) = make(&world, ChangeSetType::Update, stack, "next", template).await.unwrap();
        execute(&world, stack, "next").await.unwrap();
        world.settled(&id).await
    };
    let id = world.create("updated", &small(&json!("1"))).await;
    let request = world.client.update_stack().stack_name(&id).template_body(broken().to_string());
    request.disable_rollback(true).send().await.unwrap();
    assert_eq!(world.settled(&id).await, "UPDATE_FAILED");
    assert_eq!(update("updated", &small(&json!("3"))).await, "UPDATE_COMPLETE");

    let request = world.client.create_stack().stack_name("created").template_body(broken().to_string());
    let id = request.disable_rollback(true).send().await.unwrap().stack_id.unwrap();
    assert_eq!(world.settled(&id).await, "CREATE_FAILED");
    assert_eq!(update("created", &small(&json!("3"))).await, "UPDATE_COMPLETE");
}

#[tokio::test]
async fn those_that_were_executed_are_kept_for_a_while_and_not_longer_than_their_stack() {
    let world = World::start().await;
    let id = world.create("app", &small(&json!("0"))).await;
    let mut made = Vec::new();
    for value in 1..=21 {
        let (change_set, _) =
            make(&world, ChangeSetType::Update, "app", "c", &small(&json!(value.to_string()))).await.unwrap();
        execute(&world, "app", "c").await.unwrap();
        assert_eq!(world.settled(&id).await, "UPDATE_COMPLETE");
        made.push(change_set);
    }
    let gone = |change_set: &str| Err(format!("ChangeSet [{change_set}] does not exist"));
    let template = world.client.get_template().change_set_name(&made[20]).send().await;
    assert_eq!(told(template).map(|answer| answer.template_body), gone(&made[20]).map(|_: String| None));
    assert_eq!(execution_status(&world, "app", &made[0]).await, gone(&made[0]));
    assert_eq!(execution_status(&world, "app", &made[1]).await.unwrap(), "EXECUTE_COMPLETE");
    world.delete(&id).await.unwrap();
    assert_eq!(execution_status(&world, &id, &made[20]).await, gone(&made[20]));
}
