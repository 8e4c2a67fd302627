use serde_json::{Value, json};

use super::{act, world};
use crate::world::World;

const STACK: &str = r#"{
    "Parameters": {"One": {"Type": "String", "Default": "-"}, "Many": {"Type": "CommaDelimitedList", "Default": "-"}},
    "Resources": {"T": {"Type": "AWS::SNS::Topic"}},
    "Outputs": {"One": {"Value": {"Ref": "One"}}, "Many": {"Value": {"Fn::Join": ["+", {"Ref": "Many"}]}}}
}"#;

async fn deployed(world: &World, overrides: &Value) -> (String, String) {
    let overrides = overrides.to_string();
    let more = [("ParameterOverrides", overrides.as_str()), ("TemplateConfiguration", "Config::c.json")];
    let mut outputs = world.run(&act("CREATE_UPDATE", "s", &more)).await.unwrap().variables;
    (outputs.remove("One").unwrap(), outputs.remove("Many").unwrap())
}

#[tokio::test]
async fn values_come_from_the_configuration_the_action_the_artifacts_and_their_files() {
    let world = world().await;
    world.store("Built", "t.json", STACK).await;
    let file = json!({"Parameters": {"One": "file", "Many": ["f", 1]}, "Tags": {"team": "a"}}).to_string();
    world.store("Config", "c.json", &file).await;
    let location = |attribute: &str| json!({"Fn::GetArtifactAtt": ["Built", attribute]});
    let key = |key: &str| json!({"Fn::GetParam": ["Built", "t.json", key]});
    for (overrides, one, many) in [
        (json!({}), "file", "f+1"),
        (json!({"One": "action"}), "action", "f+1"),
        (json!({"One": 3, "Many": "a,b"}), "3", "a+b"),
        (json!({"One": true, "Many": ["a", "b", "c"]}), "true", "a+b+c"),
        (json!({"One": location("BucketName"), "Many": location("ObjectKey")}), "artifacts", "p/Built"),
        (json!({"One": location("URL")}), "https://s3.us-east-1.amazonaws.com/artifacts/p/Built", "f+1"),
    ] {
        assert_eq!(deployed(&world, &overrides).await, (one.to_owned(), many.to_owned()), "{overrides}");
    }

    let refusal = world
        .refusal(&act("CREATE_UPDATE", "s", &[("ParameterOverrides", &json!({"One": key("Note")}).to_string())]))
        .await;
    assert_eq!(refusal, "ConfigurationError: t.json in artifact Built has no text under the key \"Note\"");
    world.cloud.stop().await.unwrap();
}

#[tokio::test]
async fn a_stack_takes_what_another_left_in_its_output_file() {
    let world = world().await;
    world.store("Built", "t.json", STACK).await;
    let of_first = json!({"One": "1", "Many": ["a", "b"]}).to_string();
    let more = [("ParameterOverrides", of_first.as_str()), ("OutputFileName", "first.json")];
    world.run(&act("CREATE_UPDATE", "first", &more)).await.unwrap();

    let from = |key: &str| json!({"Fn::GetParam": ["Outputs", "first.json", key]});
    let overrides = json!({"One": from("Many"), "Many": from("One")}).to_string();
    let mut second = act("CREATE_UPDATE", "second", &[("ParameterOverrides", &overrides)]);
    second.inputs.append(&mut second.outputs);
    let variables = world.run(&second).await.unwrap().variables;
    assert_eq!((&*variables["One"], &*variables["Many"]), ("a+b", "1"));
    for (artifact, file, says) in [
        ("Outputs", "absent.json", "artifact Outputs holds no file absent.json"),
        ("Absent", "first.json", "action act has no input artifact Absent"),
    ] {
        let overrides = json!({"One": {"Fn::GetParam": [artifact, file, "One"]}}).to_string();
        second.configuration.insert("ParameterOverrides".into(), overrides);
        let refusal = world.refusal(&second).await;
        assert!(refusal.starts_with("ConfigurationError: ") && refusal.contains(says), "{refusal}");
    }
    world.cloud.stop().await.unwrap();
}
