use aws_sdk_ssm::Client;
use aws_sdk_ssm::error::ProvideErrorMetadata as _;
use flowgate::cloud::authority::Role;
use serde_json::{Value, json};

use super::service_world::{World, arn, role};
use crate::world::deploy_template;

/// Somebody who may read what begins with `own` or is `shared`, and nothing secret.
async fn reader(world: &World) -> Client {
    let own = arn("ssm", "parameter/own/*");
    let mut reader = role("codebuild.amazonaws.com", "*", Some((&["ssm:GetParameters"], &own)));
    let denied =
        json!({ "Effect": "Deny", "Action": "ssm:GetParameters", "Resource": arn("ssm", "parameter/own/secret") });
    let shared =
        json!({ "Effect": "Allow", "Action": "ssm:GetParameters", "Resource": arn("ssm", "parameter/shared") });
    let statements = reader.pointer_mut("/Properties/Policies/0/PolicyDocument/Statement").unwrap();
    statements.as_array_mut().unwrap().extend([denied, shared]);
    client(world, reader).await
}

/// Who works as this role.
async fn client(world: &World, reader: Value) -> Client {
    let template = json!({"Resources": {"R": reader}, "Outputs": {"Arn": {"Value": {"Fn::GetAtt": ["R", "Arn"]}}}});
    let stack = deploy_template(&world.cloud, "reader", &template).await.unwrap();
    let arn = &stack.outputs["Arn"];
    let role = Role { arn, service: "codebuild.amazonaws.com", source: "a", session: "reader", policy: None };
    Client::new(&world.cloud.authority().assume(&role).await.unwrap().sdk)
}

async fn may(reader: &Client, names: &[&str]) -> bool {
    let names = names.iter().map(|&name| name.to_owned()).collect();
    reader.get_parameters().set_names(Some(names)).send().await.is_ok()
}

pub(super) async fn nobody_may_read_one(world: &World) {
    assert!(!may(&reader(world).await, &["/own/a"]).await);
}

#[tokio::test]
async fn who_may_read_a_parameter_may_read_that_one() {
    let world = World::start(&[]).await;
    let reader = reader(&world).await;
    for (names, allowed) in [
        (&["/own/a"][..], true),
        (&["/other/a"], false),
        (&["/owner"], false),
        (&["/own/a", "/own/b"], true),
        (&["/own/a", "/shared"], true),
        (&["/own/a", "/other/a"], false),
        (&["/other/a", "/own/a"], false),
        (&["/own/secret"], false),
        (&["/own/a", "/own/secret"], false),
        (&[], false),
    ] {
        assert_eq!(may(&reader, names).await, allowed, "{names:?}");
    }
}

#[tokio::test]
async fn who_may_read_all_but_one_is_told_which() {
    let world = World::start(&[]).await;
    let mut reader = role("codebuild.amazonaws.com", "*", Some((&["ssm:GetParameters"], "*")));
    let denied = json!({ "Effect": "Deny", "Action": "ssm:GetParameters", "Resource": arn("ssm", "parameter/secret") });
    let statements = reader.pointer_mut("/Properties/Policies/0/PolicyDocument/Statement").unwrap();
    statements.as_array_mut().unwrap().push(denied);
    let reader = client(&world, reader).await;
    assert!(may(&reader, &["/a", "/b"]).await);
    let names = ["/a", "/secret", "/b"].map(str::to_owned).to_vec();
    let refusal = reader.get_parameters().set_names(Some(names)).send().await.unwrap_err();
    let message = refusal.message().unwrap();
    assert!(message.contains(&arn("ssm", "parameter/secret")), "{message}");
}
