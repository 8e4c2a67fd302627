use aws_sdk_cloudwatchlogs::error::ProvideErrorMetadata as _;
use flowgate::cloud::authority::Role;
use serde_json::{Value, json};

use super::service_world::{World, arn, function, role};
use crate::world::invoke;

const CODE: &str = "def handler(event, context): print('a line')";
/// What an invocation writes: its start, the line, its end and a report.
const LINES: usize = 4;

fn group(name: &str) -> Value {
    json!({ "Type": "AWS::Logs::LogGroup", "Properties": { "LogGroupName": format!("/aws/lambda/{name}") } })
}

fn writer(function: &str, actions: &[&str]) -> Value {
    let resource = arn("logs", &format!("log-group:/aws/lambda/{function}:*"));
    role("lambda.amazonaws.com", "*", Some((actions, &resource)))
}

/// `mute` may make streams alone, and `blind` write to them alone; `lone` may both and has no group, `ready` has one, and
/// `making` may make one.
async fn write(world: &World) -> [usize; 5] {
    const WRITE: [&str; 2] = ["logs:CreateLogStream", "logs:PutLogEvents"];
    let resources = json!({
        "MuteRole": writer("mute", &["logs:CreateLogStream"]), "LoneRole": writer("lone", &WRITE),
        "ReadyRole": writer("ready", &WRITE),
        "MakingRole": writer("making", &[WRITE[0], WRITE[1], "logs:CreateLogGroup"]),
        "BlindRole": writer("blind", &["logs:PutLogEvents"]),
        "MuteGroup": group("mute"), "BlindGroup": group("blind"), "ReadyGroup": group("ready"),
        "Blind": function("blind", "BlindRole", CODE, &json!({})),
        "Mute": function("mute", "MuteRole", CODE, &json!({})), "Lone": function("lone", "LoneRole", CODE, &json!({})),
        "Ready": function("ready", "ReadyRole", CODE, &json!({})),
        "Making": function("making", "MakingRole", CODE, &json!({})),
    });
    world.deploy("logs", resources).await;
    let mut lines = [0; 5];
    for (place, name) in ["mute", "blind", "lone", "ready", "making"].into_iter().enumerate() {
        invoke(&world.cloud, name, &json!({})).await.unwrap();
        lines[place] = world.lines(name).await;
    }
    lines
}

pub(super) async fn every_line_is_kept(world: &World) {
    assert_eq!(write(world).await, [LINES; 5]);
}

pub(super) async fn a_log_stream_is_not_of_its_group(world: &World) {
    assert_eq!(make_stream(world, "ready").await, Err("AccessDeniedException".to_owned()));
}

/// Whether somebody who may write to the log group of `ready` can make a stream there.
async fn make_stream(world: &World, name: &str) -> Result<(), String> {
    let iam = aws_sdk_iam::Client::new(&world.cloud.sdk_config());
    let roles = iam.list_roles().send().await.unwrap();
    let role = roles.roles().iter().find(|role| role.role_name().starts_with("logs-ReadyRole")).unwrap();
    let role = Role { arn: role.arn(), service: "lambda.amazonaws.com", source: "a", session: "a", policy: None };
    let session = world.cloud.authority().assume(&role).await.unwrap();
    let client = aws_sdk_cloudwatchlogs::Client::new(&session.sdk);
    let request = client.create_log_stream().log_group_name(format!("/aws/lambda/{name}")).log_stream_name("of-ours");
    request.send().await.map(drop).map_err(|error| error.code().unwrap().to_owned())
}

#[tokio::test]
async fn a_functions_lines_are_kept_if_its_role_may_write_them() {
    let world = World::start(&[]).await;
    assert_eq!(write(&world).await, [0, 0, 0, LINES, LINES]);
    assert_eq!(make_stream(&world, "ready").await, Ok(()));
    assert_eq!(make_stream(&world, "mute").await, Err("AccessDeniedException".to_owned()));
}

#[tokio::test]
async fn a_policy_that_changes_counts_from_the_next_line_on() {
    let world = World::start(&[]).await;
    write(&world).await;
    let iam = aws_sdk_iam::Client::new(&world.cloud.sdk_config());
    let roles = iam.list_roles().send().await.unwrap();
    let role = roles.roles().iter().find(|role| role.role_name().starts_with("logs-ReadyRole")).unwrap().role_name();
    iam.delete_role_policy().role_name(role).policy_name("Do").send().await.unwrap();
    invoke(&world.cloud, "ready", &json!({})).await.unwrap();
    assert_eq!(world.lines("ready").await, LINES);
}
