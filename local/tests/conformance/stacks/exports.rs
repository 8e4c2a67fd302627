use serde_json::{Value, json};

use super::world::{World, parameter, small, waiting};

fn exporter() -> Value {
    let outputs = json!({ "Output": { "Value": "value", "Export": { "Name": "shared" } } });
    json!({ "Resources": { "Parameter": parameter(&json!("1")) }, "Outputs": outputs })
}

fn importer() -> Value {
    small(&json!({ "Fn::ImportValue": "shared" }))
}

async fn imported(world: &World) -> String {
    let id = world.create("exporter", &exporter()).await;
    for name in ["one", "two"] {
        world.create(name, &importer()).await;
    }
    id
}

async fn importers(world: &World) -> Result<Vec<String>, String> {
    let answer = world.client.list_imports().export_name("shared").send().await;
    let answer = answer.map_err(|error| error.into_service_error().to_string());
    Ok(answer?.imports.unwrap())
}

pub(super) async fn a_stack_in_use_is_refused_at_once(world: &World) {
    let id = imported(world).await;
    assert!(world.delete(&id).await.unwrap_err().starts_with("Export shared is imported by stack"));
}

/// Of two that do.
pub(super) async fn a_stack_does_not_import_while_it_is_changed(world: &World) {
    change(world, "one").await;
    assert_eq!(importers(world).await, Ok(vec!["two".to_owned()]));
}

/// Begins an update that waits.
async fn change(world: &World, importer: &str) {
    let mut template = waiting();
    template["Resources"]["Parameter"] = parameter(&json!({ "Fn::ImportValue": "shared" }));
    world.update(importer, &template).await;
    world.until_it_waits(importer).await;
}

#[tokio::test]
async fn a_deletion_of_what_others_import_is_canceled_and_says_why() {
    let world = World::start().await;
    let id = imported(&world).await;
    assert_eq!(world.delete(&id).await.unwrap(), "CREATE_COMPLETE");
    let reason = "Delete canceled. Cannot delete export shared as it is in use by one and two.";
    assert_eq!(world.describe(&id).await.unwrap().stack_status_reason(), Some(reason));
    let events = world.events(&id).await;
    let told: Vec<_> = events.iter().map(|event| event.resource_status().unwrap().as_str()).take(2).collect();
    assert_eq!(told, ["CREATE_COMPLETE", "DELETE_IN_PROGRESS"]);
    assert!(
        world
            .resources(&id)
            .await
            .iter()
            .all(|resource| resource.resource_status().unwrap().as_str() == "CREATE_COMPLETE")
    );

    for name in ["one", "two"] {
        let importer = world.describe(name).await.unwrap().stack_id.unwrap();
        world.delete(&importer).await.unwrap();
    }
    assert_eq!(world.delete(&id).await.unwrap(), "DELETE_COMPLETE");
}

#[tokio::test]
async fn a_stack_imports_also_while_it_is_changed() {
    let world = World::start().await;
    world.create("exporter", &exporter()).await;
    let refused = world.client.list_imports().export_name("shared").send().await.unwrap_err().into_service_error();
    assert_eq!(refused.meta().code(), Some("ValidationError"));
    assert_eq!(refused.meta().message(), Some("Export 'shared' is not imported by any stack."));

    let id = world.create("importer", &importer()).await;
    change(&world, &id).await;
    assert_eq!(importers(&world).await, Ok(vec!["importer".to_owned()]));
}
