use serde_json::{Value, json};

use crate::api::json::present;
use crate::api::types;

fn action_types(request: Value) -> Vec<Value> {
    let answer = present(types::list_actions(&serde_json::from_value(request).unwrap()).unwrap());
    assert_eq!(answer.get("nextToken"), None);
    answer["actionTypes"].as_array().unwrap().clone()
}

#[test]
fn every_action_that_can_run_here_is_listed_with_its_configuration_and_artifacts() {
    let all = action_types(json!({}));
    let named = |provider: &str| all.iter().find(|one| one["id"]["provider"] == provider).unwrap();
    let property = |name: &str, required: bool| json!({"name": name, "required": required, "key": required, "secret": false, "queryable": false, "type": "String"});
    let expected = json!({
        "id": {"category": "Invoke", "owner": "AWS", "provider": "Lambda", "version": "1"},
        "actionConfigurationProperties": [property("FunctionName", true), property("UserParameters", false)],
        "inputArtifactDetails": {"minimumCount": 0, "maximumCount": 5},
        "outputArtifactDetails": {"minimumCount": 0, "maximumCount": 5},
    });
    assert_eq!(*named("Lambda"), expected);
    assert_eq!(named("CodeBuild")["inputArtifactDetails"], json!({"minimumCount": 1, "maximumCount": 5}));
    assert_eq!(action_types(json!({"actionOwnerFilter": "AWS", "regionFilter": "us-east-1"})), all);
    for nothing in [json!({"actionOwnerFilter": "Custom"}), json!({"regionFilter": "eu-west-1"})] {
        assert_eq!(action_types(nothing), [] as [Value; 0]);
    }
}

#[test]
fn every_rule_that_can_run_here_is_listed() {
    let answer = types::list_rules(&serde_json::from_value(json!({})).unwrap());
    let providers: Vec<_> =
        answer["ruleTypes"].as_array().unwrap().iter().map(|rule| &rule["id"]["provider"]).collect();
    assert_eq!(providers, ["DeploymentWindow", "CloudWatchAlarm", "LambdaInvoke", "VariableCheck"]);
    assert_eq!(answer["ruleTypes"][2]["inputArtifactDetails"], json!({"minimumCount": 0, "maximumCount": 5}));
    let elsewhere = types::list_rules(&serde_json::from_value(json!({"regionFilter": "eu-west-1"})).unwrap());
    assert_eq!(elsewhere, json!({"ruleTypes": []}));
}
