use serde_json::{Value, json};

use super::{act, broken, client, id, output_file, status, without, world};
use crate::world::World;

/// A stack with two parameters, and outputs that tell them.
fn template(resources: &Value) -> String {
    json!({
        "Parameters": {"Stage": {"Type": "String"}, "Other": {"Type": "String", "Default": "d"}},
        "Resources": resources,
        "Outputs": {"Stage": {"Value": {"Ref": "Stage"}}, "Other": {"Value": {"Ref": "Other"}}},
    })
    .to_string()
}

async fn create_update(world: &World, more: &[(&str, &str)]) -> flowgate::pipeline::action::Success {
    world
        .run(&act("CREATE_UPDATE", "s", &[&[("TemplateConfiguration", "Config::c.json")], more].concat()))
        .await
        .unwrap()
}

#[tokio::test]
async fn a_stack_is_created_updated_and_left_alone() {
    let world = world().await;
    world.store("Built", "t.json", &template(&json!({"T": {"Type": "AWS::SNS::Topic"}}))).await;
    let settings = r#"{"Parameters": {"Stage": "from-file", "Other": "from-file"}, "Tags": {"team": "a"}}"#;
    world.store("Config", "c.json", settings).await;
    let one = json!({"Other": "one"}).to_string();
    let success = create_update(&world, &[("ParameterOverrides", &one), ("OutputFileName", "out.json")]).await;
    assert_eq!(success.summary.as_deref(), Some("Stack s was created."));
    assert_eq!(success.external_execution_id, Some(id(&world, "s").await));
    assert_eq!((&*success.variables["Stage"], &*success.variables["Other"]), ("from-file", "one"));
    assert_eq!(output_file(&world, "out.json").await, json!({"Stage": "from-file", "Other": "one"}));
    let stacks = client(&world).describe_stacks().stack_name("s").send().await.unwrap();
    assert_eq!(stacks.stacks()[0].tags()[0].key(), Some("team"));
    assert_eq!(stacks.stacks()[0].role_arn(), Some(super::deployer().as_str()));

    let again = create_update(&world, &[("ParameterOverrides", &one)]).await;
    assert_eq!(again.summary.as_deref(), Some("Stack s is up to date."));
    assert_eq!(again.variables["Other"], "one");
    let two = json!({"Other": "two"}).to_string();
    let updated = create_update(&world, &[("ParameterOverrides", &two), ("ChangeSetName", "ignored")]).await;
    assert_eq!(updated.summary.as_deref(), Some("Stack s was updated."));
    assert_eq!(updated.variables["Other"], "two");

    let many: serde_json::Map<String, Value> = (0..400)
        .map(|at| (format!("T{at}"), json!({"Type": "AWS::SNS::Topic", "Metadata": {"note": "x".repeat(150)}})))
        .collect();
    let big = template(&Value::Object(many));
    assert!(big.len() > 51_200);
    world.store("Built", "t.json", &big).await;
    assert_eq!(create_update(&world, &[]).await.summary.as_deref(), Some("Stack s was updated."));
    assert_eq!(world.kinds("/templates/").await, ["text/plain"]);
    world.cloud.stop().await.unwrap();
}

