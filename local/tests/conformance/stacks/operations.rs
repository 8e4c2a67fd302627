use serde_json::json;

use super::world::{World, small, waiting};

async fn updating(world: &World, name: &str) -> String {
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
    let world = World::start().await;
    let id = world.create("app", &small(&json!("1"))).await;
    let mut change_sets = Vec::new();
    for (name, template) in [("slow", waiting()), ("quick", small(&json!("2")))] {
        let request = world.client.create_change_set().stack_name(&id).change_set_name(name);
        let answer = request.template_body(template.to_string()).send().await.unwrap();
        change_sets.push(answer.id.unwrap());
    }
    world.update(&id, &waiting()).await;
    world.until_it_waits(&id).await;
    for change_set in &change_sets {
        world.client.execute_change_set().change_set_name(change_set).send().await.unwrap_err();
    }
    world.signal(&id).await;
    assert_eq!(world.settled(&id).await, "UPDATE_COMPLETE");
    let late = world.resources(&id).await.iter().any(|resource| resource.logical_resource_id() == Some("Late"));
    assert!(late, "what the update made is there");
}
