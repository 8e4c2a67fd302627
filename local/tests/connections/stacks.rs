//! Connections in stacks.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::Client;
use flowgate::cloud::stack_wait;
use flowgate::cloud::stacks::{Deployment, Template, deploy};
use serde_json::{Value, json};

use crate::world::World;

fn template(kind: &str, name: &str, team: &str) -> Value {
    let tags = json!([{"Key": "team", "Value": team}]);
    let properties = json!({"ConnectionName": name, "ProviderType": "GitHub", "Tags": tags});
    let get = |attribute: &str| json!({"Value": {"Fn::GetAtt": ["Connection", attribute]}});
    json!({
        "Resources": {"Connection": {"Type": kind, "Properties": properties}},
        "Outputs": {"Ref": {"Value": {"Ref": "Connection"}}, "Arn": get("ConnectionArn"), "Status": get("ConnectionStatus")},
    })
}

async fn deployed(world: &World, template: &Value) -> BTreeMap<String, String> {
    let client = Client::new(&world.cloud.sdk_config());
    let body = template.to_string();
    let deployment = Deployment { stack: "s", template: Template::Body(&body), ..Deployment::default() };
    deploy(&client, &deployment).await.unwrap().outputs
}

/// The names and teams of all connections.
fn connections(world: &World) -> Vec<String> {
    let book = world.runner.context().state.join("connections.json");
    let all: Vec<Value> = serde_json::from_slice(&std::fs::read(book).unwrap()).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    all.iter().map(|one| format!("{} {}", text(&one["ConnectionName"]), text(&one["Tags"][0]["Value"]))).collect()
}

#[tokio::test]
async fn a_stack_makes_changes_replaces_and_removes_its_connection() {
    for (kind, service) in [
        ("AWS::CodeConnections::Connection", "codeconnections"),
        ("AWS::CodeStarConnections::Connection", "codestar-connections"),
    ] {
        let world = World::new().await;
        let made = deployed(&world, &template(kind, "one", "a")).await;
        assert_eq!((made["Ref"].as_str(), made["Status"].as_str()), (made["Arn"].as_str(), "AVAILABLE"));
        assert!(made["Arn"].starts_with(&format!("arn:aws:{service}:us-east-1:")), "{made:?}");
        assert_eq!(connections(&world), ["one a"]);
        assert_eq!(deployed(&world, &template(kind, "one", "b")).await, made);
        assert_eq!(connections(&world), ["one b"]);
        let replaced = deployed(&world, &template(kind, "two", "b")).await;
        assert_ne!(replaced["Arn"], made["Arn"]);
        assert_eq!(connections(&world), ["two b"]);
        let client = Client::new(&world.cloud.sdk_config());
        client.delete_stack().stack_name("s").send().await.unwrap();
        stack_wait::settled(&client, "s").await.unwrap();
        assert_eq!(connections(&world), [""; 0]);
    }
}