#[tokio::test]
async fn what_aws_would_refuse_is_refused_before_a_stack_is_touched() {
    let world = world().await;
    let refusal = async |more: &[(&str, &str)]| {
        let more = [&[("TemplateConfiguration", "Config::c.json"), ("ChangeSetName", "c")], more].concat();
        let [one, other] = ["CREATE_UPDATE", "CHANGE_SET_REPLACE"].map(|mode| act(mode, "s", &more));
        let (one, other) = (world.refusal(&one).await, world.refusal(&other).await);
        assert_eq!(one, other, "{more:?}");
        one
    };
    world.store("Config", "c.json", r#"{"Parameters": {"Stage": "x", "Typo": "y"}}"#).await;
    let role =
        json!({"R": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "r", "AssumeRolePolicyDocument": {}}}});
    world.store("Built", "t.json", &template(&role)).await;
    assert_eq!(
        refusal(&[]).await,
        "ConfigurationError: Parameters: [Typo] do not exist in the template t.json in artifact Built"
    );
    let typo = json!({"Mistake": "1", "Stage": "x"}).to_string();
    assert!(refusal(&[("ParameterOverrides", &typo)]).await.contains("Parameters: [Mistake, Typo] do not exist"));
    world.store("Config", "c.json", "{}").await;
    assert!(refusal(&[]).await.starts_with("ConfigurationError: Parameters: [Stage] must have values: "));
    world.store("Config", "c.json", r#"{"Parameters": {"Stage": "x"}}"#).await;
    for capabilities in ["", "CAPABILITY_IAM", "CAPABILITY_IAM,CAPABILITY_AUTO_EXPAND"] {
        let refusal = refusal(&[("Capabilities", capabilities)]).await;
        assert!(
            refusal.starts_with("ConfigurationError: Requires capabilities : [CAPABILITY_NAMED_IAM]: "),
            "{refusal}"
        );
    }
    for (key, value, says) in [
        ("Capabilities", "CAPABILITY_ALL", "Capabilities of action act cannot be read: \"CAPABILITY_ALL\" is none of"),
        ("StackName", "a stack", "StackName of action act cannot be read: \"a stack\" is no name: it must be a letter"),
        ("TemplatePath", "Built::absent.json", "artifact Built holds no file absent.json"),
        ("TemplatePath", "Absent::t.json", "action act has no input artifact Absent"),
        (
            "TemplatePath",
            "t.json",
            "TemplatePath of action act cannot be read: \"t.json\" is not of the form Artifact::file",
        ),
        ("TemplateConfiguration", "Built::t.json", "t.json in artifact Built cannot be read: unknown field `Outputs`"),
        ("ParameterOverrides", "{", "ParameterOverrides of action act cannot be read"),
    ] {
        let mut more = vec![(key, value)];
        if key != "Capabilities" {
            more.push(("Capabilities", "CAPABILITY_NAMED_IAM"));
        }
        let refusal = refusal(&more).await;
        assert!(refusal.starts_with("ConfigurationError: ") && refusal.contains(says), "{key}: {refusal}");
    }
    world.store("Built", "t.json", "Resources:\n  a: [\n").await;
    assert!(refusal(&[]).await.contains("t.json in artifact Built cannot be read: "));
    assert!(super::stack(&world, "s").await.is_none(), "a stack was made");
    world.cloud.stop().await.unwrap();
}

#[tokio::test]
async fn each_mode_names_the_configuration_that_it_lacks() {
    let world = world().await;
    let all = ["ActionMode", "StackName", "TemplatePath", "RoleArn", "ChangeSetName"];
    for (mode, needed) in [
        ("CREATE_UPDATE", &all[..4]),
        ("REPLACE_ON_FAILURE", &all[..4]),
        ("CHANGE_SET_REPLACE", &all),
        ("DELETE_ONLY", &["ActionMode", "StackName", "RoleArn"]),
        ("CHANGE_SET_EXECUTE", &["ActionMode", "StackName", "ChangeSetName"]),
    ] {
        for key in needed {
            let refusal = world.refusal(&without(act(mode, "s", &[("ChangeSetName", "c")]), key)).await;
            assert_eq!(refusal, format!("ConfigurationError: action act needs {key} in its configuration"), "{mode}");
        }
    }
    let refusal = world.refusal(&act("CREATE", "s", &[])).await;
    let modes = "CREATE_UPDATE, REPLACE_ON_FAILURE, DELETE_ONLY, CHANGE_SET_REPLACE, CHANGE_SET_EXECUTE";
    let says = format!("ActionMode of action act cannot be read: \"CREATE\" is none of {modes}");
    assert_eq!(refusal, format!("ConfigurationError: {says}"));
    world.cloud.stop().await.unwrap();
}

#[tokio::test]
async fn a_stack_that_fails_names_the_resource_and_why() {
    let world = world().await;
    world.store("Built", "t.json", &broken()).await;
    let failure = world.run(&act("CREATE_UPDATE", "s", &[])).await.unwrap_err();
    assert_eq!(failure.code, "JobFailed");
    let stack = id(&world, "s").await;
    assert_eq!(failure.external_execution_id.as_ref(), Some(&stack));
    let says = "stack s ended in ROLLBACK_COMPLETE: Broken (AWS::Lambda::Function) CREATE_FAILED: ";
    assert!(failure.message.starts_with(says), "{}", failure.message);
    let refused = format!("Stack:{stack} is in ROLLBACK_COMPLETE state and can not be updated: delete it first");
    for mode in ["CREATE_UPDATE", "CHANGE_SET_REPLACE"] {
        let refusal = world.refusal(&act(mode, "s", &[("ChangeSetName", "c")])).await;
        assert_eq!(refusal, format!("JobFailed: {refused}"), "{mode}");
    }
    assert_eq!(status(&world, "s").await, "ROLLBACK_COMPLETE");
    world.cloud.stop().await.unwrap();
}
