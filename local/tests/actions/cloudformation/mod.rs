//! CloudFormation actions in every mode.

mod abandoned;
mod change_sets;
mod deletions;
mod parameters;
mod replaced;
mod stacks;

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::types::StackStatus;
use flowgate::cloud::client::ACCOUNT;
use flowgate::cloud::stack_wait;
use flowgate::pipeline::action::Request;
use serde_json::{Value, json};

use crate::enforced::{role, service};
use crate::world::{BUCKET, World, request};

/// With a role for CloudFormation.
async fn world() -> World {
    let world = World::new().await;
    role(&world, "deployer", service("cloudformation")).await;
    world
}

fn deployer() -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/deployer")
}

/// With the template `t.json` in the artifact `Built`.
fn act(mode: &str, stack: &str, more: &[(&str, &str)]) -> Request {
    let deployer = deployer();
    let configuration =
        [("ActionMode", mode), ("StackName", stack), ("TemplatePath", "Built::t.json"), ("RoleArn", &deployer)];
    request("Deploy", "CloudFormation", &[&configuration, more].concat(), &["Built", "Config"], &["Outputs"])
}

fn without(mut request: Request, key: &str) -> Request {
    request.configuration.remove(key);
    request
}

fn client(world: &World) -> Client {
    Client::new(&world.context.sdk)
}

/// A template with a small resource and an output, which change with `value`.
fn small(value: &str) -> String {
    let parameter = json!({"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": value}});
    json!({"Resources": {"P": parameter}, "Outputs": {"Value": {"Value": value}}}).to_string()
}

/// One whose function has no code.
fn broken() -> String {
    let properties = json!({"Code": {"S3Bucket": BUCKET, "S3Key": "absent.zip"}, "Runtime": "python3.12",
        "Handler": "a.b", "Role": deployer()});
    json!({"Resources": {"Broken": {"Type": "AWS::Lambda::Function", "Properties": properties}}}).to_string()
}

/// One that takes until it is [signalled](signal).
fn waiting() -> String {
    let wait = json!({"Handle": {"Ref": "Handle"}, "Timeout": "600"});
    json!({"Resources": {
        "Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"},
        "Wait": {"Type": "AWS::CloudFormation::WaitCondition", "Properties": wait},
    }})
    .to_string()
}

async fn until_it_waits(world: &World, stack: &str) {
    while handle(world, stack).await.is_none() {
        tokio::task::yield_now().await;
    }
}

async fn handle(world: &World, stack: &str) -> Option<String> {
    let resources = client(world).list_stack_resources().stack_name(stack).send().await.ok()?;
    let handle = resources
        .stack_resource_summaries
        .unwrap_or_default()
        .into_iter()
        .find(|resource| resource.logical_resource_id() == Some("Handle"))?;
    handle.physical_resource_id.filter(|url| url.starts_with("http"))
}

async fn signal(world: &World, stack: &str) {
    let signal = json!({"Status": "SUCCESS", "UniqueId": "1", "Data": "", "Reason": ""}).to_string();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = handle(world, stack).await.unwrap();
    http.put(url).body(signal).send().await.unwrap().error_for_status().unwrap();
}

/// What is known of a stack, by its name, once it is at rest.
async fn stack(world: &World, name: &str) -> Option<stack_wait::Stack> {
    stack_wait::settled(&client(world), name).await.unwrap()
}

async fn status(world: &World, name: &str) -> String {
    stack(world, name).await.unwrap().status
}

async fn id(world: &World, name: &str) -> String {
    stack(world, name).await.unwrap().id
}

/// How it stands just now.
async fn status_now(world: &World, name: &str) -> StackStatus {
    let stacks = client(world).describe_stacks().stack_name(name).send().await.unwrap();
    stacks.stacks()[0].stack_status().unwrap().clone()
}

async fn output_file(world: &World, file: &str) -> Value {
    serde_json::from_str(&world.file("Outputs", file).await).unwrap()
}
