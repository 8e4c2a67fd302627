use aws_sdk_cloudformation::error::ProvideErrorMetadata;
use serde_json::{Value, json};

use super::world::{World, small};

/// Its function has no code.
pub(super) fn broken() -> Value {
    json!({ "Resources": { "Function": {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "Runtime": "python3.12", "Handler": "index.handler", "Role": "arn:aws:iam::000000000000:role/r",
            "Code": { "S3Bucket": "nowhere", "S3Key": "code.zip" },
        }
    } } })
}

/// Every read of one stack, but for `DescribeStacks`.
async fn reads(world: &World, stack: &str) -> [Result<(), String>; 5] {
    let World { client, .. } = world;
    [
        told(client.describe_stack_events().stack_name(stack).send().await),
        told(client.describe_stack_resource().stack_name(stack).logical_resource_id("Parameter").send().await),
        told(client.describe_stack_resources().stack_name(stack).send().await),
        told(client.list_stack_resources().stack_name(stack).send().await),
        told(client.get_template().stack_name(stack).send().await),
    ]
}

fn told<T, E: ProvideErrorMetadata>(answer: Result<T, E>) -> Result<(), String> {
    answer.map(|_| ()).map_err(|error| error.message().unwrap().to_owned())
}

pub(super) async fn an_old_arn_is_unknown_and_a_failed_creation_makes_place(world: &World) {
    let old = world.create("ids", &small(&json!("1"))).await;
    world.delete(&old).await.unwrap();
    let by_name = reads(world, "ids").await;
    assert_eq!(by_name.iter().filter(|read| read.is_ok()).count(), 4, "its resources are gone: {by_name:?}");
    world.create("ids", &small(&json!("2"))).await;
    assert_eq!(world.describe(&old).await, Err(format!("Stack with id {old} does not exist")));

    let failed = world.begin("ids-failed", &broken()).await.unwrap();
    assert_eq!(world.settled(&failed).await, "ROLLBACK_COMPLETE");
    world.create("ids-failed", &small(&json!("1"))).await;
}

#[tokio::test]
async fn a_deleted_stack_is_known_by_its_arn_alone_and_its_deletion_never_meets_another_of_its_name() {
    let world = World::start().await;
    let mut old = Vec::new();
    for _ in 0..3 {
        old.push(world.create("app", &small(&json!("1"))).await);
        assert_eq!(world.delete(old.last().unwrap()).await.unwrap(), "DELETE_COMPLETE");
        assert_eq!(world.describe("app").await, Err("Stack with id app does not exist".to_owned()));
        for read in reads(&world, "app").await {
            assert_eq!(read, Err("Stack [app] does not exist".to_owned()));
        }
        let by_arn = reads(&world, old.last().unwrap()).await;
        assert_eq!(by_arn.iter().filter(|read| read.is_ok()).count(), 4, "its resources are gone: {by_arn:?}");
    }
    let new = world.create("app", &small(&json!("2"))).await;

    for id in &old {
        assert_eq!(world.delete(id).await.unwrap(), "DELETE_COMPLETE");
        assert_eq!(world.describe(id).await.unwrap().stack_id(), Some(id.as_str()));
    }
    assert_eq!(world.status(&new).await, "CREATE_COMPLETE");
    assert_eq!(world.describe("app").await.unwrap().stack_id(), Some(new.as_str()));
    let known = world.client.list_stacks().send().await.unwrap().stack_summaries.unwrap();
    assert_eq!(known.len(), 4, "{known:?}");
}

#[tokio::test]
async fn what_failed_to_be_created_keeps_its_name_until_it_is_deleted() {
    let world = World::start().await;
    let failed = world.begin("app", &broken()).await.unwrap();
    assert_eq!(world.settled(&failed).await, "ROLLBACK_COMPLETE");
    let refused = world.begin("app", &small(&json!("1"))).await;
    assert_eq!(refused, Err("Stack [app] already exists".to_owned()));
    assert_eq!(world.delete(&failed).await.unwrap(), "DELETE_COMPLETE");
    world.create("app", &small(&json!("1"))).await;
}
