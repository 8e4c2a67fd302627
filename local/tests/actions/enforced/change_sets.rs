//! Change sets, and deletions, as the pipeline's role.

use flowgate::cloud::client::{ACCOUNT, REGION};
use flowgate::pipeline::action::Request;
use serde_json::json;

use super::{Needs, allow, needs_each, objects, role, service, world};
use crate::world::{World, request};

fn act(mode: &str, more: &[(&str, &str)]) -> Request {
    let configuration = [("ActionMode", mode), ("StackName", "s"), ("ChangeSetName", "c")];
    request("Deploy", "CloudFormation", &[&configuration, more].concat(), &["Built", "Config"], &[])
}

fn replace(role: &str) -> Request {
    let from = [("TemplatePath", "Built::t.json"), ("TemplateConfiguration", "Config::c.json"), ("RoleArn", role)];
    act("CHANGE_SET_REPLACE", &from)
}

/// Stores a template, and a configuration with a tag.
async fn store(world: &World, retention: u32) {
    let properties = json!({"LogGroupName": "of-the-stack", "RetentionInDays": retention});
    let resources = json!({"Group": {"Type": "AWS::Logs::LogGroup", "Properties": properties}});
    world.store("Built", "t.json", &json!({"Resources": resources}).to_string()).await;
    world.store("Config", "c.json", &json!({"Tags": {"team": "a"}}).to_string()).await;
}

/// The pipeline's role, which may do nothing yet, and CloudFormation's, which may do all.
async fn roles(world: &World) -> String {
    role(world, "pipeline", service("codepipeline")).await;
    let deployer = role(world, "deployer", service("cloudformation")).await;
    allow(world, "deployer", [("*", "*".to_owned())].iter()).await;
    deployer
}

fn on_the_stack<const N: usize>(actions: [&'static str; N]) -> Vec<(&'static str, String)> {
    actions.map(|action| (action, format!("arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/s/*"))).to_vec()
}

fn preparing(deployer: &str) -> Vec<(&'static str, String)> {
    let read = ("s3:GetObject", objects("p/*"));
    let pass = ("iam:PassRole", deployer.to_owned());
    let stack = on_the_stack([
        "cloudformation:DescribeStacks",
        "cloudformation:DescribeChangeSet",
        "cloudformation:CreateChangeSet",
        "cloudformation:TagResource",
    ]);
    [vec![read, pass], stack].concat()
}

async fn run_with(world: &World, request: &Request, needs: &Needs) {
    needs_each(world, "pipeline", request, needs).await;
    world.run(request).await.unwrap();
}

#[tokio::test]
async fn a_change_set_needs_each_of_its_permissions_to_be_made_and_executed() {
    let world = world().await;
    let deployer = roles(&world).await;
    store(&world, 1).await;
    run_with(&world, &replace(&deployer), &preparing(&deployer)).await;
    let delete = on_the_stack(["cloudformation:DeleteChangeSet"]);
    let refusal = world.refusal(&replace(&deployer)).await;
    assert!(refusal.starts_with("PermissionError: ") && refusal.contains(delete[0].0), "{refusal}");
    allow(&world, "pipeline", [preparing(&deployer), delete].concat().iter()).await;
    world.run(&replace(&deployer)).await.unwrap();

    let executing = on_the_stack([
        "cloudformation:DescribeStacks",
        "cloudformation:DescribeChangeSet",
        "cloudformation:ExecuteChangeSet",
    ]);
    run_with(&world, &act("CHANGE_SET_EXECUTE", &[]), &executing).await;
    world.cloud.stop().await.unwrap();
}

#[tokio::test]
async fn a_change_set_is_executed_as_the_role_that_it_was_made_with() {
    let world = world().await;
    let deployer = roles(&world).await;
    store(&world, 1).await;
    allow(&world, "pipeline", [("*", "*".to_owned())].iter()).await;
    world.run(&replace(&deployer)).await.unwrap();
    allow(&world, "deployer", [("logs:DescribeLogGroups", "*".to_owned())].iter()).await;
    let refusal = world.refusal(&act("CHANGE_SET_EXECUTE", &[])).await;
    assert!(refusal.starts_with("JobFailed: stack s ended in ROLLBACK_COMPLETE: Group "), "{refusal}");
    assert!(refusal.contains("assumed-role/deployer/") && refusal.contains("logs:CreateLogGroup"), "{refusal}");
    world.cloud.stop().await.unwrap();
}

#[tokio::test]
async fn a_role_may_be_limited_to_the_change_sets_of_a_name() {
    let world = world().await;
    let deployer = roles(&world).await;
    store(&world, 1).await;
    let everything_else = [("s3:*", "*".to_owned()), ("iam:PassRole", deployer.clone())];
    allow(&world, "pipeline", everything_else.iter()).await;
    // As CDK writes it.
    let condition = json!({"StringEqualsIfExists": {"cloudformation:ChangeSetName": "c"}});
    let statement = json!({"Effect": "Allow", "Action": "cloudformation:*", "Resource": "*", "Condition": condition});
    let policy = json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
    let client = aws_sdk_iam::Client::new(&world.context.sdk);
    let limit = client.put_role_policy().role_name("pipeline").policy_name("Limit").policy_document(policy);
    limit.send().await.unwrap();
    for _ in 0..2 {
        world.run(&replace(&deployer)).await.unwrap();
    }
    world.run(&act("CHANGE_SET_EXECUTE", &[])).await.unwrap();
    for mut request in [replace(&deployer), act("CHANGE_SET_EXECUTE", &[])] {
        request.configuration.insert("ChangeSetName".into(), "another".into());
        let refusal = world.refusal(&request).await;
        assert!(refusal.starts_with("PermissionError: "), "{refusal}");
    }
    world.cloud.stop().await.unwrap();
}

#[tokio::test]
async fn a_deletion_needs_each_of_its_permissions() {
    let world = world().await;
    let deployer = roles(&world).await;
    store(&world, 1).await;
    allow(&world, "pipeline", [("*", "*".to_owned())].iter()).await;
    world.run(&replace(&deployer)).await.unwrap();
    world.run(&act("CHANGE_SET_EXECUTE", &[])).await.unwrap();

    let stack = on_the_stack(["cloudformation:DescribeStacks", "cloudformation:DeleteStack"]);
    let needs = [vec![("iam:PassRole", deployer.clone())], stack].concat();
    run_with(&world, &act("DELETE_ONLY", &[("RoleArn", &deployer)]), &needs).await;
    world.cloud.stop().await.unwrap();
}
