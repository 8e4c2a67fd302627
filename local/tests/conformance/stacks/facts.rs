use aws_sdk_cloudformation::types::Stack;
use flowgate::cloud::stacks::{Deployment, Template, deploy};
use serde_json::{Value, json};

use super::world::{World, small};

fn role() -> Value {
    json!({ "Resources": { "Role": {
        "Type": "AWS::IAM::Role",
        "Properties": { "RoleName": "deploys", "AssumeRolePolicyDocument": { "Statement": [] } },
    } } })
}

const ROLE: &str = "arn:aws:iam::000000000000:role/deploys";

fn nesting(world: &World, template: &str) -> Value {
    let url = format!("{}/templates/{template}", world.cloud.endpoint());
    json!({ "Resources": { "Nested": {
        "Type": "AWS::CloudFormation::Stack", "Properties": { "TemplateURL": url },
    } } })
}

/// A stack in a stack in a stack; gives the ARN of the outermost.
async fn nested(world: &World, name: &str) -> String {
    world.s3.create_bucket().bucket("templates").send().await.unwrap();
    world.put("templates", "inner", small(&json!("1")).to_string()).await;
    world.put("templates", "middle", nesting(world, "inner").to_string()).await;
    world.create(name, &nesting(world, "middle")).await
}

async fn child(world: &World, id: &str) -> Stack {
    let nested = world.resources(id).await.remove(0).physical_resource_id.unwrap();
    world.describe(&nested).await.unwrap()
}

pub(super) async fn the_role_the_parent_and_the_end_are_not_told(world: &World) {
    world.create("facts-role", &role()).await;
    let id = world.begin_as(Some(ROLE), "facts", &small(&json!("1"))).await.unwrap();
    world.settled(&id).await;
    let stack = world.describe(&id).await.unwrap();
    assert_eq!((stack.role_arn(), stack.last_updated_time().is_some()), (None, true));
    let listed = world.client.describe_stacks().send().await.unwrap().stacks.unwrap();
    assert_eq!(listed[0].enable_termination_protection(), Some(false));
    world.delete(&id).await.unwrap();
    assert_eq!(world.describe(&id).await.unwrap().deletion_time(), None);
    let parent = nested(world, "facts-parent").await;
    let child = child(world, &parent).await;
    assert_eq!((child.parent_id(), child.root_id()), (None, None));
}

#[tokio::test]
async fn a_stack_says_what_its_deletion_depends_on() {
    let world = World::start().await;
    world.create("role", &role()).await;
    let id = world.begin_as(Some(ROLE), "app", &small(&json!("1"))).await.unwrap();
    world.settled(&id).await;

    let fresh = world.describe(&id).await.unwrap();
    assert_eq!(fresh.role_arn(), Some(ROLE));
    assert_eq!(fresh.enable_termination_protection(), Some(false));
    assert_eq!((fresh.parent_id(), fresh.root_id(), fresh.deletion_time()), (None, None, None));
    assert_eq!((fresh.last_updated_time(), fresh.stack_status_reason()), (None, None));

    world.update(&id, &small(&json!("2"))).await;
    world.settled(&id).await;
    let updated = world.describe(&id).await.unwrap();
    assert!(updated.last_updated_time() > updated.creation_time(), "{updated:?}");
    assert_eq!(updated.role_arn(), Some(ROLE), "an update without a role keeps it");

    world.delete(&id).await.unwrap();
    let deleted = world.describe(&id).await.unwrap();
    assert!(deleted.deletion_time() > deleted.last_updated_time(), "{deleted:?}");

    let template = small(&json!("3")).to_string();
    let template = Template::Body(&template);
    let by_change_set = Deployment { stack: "app", template, role: Some(ROLE), ..Deployment::default() };
    deploy(&world.client, &by_change_set).await.unwrap();
    assert_eq!(world.describe("app").await.unwrap().role_arn(), Some(ROLE));
}

#[tokio::test]
async fn a_nested_stack_names_its_parent_and_its_root() {
    let world = World::start().await;
    let root = nested(&world, "app").await;
    let middle = child(&world, &root).await;
    let inner = child(&world, middle.stack_id().unwrap()).await;
    assert_eq!((middle.parent_id(), middle.root_id()), (Some(root.as_str()), Some(root.as_str())));
    assert_eq!((inner.parent_id(), inner.root_id()), (middle.stack_id(), Some(root.as_str())));
}

#[tokio::test]
async fn a_list_of_all_stacks_does_not_say_which_are_protected() {
    let world = World::start().await;
    let id = world.create("app", &small(&json!("1"))).await;
    let protect = world.client.update_termination_protection().stack_name(&id).enable_termination_protection(true);
    protect.send().await.unwrap();
    let listed = world.client.describe_stacks().send().await.unwrap().stacks.unwrap();
    assert_eq!(listed[0].enable_termination_protection(), None);
    assert_eq!(world.describe(&id).await.unwrap().enable_termination_protection(), Some(true));

    let refusal = world.delete(&id).await.unwrap_err();
    assert_eq!(refusal, format!("Stack [{id}] cannot be deleted while TerminationProtection is enabled"));
    assert_eq!(world.status(&id).await, "CREATE_COMPLETE");
}
