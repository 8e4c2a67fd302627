//! What replaces a resource, and what it replaces.

use serde_json::{Value, json};

use crate::iam::world::{CLOUDFORMATION, World, allow, everything, template};

/// All on one cloud: each has names of its own.
#[tokio::test]
async fn what_is_replaced_is_asked_about_under_both_names() {
    let world = World::start().await;
    tokio::join!(a_statement_stays_that_may_not_be_removed(&world), a_new_role_has_a_new_name(&world));
}

/// The emulator removes a replaced statement by itself.
async fn a_statement_stays_that_may_not_be_removed(world: &World) {
    let admin = world.role("admin", CLOUDFORMATION, &everything()).await;
    let function = json!({ "Function": { "Type": "AWS::Lambda::Function", "Properties": {
        "FunctionName": "called", "Runtime": "python3.12", "Handler": "index.handler", "Role": admin,
        "Code": { "ZipFile": "def handler(event, context): return 1" } } } });
    assert_eq!(world.create(&admin, "function", &template(&function)).await.unwrap().status, "CREATE_COMPLETE");

    let adds = ["lambda:AddPermission", "lambda:GetPolicy"];
    let role = world.role("adding", CLOUDFORMATION, &json!([allow(&json!(adds), &json!("*"))])).await;
    let stack = world.create(&role, "statement", &permission("sns")).await.unwrap();
    let stack = world.update(&stack.id, &permission("events")).await;
    let expected = "assumed-role/adding/AWSCloudFormation is not authorized to perform: lambda:RemovePermission";
    assert!(stack.status == "UPDATE_COMPLETE" && stack.reasons.contains(expected), "{stack:?}");
    assert_eq!(let_in(world).await, ["events.amazonaws.com", "sns.amazonaws.com"]);

    world.allow("adding", &everything()).await;
    world.update(&stack.id, &permission("s3")).await;
    assert_eq!(let_in(world).await, ["s3.amazonaws.com", "sns.amazonaws.com"]);
}

fn permission(service: &str) -> Value {
    template(&json!({ "Permission": { "Type": "AWS::Lambda::Permission", "Properties": {
        "FunctionName": "called", "Action": "lambda:InvokeFunction",
        "Principal": format!("{service}.amazonaws.com") } } }))
}

async fn let_in(world: &World) -> Vec<String> {
    let lambda = aws_sdk_lambda::Client::new(&world.sdk);
    let policy = lambda.get_policy().function_name("called").send().await.unwrap().policy.unwrap();
    let policy: Value = serde_json::from_str(&policy).unwrap();
    let statements = policy["Statement"].as_array().unwrap().iter();
    let mut services: Vec<_> =
        statements.map(|statement| statement["Principal"]["Service"].as_str().unwrap().to_owned()).collect();
    services.sort();
    services
}

async fn a_new_role_has_a_new_name(world: &World) {
    let deploy = world.role("renaming", CLOUDFORMATION, &everything()).await;
    let stack = world.create(&deploy, "renamed", &role("/")).await.unwrap();
    let client = aws_sdk_cloudformation::Client::new(&world.sdk);
    let made = client.list_stack_resources().stack_name(&stack.id).send().await.unwrap();
    let old = made.stack_resource_summaries()[0].physical_resource_id().unwrap();
    let statements = json!([
        allow(&json!("*"), &json!("*")),
        { "Effect": "Deny", "Action": "iam:CreateRole", "Resource": format!("arn:aws:iam::*:role/new/{old}") },
    ]);
    world.allow("renaming", &statements).await;
    let stack = world.update(&stack.id, &role("/new/")).await;
    assert_eq!(stack.status, "UPDATE_COMPLETE", "{stack:?}");
}

fn role(path: &str) -> Value {
    let trust = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Principal": { "Service": "lambda.amazonaws.com" }, "Action": "sts:AssumeRole" },
    ] });
    let properties = json!({ "Path": path, "AssumeRolePolicyDocument": trust });
    template(&json!({ "Role": { "Type": "AWS::IAM::Role", "Properties": properties } }))
}
