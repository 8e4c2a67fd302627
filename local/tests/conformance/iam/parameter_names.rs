use aws_sdk_ssm::Client;
use flowgate::cloud::authority::Role;
use serde_json::json;

use super::service_world::{World, arn, role};
use crate::world::deploy_template;

/// Somebody who may read what begins with `own`.
async fn reader(world: &World) -> Client {
    let own = arn("ssm", "parameter/own/*");
    let reader = role("codebuild.amazonaws.com", "*", Some((&["ssm:GetParameters"], &own)));
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
        (&["/own/a", "/other/a"], false),
        (&[], false),
    ] {
        assert_eq!(may(&reader, names).await, allowed, "{names:?}");
    }
}
