//! CloudFormation actions as the pipeline's role.

use flowgate::cloud::client::{ACCOUNT, REGION};
use flowgate::pipeline::action::Request;
use serde_json::{Value, json};

use super::{allow, needs_each, objects, role, service, world};
use crate::world::{BUCKET, World, request};

fn deploy(stack: &str, stage: &str, role: &str) -> Request {
    let overrides = json!({"Stage": stage}).to_string();
    let configuration = [
        ("ActionMode", "CREATE_UPDATE"),
        ("StackName", stack),
        ("TemplatePath", "Built::t.json"),
        ("TemplateConfiguration", "Config::c.json"),
        ("ParameterOverrides", &overrides),
        ("OutputFileName", "out.json"),
        ("RoleArn", role),
    ];
    request("Deploy", "CloudFormation", &configuration, &["Built", "Config"], &["Outputs"])
}

/// Stores a template with this resource, and a configuration with a tag.
async fn store(world: &World, resource: &Value) {
    world.store("Built", "t.json", &template(resource)).await;
    world.store("Config", "c.json", &json!({"Tags": {"team": "a"}}).to_string()).await;
}

fn template(resource: &Value) -> String {
    let parameters = json!({"Stage": {"Type": "String"}});
    json!({"Parameters": parameters, "Resources": {"R": resource}, "Outputs": {"Stage": {"Value": {"Ref": "Stage"}}}})
        .to_string()
}

#[tokio::test]
async fn a_deployment_needs_each_of_its_permissions() {
    let world = world().await;
    role(&world, "pipeline", service("codepipeline")).await;
    let deployer = role(&world, "deployer", service("cloudformation")).await;
    allow(&world, "deployer", [("*", "*".to_owned())].iter()).await;
    let group = json!({"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": {"Ref": "Stage"}}});
    store(&world, &group).await;

    let stacks = format!("arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/s/*");
    let every = [
        ("s3:GetObject", objects("p/*")),
        ("cloudformation:DescribeStacks", stacks.clone()),
        ("cloudformation:TagResource", stacks.clone()),
        ("iam:PassRole", deployer.clone()),
    ];
    let outputs = ("s3:PutObject", objects("p/Outputs"));
    let creates = [&every[..], &[("cloudformation:CreateStack", stacks.clone())]].concat();
    needs_each(&world, "pipeline", &deploy("s", "one", &deployer), &creates).await;
    allow(&world, "pipeline", creates.iter().chain([&outputs])).await;
    world.run(&deploy("s", "one", &deployer)).await.unwrap();

    let updates = [("cloudformation:UpdateStack", stacks.clone()), ("cloudformation:GetTemplateSummary", stacks)];
    let updates = [&every[..], &updates, &[outputs]].concat();
    needs_each(&world, "pipeline", &deploy("s", "two", &deployer), &updates).await;
    world.run(&deploy("s", "two", &deployer)).await.unwrap();
    world.cloud.stop().await.unwrap();
}

#[tokio::test]
async fn a_failed_stack_takes_the_permission_to_delete_it_to_be_replaced() {
    let world = world().await;
    role(&world, "pipeline", service("codepipeline")).await;
    let deployer = role(&world, "deployer", service("cloudformation")).await;
    allow(&world, "deployer", [("*", "*".to_owned())].iter()).await;
    store(&world, &broken(&deployer)).await;
    let stacks = format!("arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/s/*");
    let needs = [
        ("s3:GetObject", objects("p/*")),
        ("s3:PutObject", objects("p/Outputs")),
        ("cloudformation:DescribeStacks", stacks.clone()),
        ("cloudformation:TagResource", stacks.clone()),
        ("iam:PassRole", deployer.clone()),
        ("cloudformation:CreateStack", stacks.clone()),
    ];
    allow(&world, "pipeline", needs.iter()).await;
    let mut replace = deploy("s", "one", &deployer);
    replace.configuration.insert("ActionMode".into(), "REPLACE_ON_FAILURE".into());
    let refusal = world.refusal(&replace).await;
    assert!(refusal.starts_with("JobFailed: stack s ended in ROLLBACK_COMPLETE: "), "{refusal}");

    let group = json!({"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": {"Ref": "Stage"}}});
    store(&world, &group).await;
    let refusal = world.refusal(&replace).await;
    assert!(refusal.starts_with("PermissionError: ") && refusal.contains("cloudformation:DeleteStack"), "{refusal}");
    let delete = [("cloudformation:DeleteStack", stacks)];
    allow(&world, "pipeline", needs.iter().chain(&delete)).await;
    world.run(&replace).await.unwrap();
    world.cloud.stop().await.unwrap();
}

#[tokio::test]
async fn why_a_stack_failed_is_told_to_who_may_read_it() {
    let world = world().await;
    role(&world, "pipeline", service("codepipeline")).await;
    let deployer = role(&world, "deployer", service("cloudformation")).await;
    allow(&world, "deployer", [("*", "*".to_owned())].iter()).await;
    store(&world, &broken(&deployer)).await;
    let stacks = format!("arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/*");
    let needs = [
        ("s3:GetObject", objects("p/*")),
        ("iam:PassRole", deployer.clone()),
        ("cloudformation:CreateStack", stacks.clone()),
        ("cloudformation:TagResource", stacks.clone()),
        ("cloudformation:DescribeStacks", stacks.clone()),
        ("cloudformation:DescribeStackEvents", stacks),
    ];
    // The user guide: without that permission the message is a generic one.
    allow(&world, "pipeline", needs[..5].iter()).await;
    let refusal = world.refusal(&deploy("one", "x", &deployer)).await;
    assert!(refusal.starts_with("JobFailed: stack one ended in ROLLBACK_COMPLETE: "), "{refusal}");
    assert!(!refusal.contains("AWS::Lambda::Function"), "{refusal}");
    allow(&world, "pipeline", needs.iter()).await;
    let refusal = world.refusal(&deploy("two", "x", &deployer)).await;
    assert!(
        refusal.starts_with("JobFailed: stack two ended in ROLLBACK_COMPLETE: R (AWS::Lambda::Function)"),
        "{refusal}"
    );
    world.cloud.stop().await.unwrap();
}

/// A function without code.
fn broken(role: &str) -> Value {
    let code = json!({"S3Bucket": BUCKET, "S3Key": "absent.zip"});
    let properties = json!({"Code": code, "Runtime": "python3.12", "Handler": "a.b", "Role": role});
    json!({"Type": "AWS::Lambda::Function", "Properties": properties})
}
