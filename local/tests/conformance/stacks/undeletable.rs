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

/// What the emulator itself refuses to delete once it is [`occupied`].
fn network() -> Value {
    json!({ "Resources": { "Vpc": { "Type": "AWS::EC2::VPC", "Properties": { "CidrBlock": "10.0.0.0/16" } } } })
}

/// Another stack gets a part of this one's network.
async fn occupied(world: &World, network: &str, guest: &str) {
    let vpc = world.resources(network).await.remove(0).physical_resource_id;
    let subnet = json!({ "Type": "AWS::EC2::Subnet", "Properties": { "VpcId": vpc, "CidrBlock": "10.0.0.0/24" } });
    world.create(guest, &json!({ "Resources": { "Subnet": subnet } })).await;
}

pub(super) async fn a_resource_does_not_say_why_it_is_left(world: &World) {
    let id = world.create("network", &network()).await;
    occupied(world, &id, "network-guest").await;
    assert_eq!(world.delete(&id).await.unwrap(), "DELETE_FAILED");
    assert_eq!(world.resources(&id).await[0].resource_status_reason(), None);
}

pub(super) async fn what_is_left_of_a_nested_stack_is_forgotten(world: &World) {
    let id = nesting(world, "network-templates", &network()).await;
    let nested = world.resources(&id).await.remove(0).physical_resource_id.unwrap();
    occupied(world, &nested, "nested-guest").await;
    assert_eq!(world.delete(&id).await.unwrap(), "DELETE_COMPLETE");
}

/// A stack around another of this template, which goes into a bucket of this name.
async fn nesting(world: &World, bucket: &str, template: &Value) -> String {
    world.s3.create_bucket().bucket(bucket).send().await.unwrap();
    world.put(bucket, "nested", template.to_string()).await;
    let url = format!("{}/{bucket}/nested", world.cloud.endpoint());
    let nested = json!({ "Type": "AWS::CloudFormation::Stack", "Properties": { "TemplateURL": url } });
    world.create("nesting", &json!({ "Resources": { "Nested": nested } })).await
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
    let id = nesting(&world, "templates", &holding()).await;
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
