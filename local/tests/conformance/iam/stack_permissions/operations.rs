//! As whom a stack is rolled back and deleted.

use aws_sdk_cloudformation::Client;
use serde_json::{Value, json};

use crate::iam::world::{CLOUDFORMATION, World, allow, everything, log_group, template};

/// All on one cloud: each has names of its own.
#[tokio::test]
async fn every_operation_is_as_its_role() {
    let world = World::start().await;
    world.role("able", CLOUDFORMATION, &everything()).await;
    let nothing = json!([{ "Effect": "Deny", "Action": "*", "Resource": "*" }]);
    world.role("unable", CLOUDFORMATION, &nothing).await;
    tokio::join!(
        a_deletion_is_as_the_role_that_it_is_given(&world),
        a_deletion_that_breaks_off_a_creation_is_as_its_own_role(&world),
        a_rollback_is_as_the_role_that_it_is_given(&world),
        what_is_gone_needs_no_role(&world),
    );
}

fn role(name: &str) -> String {
    format!("arn:aws:iam::000000000000:role/{name}")
}

fn logs(name: &str) -> Value {
    template(&json!({ "Logs": log_group(name) }))
}

const REFUSED: &str = "assumed-role/unable/AWSCloudFormation is not authorized to perform: logs:DescribeLogGroups";

async fn a_deletion_is_as_the_role_that_it_is_given(world: &World) {
    let stack = world.create(&role("able"), "deleted", &logs("deleted")).await.unwrap();
    let left = world.delete_as(Some(&role("unable")), &stack.id).await;
    assert!(left.status == "DELETE_FAILED" && left.reasons.contains(REFUSED), "{left:?}");
    assert_eq!(world.delete(&stack.id).await.status, "DELETE_COMPLETE", "its own role is still the stack's");
}

async fn a_deletion_that_breaks_off_a_creation_is_as_its_own_role(world: &World) {
    let client = Client::new(&world.sdk);
    let request = client.create_stack().stack_name("broken-off").template_body(waiting().to_string());
    let id = request.role_arn(role("able")).send().await.unwrap().stack_id.unwrap();
    let handle = until_it_waits(&client, &id).await;
    client.delete_stack().stack_name(&id).role_arn(role("unable")).send().await.unwrap();

    let signal = json!({ "Status": "SUCCESS", "UniqueId": "1", "Data": "", "Reason": "" }).to_string();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    http.put(handle).body(signal).send().await.unwrap().error_for_status().unwrap();
    let left = world.outcome(&id).await;
    assert!(left.status == "DELETE_FAILED" && left.reasons.contains(REFUSED), "{left:?}");
}

/// Has made a log group when it waits for its signal.
fn waiting() -> Value {
    let mut logs = log_group("broken-off");
    logs["DependsOn"] = json!("Handle");
    template(&json!({
        "Handle": { "Type": "AWS::CloudFormation::WaitConditionHandle" },
        "Logs": logs,
        "Wait": {
            "Type": "AWS::CloudFormation::WaitCondition", "DependsOn": "Logs",
            "Properties": { "Handle": { "Ref": "Handle" }, "Timeout": "600" },
        },
    }))
}

/// Where its signal is awaited.
async fn until_it_waits(client: &Client, stack: &str) -> String {
    loop {
        let made = client.list_stack_resources().stack_name(stack).send().await.unwrap();
        let named = |name: &str| {
            let mut summaries = made.stack_resource_summaries().iter();
            summaries.find(|resource| resource.logical_resource_id() == Some(name))
        };
        if let (Some(handle), Some(_)) = (named("Handle"), named("Logs")) {
            return handle.physical_resource_id().unwrap().to_owned();
        }
        tokio::task::yield_now().await;
    }
}

async fn a_rollback_is_as_the_role_that_it_is_given(world: &World) {
    let statements = json!([
        allow(&json!("logs:*"), &json!("*")),
        { "Effect": "Deny", "Action": "logs:CreateLogGroup", "Resource": "arn:aws:logs:*:*:log-group:never:*" },
    ]);
    let halfway = world.role("half-able", CLOUDFORMATION, &statements).await;
    let mut never = log_group("never");
    never["DependsOn"] = json!("Logs");
    let template = template(&json!({ "Logs": log_group("rolled-back"), "Never": never }));
    let client = Client::new(&world.sdk);
    let request = client.create_stack().stack_name("rolled-back").template_body(template.to_string());
    let request = request.role_arn(halfway).disable_rollback(true);
    let id = request.send().await.unwrap().stack_id.unwrap();
    assert_eq!(world.outcome(&id).await.status, "CREATE_FAILED");

    client.rollback_stack().stack_name(&id).role_arn(role("unable")).send().await.unwrap();
    let left = world.outcome(&id).await;
    assert!(left.status == "ROLLBACK_FAILED" && left.reasons.contains(REFUSED), "{left:?}");
}

async fn what_is_gone_needs_no_role(world: &World) {
    let passing = world.role("passing", CLOUDFORMATION, &everything()).await;
    let stack = world.create(&passing, "gone", &logs("gone")).await.unwrap();
    assert_eq!(world.delete(&stack.id).await.status, "DELETE_COMPLETE");
    let iam = aws_sdk_iam::Client::new(&world.sdk);
    iam.delete_role_policy().role_name("passing").policy_name("only").send().await.unwrap();
    iam.delete_role().role_name("passing").send().await.unwrap();
    assert_eq!(world.delete(&stack.id).await.status, "DELETE_COMPLETE");
}
