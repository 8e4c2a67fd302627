use serde_json::json;

use super::world::{World, small};

const ROLE: &str = "arn:aws:iam::000000000000:role/gone";

pub(super) async fn a_role_that_does_not_exist_is_good_enough(world: &World) {
    let id = world.begin_as(Some(ROLE), "roles", &small(&json!("1"))).await.unwrap();
    world.settled(&id).await;
    assert_eq!(world.delete(&id).await.unwrap(), "DELETE_COMPLETE");
}

#[tokio::test]
async fn a_stack_is_not_deleted_when_its_role_is_gone() {
    let world = World::start().await;
    let refusal = format!("Role {ROLE} is invalid or cannot be assumed");
    assert_eq!(world.begin_as(Some(ROLE), "app", &small(&json!("1"))).await, Err(refusal.clone()));

    let role = json!({ "Resources": { "Role": {
        "Type": "AWS::IAM::Role",
        "Properties": { "RoleName": "gone", "AssumeRolePolicyDocument": { "Statement": [] } },
    } } });
    let owner = world.create("role", &role).await;
    let id = world.begin_as(Some(ROLE), "app", &small(&json!("1"))).await.unwrap();
    world.settled(&id).await;
    world.delete(&owner).await.unwrap();
    assert_eq!(world.delete(&id).await, Err(refusal));
    assert_eq!(world.status(&id).await, "CREATE_COMPLETE");

    world.create("role", &role).await;
    assert_eq!(world.delete(&id).await.unwrap(), "DELETE_COMPLETE");
}
