use serde_json::{Value, json};

use super::world::{World, parameter};

fn holding() -> Value {
    json!({ "Resources": {
        "Parameter": parameter(&json!("1")),
        "Bucket": { "Type": "AWS::S3::Bucket", "Properties": {
            "BucketName": "held-bucket", "VersioningConfiguration": { "Status": "Enabled" },
        } },
        "Table": { "Type": "AWS::DynamoDB::Table", "Properties": {
            "TableName": "held-table", "DeletionProtectionEnabled": true, "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{ "AttributeName": "pk", "AttributeType": "S" }],
            "KeySchema": [{ "AttributeName": "pk", "KeyType": "HASH" }],
        } },
    } })
}

async fn held(world: &World) -> String {
    let id = world.create("holding", &holding()).await;
    hold(world).await;
    id
}

/// The bucket has no object then, but versions of one that was deleted.
async fn hold(world: &World) {
    world.put("held-bucket", "key", "1".to_owned()).await;
    world.s3.delete_object().bucket("held-bucket").key("key").send().await.unwrap();
}

async fn release(world: &World) {
    let versions = world.s3.list_object_versions().bucket("held-bucket").send().await.unwrap();
    let objects = versions.versions().iter().filter_map(|version| version.version_id());
    let ids = objects.chain(versions.delete_markers().iter().filter_map(|marker| marker.version_id()));
    for id in ids {
        world.s3.delete_object().bucket("held-bucket").key("key").version_id(id).send().await.unwrap();
    }
    let tables = aws_sdk_dynamodb::Client::new(&world.cloud.sdk_config());
    tables.update_table().table_name("held-table").deletion_protection_enabled(false).send().await.unwrap();
}

pub(super) async fn everything_is_deleted(world: &World) {
    let id = held(world).await;
    assert_eq!(world.delete(&id).await.unwrap(), "DELETE_COMPLETE");
}

#[tokio::test]
async fn what_cannot_be_deleted_stays_and_is_named_with_the_reason() {
    let world = World::start().await;
    let id = held(&world).await;
    assert_eq!(world.delete(&id).await.unwrap(), "DELETE_FAILED");
    let reason = world.describe(&id).await.unwrap().stack_status_reason.unwrap();
    assert_eq!(reason, "The following resource(s) failed to delete: [Bucket, Table].");
    let [bucket, table] = world.resources(&id).await.try_into().expect("all else is deleted");
    assert_eq!(bucket.physical_resource_id(), Some("held-bucket"));
    assert!(bucket.resource_status_reason().unwrap().contains("The bucket you tried to delete is not empty"));
    assert_eq!(table.physical_resource_id(), Some("held-table"));
    assert!(table.resource_status_reason().unwrap().contains("currently protected against deletion"));

    release(&world).await;
    assert_eq!(world.delete(&id).await.unwrap(), "DELETE_COMPLETE");
    assert_eq!(world.describe(&id).await.unwrap().stack_status_reason(), None, "the failure is over");
}

#[tokio::test]
async fn what_cannot_be_deleted_in_a_nested_stack_keeps_all_stacks_around_it() {
    let world = World::start().await;
    world.s3.create_bucket().bucket("templates").send().await.unwrap();
    world.put("templates", "nested", holding().to_string()).await;
    let url = format!("{}/templates/nested", world.cloud.endpoint());
    let nested = json!({ "Type": "AWS::CloudFormation::Stack", "Properties": { "TemplateURL": url } });
    let id = world.create("root", &json!({ "Resources": { "Nested": nested } })).await;
    hold(&world).await;

    assert_eq!(world.delete(&id).await.unwrap(), "DELETE_FAILED");
    let [failed] = world.resources(&id).await.try_into().unwrap();
    let child = failed.physical_resource_id().unwrap();
    let reason = "The following resource(s) failed to delete: [Bucket, Table].";
    let reason = format!("Embedded stack {child} was not successfully deleted: {reason}");
    assert_eq!(failed.resource_status_reason(), Some(reason.as_str()));
    assert_eq!(world.status(child).await, "DELETE_FAILED");

    release(&world).await;
    assert_eq!(world.delete(&id).await.unwrap(), "DELETE_COMPLETE");
    assert_eq!(world.status(child).await, "DELETE_COMPLETE");
}
