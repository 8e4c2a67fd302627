use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::error::ProvideErrorMetadata as _;
use aws_sdk_cloudformation::types::ChangeSetType;
use flowgate::cloud::authority::Role;
use serde_json::{Value, json};

use super::service_world::{World, role};
use crate::world::deploy_template;

/// Whoever may make the change sets of one name, and with `if_exists` also do what names no change set.
async fn limited(world: &World, if_exists: bool) -> Client {
    let mut limited = role("lambda.amazonaws.com", "*", Some((&["cloudformation:*"], "*")));
    let operator = if if_exists { "StringEqualsIfExists" } else { "StringEquals" };
    limited["Properties"]["Policies"][0]["PolicyDocument"]["Statement"][0]["Condition"] =
        json!({ operator: { "cloudformation:ChangeSetName": "mine" } });
    let outputs = json!({ "Role": { "Value": { "Fn::GetAtt": ["Limited", "Arn"] } } });
    let template = json!({ "Resources": { "Limited": limited }, "Outputs": outputs });
    let stack = deploy_template(&world.cloud, &format!("limited-{if_exists}"), &template).await.unwrap();
    let arn = &stack.outputs["Role"];
    let role = Role { arn, service: "lambda.amazonaws.com", source: "a", session: "limited", policy: None };
    Client::new(&world.cloud.authority().assume(&role).await.unwrap().sdk)
}

fn template() -> Value {
    json!({ "Resources": { "Topic": { "Type": "AWS::SNS::Topic" } } })
}

/// Whether a change set of this name can be made.
async fn may_make(client: &Client, name: &str) -> bool {
    let request = client.create_change_set().stack_name(format!("of-{name}")).change_set_name(name);
    let request = request.change_set_type(ChangeSetType::Create).template_body(template().to_string());
    match request.send().await {
        Ok(_) => true,
        Err(error) => {
            assert_eq!(error.code(), Some("AccessDenied"), "{error:?}");
            false
        }
    }
}

pub(super) async fn no_request_tells_the_change_set(world: &World) {
    assert!(!may_make(&limited(world, false).await, "mine").await);
    assert!(may_make(&limited(world, true).await, "other").await);
}

#[tokio::test]
async fn who_is_limited_to_a_change_set_may_use_that_one() {
    let world = World::start(&[]).await;
    let strictly = limited(&world, false).await;
    assert!(may_make(&strictly, "mine").await);
    assert!(!may_make(&strictly, "other").await);
    assert!(strictly.list_stacks().send().await.is_err());
    let loosely = limited(&world, true).await;
    assert!(!may_make(&loosely, "other").await);
    loosely.list_stacks().send().await.unwrap();
}
