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
async fn why_a_stack_failed_is_read_as_the_pipelines_role() {
    let world = world().await;
    role(&world, "pipeline", service("codepipeline")).await;
    let deployer = role(&world, "deployer", service("cloudformation")).await;
    allow(&world, "deployer", [("*", "*".to_owned())].iter()).await;
    let code = json!({"S3Bucket": BUCKET, "S3Key": "absent.zip"});
    let properties = json!({"Code": code, "Runtime": "python3.12", "Handler": "a.b", "Role": deployer});
    store(&world, &json!({"Type": "AWS::Lambda::Function", "Properties": properties})).await;
    let stacks = format!("arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/*");
    let needs = [
        ("s3:GetObject", objects("p/*")),
        ("iam:PassRole", deployer.clone()),
        ("cloudformation:CreateStack", stacks.clone()),
        ("cloudformation:TagResource", stacks.clone()),
        ("cloudformation:DescribeStacks", stacks.clone()),
        ("cloudformation:DescribeStackEvents", stacks),
    ];
    allow(&world, "pipeline", needs[..5].iter()).await;
    let refusal = world.refusal(&deploy("one", "x", &deployer)).await;
    assert!(
        refusal.starts_with("PermissionError: ") && refusal.contains("cloudformation:DescribeStackEvents"),
        "{refusal}"
    );
    allow(&world, "pipeline", needs.iter()).await;
    let refusal = world.refusal(&deploy("two", "x", &deployer)).await;
    assert!(
        refusal.starts_with("JobFailed: stack two ended in ROLLBACK_COMPLETE: R (AWS::Lambda::Function)"),
        "{refusal}"
    );
    world.cloud.stop().await.unwrap();
}
