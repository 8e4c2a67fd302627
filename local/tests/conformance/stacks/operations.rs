use aws_sdk_cloudformation::error::ProvideErrorMetadata as _;
use aws_sdk_cloudformation::types::ResourceStatus;
use serde_json::json;

use super::world::{World, small, waiting};
use crate::world::cloud_without;

pub(super) async fn updating(world: &World, name: &str) -> String {
    let id = world.create(name, &small(&json!("1"))).await;
    world.update(&id, &waiting()).await;
    world.until_it_waits(&id).await;
    id
}

pub(super) async fn a_deletion_during_an_update_is_accepted(world: &World) {
    let id = updating(world, "operations").await;
    assert_eq!(world.begin_delete(&id, "token").await, Ok(()));
    assert_ne!(world.status(&id).await, "UPDATE_IN_PROGRESS");
}

/// It has not even failed, for want of its signal, when the stack is deleted.
pub(super) async fn a_creation_goes_on_beside_the_deletion(world: &World) {
    let id = world.begin("operations-new", &waiting()).await.unwrap();
    world.until_it_waits(&id).await;
    assert_eq!(world.delete(&id).await.unwrap(), "DELETE_COMPLETE");
    let events = world.events(&id).await;
    let has_ended = events.iter().any(|event| event.resource_status() == Some(&ResourceStatus::CreateFailed));
    assert!(!has_ended, "{events:?}");
}

pub(super) async fn a_change_set_is_executed_during_an_update(world: &World) {
    let id = updating(world, "operations-changed").await;
    assert_eq!(execute(world, &id).await, Ok(()));
}

/// Makes a change set for this stack, which is refused but without another patch, and executes it; one that was made before
/// an update is obsolete anyway.
async fn execute(world: &World, stack: &str) -> Result<(), String> {
    let request = world.client.create_change_set().stack_name(stack).change_set_name("quick");
    let change_set = request.template_body(small(&json!("2")).to_string()).send().await.unwrap().id;
    let executed = world.client.execute_change_set().set_change_set_name(change_set).send().await;
    executed.map(|_| ()).map_err(|error| error.message().unwrap().to_owned())
}

#[tokio::test]
async fn a_stack_is_not_deleted_while_it_is_updated() {
    let world = World::start().await;
    let id = updating(&world, "app").await;
    let refusal = world.begin_delete(&id, "token").await.unwrap_err();
    assert_eq!(refusal, format!("Stack [{id}] cannot be deleted while in status UPDATE_IN_PROGRESS"));
    assert_eq!(world.status(&id).await, "UPDATE_IN_PROGRESS");

    world.signal(&id).await;
    assert_eq!(world.settled(&id).await, "UPDATE_COMPLETE");
    assert_eq!(world.delete(&id).await.unwrap(), "DELETE_COMPLETE");
}

#[tokio::test]
async fn what_is_deleted_while_it_is_created_never_comes_to_be() {
    let world = World::start().await;
    let id = world.begin("app", &waiting()).await.unwrap();
    world.until_it_waits(&id).await;
    for token in ["first", "second"] {
        world.begin_delete(&id, token).await.unwrap();
        assert_eq!(world.status(&id).await, "DELETE_IN_PROGRESS");
    }
    let taken = world.begin("app", &small(&json!("1"))).await;
    assert_eq!(taken, Err("Stack [app] already exists".to_owned()));

    world.signal(&id).await;
    assert_eq!(world.settled(&id).await, "DELETE_COMPLETE");
    let ssm = aws_sdk_ssm::Client::new(&world.cloud.sdk_config());
    ssm.get_parameter().name("late").send().await.unwrap_err();
    let events = world.events(&id).await;
    let deletions = events.iter().filter(|event| event.client_request_token() == Some("first"));
    assert!(deletions.count() > 1, "the deletion's events have its token: {events:?}");
}

#[tokio::test]
async fn a_change_set_is_not_executed_on_a_stack_that_is_busy() {
    let world = World::new(cloud_without("change_sets").await);
    let id = updating(&world, "app").await;
    let refusal = format!("Stack:{id} is in UPDATE_IN_PROGRESS state and can not be updated.");
    assert_eq!(execute(&world, &id).await, Err(refusal));
    world.signal(&id).await;
    assert_eq!(world.settled(&id).await, "UPDATE_COMPLETE");
    let late = world.resources(&id).await.iter().any(|resource| resource.logical_resource_id() == Some("Late"));
    assert!(late, "what the update made is there");
}
