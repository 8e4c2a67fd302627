use aws_sdk_cloudformation::types::{ResourceStatus, StackEvent};
use serde_json::json;

use super::world::World;
use crate::world::cloud_without;

/// A stack whose deletion has failed: its bucket is not empty.
async fn stuck(world: &World) -> String {
    let bucket = json!({ "Type": "AWS::S3::Bucket", "Properties": { "BucketName": "full-bucket" } });
    let id = world.create("app", &json!({ "Resources": { "Bucket": bucket } })).await;
    world.put("full-bucket", "key", "1".to_owned()).await;
    world.begin_delete(&id, "first").await.unwrap();
    assert_eq!(world.settled(&id).await, "DELETE_FAILED");
    id
}

/// How many deletions have begun after a request with this token.
async fn begun(world: &World, id: &str, token: &str) -> usize {
    world.begin_delete(id, token).await.unwrap();
    assert_eq!(world.settled(id).await, "DELETE_FAILED");
    let is_beginning = |event: &&StackEvent| {
        event.physical_resource_id() == Some(id) && event.resource_status() == Some(&ResourceStatus::DeleteInProgress)
    };
    world.events(id).await.iter().filter(is_beginning).count()
}

#[tokio::test]
async fn without_the_patch_a_token_begins_another_deletion() {
    let world = World::new(cloud_without("request_tokens").await);
    let id = stuck(&world).await;
    assert_eq!(begun(&world, &id, "first").await, 2);
}

#[tokio::test]
async fn a_deletion_that_failed_is_tried_again_for_another_token_only() {
    let world = World::start().await;
    let id = stuck(&world).await;
    for (token, expected) in [("first", 1), ("second", 2), ("first", 2), ("third", 3)] {
        assert_eq!(begun(&world, &id, token).await, expected, "{token}");
    }
}
