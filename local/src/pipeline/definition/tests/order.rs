//! Who reads what whom writes: never something that comes later, or that depends on the reader.

use serde_json::{Value, json};

use super::*;

/// A build that reads and writes these artifacts.
fn build(name: &str, order: u32, inputs: &[&str], output: &str) -> Value {
    let mut build = action(name, "Build", "CodeBuild");
    build["configuration"] = json!({"ProjectName": "p", "PrimarySource": inputs[0]});
    build["runOrder"] = json!(order);
    build["namespace"] = json!(format!("{name}Variables"));
    build["inputArtifacts"] = inputs.iter().map(|name| json!({"name": name})).collect();
    build["outputArtifacts"] = json!([{"name": output}]);
    build
}

fn with(stages: &[(&str, Vec<Value>)]) -> Result<Pipeline, String> {
    let mut declaration = valid();
    let stages = stages.iter().map(|(name, actions)| json!({"name": name, "actions": actions}));
    declaration["stages"] = [valid()["stages"][0].clone()].into_iter().chain(stages).collect();
    read(&declaration)
}

fn refused(stages: &[(&str, Vec<Value>)], stage: &str, action: &str, why: &str) {
    let error = with(stages).unwrap_err();
    let place = format!("InvalidActionDeclarationException: stage {stage:?}, action {action:?}, field");
    assert!(error.starts_with(&place) && error.contains(why), "expected {place} … {why}\n  got {error}");
}

#[test]
fn what_an_earlier_action_wrote_can_be_read() {
    let first = ("One", vec![build("B", 2, &["Code", "a"], "b"), build("A", 1, &["Code"], "a")]);
    assert!(
        with(&[first, ("Two", vec![build("C", 1, &["b", "a"], "c")])]).is_ok(),
        "runOrder counts, not the order written"
    );
}

#[test]
fn cycles_of_artifacts_are_refused_naming_both_actions() {
    refused(
        &[("One", vec![build("A", 1, &["Code", "b"], "a"), build("B", 2, &["a"], "b")])],
        "One",
        "A",
        "\"inputArtifacts\": \"b\" is written by action \"B\" of stage \"One\", which does not run earlier",
    );
    refused(
        &[("One", vec![build("A", 1, &["b"], "a"), build("B", 1, &["a"], "b")])],
        "One",
        "A",
        "\"b\" is written by action \"B\" of stage \"One\"",
    );
    refused(
        &[
            ("One", vec![build("A", 1, &["c"], "a")]),
            ("Two", vec![build("B", 1, &["a"], "b")]),
            ("Three", vec![build("C", 1, &["b"], "c")]),
        ],
        "One",
        "A",
        "\"c\" is written by action \"C\" of stage \"Three\", which does not run earlier",
    );
    refused(&[("One", vec![build("A", 1, &["Code", "a"], "a")])], "One", "A", "\"a\" is written by this action itself");
    refused(
        &[("One", vec![build("A", 1, &["nowhere"], "a")])],
        "One",
        "A",
        "\"nowhere\" is not an output of an earlier action",
    );
}

#[test]
fn variables_come_from_earlier_actions_too() {
    let reading = |mut action: Value, variable: &str| {
        action["configuration"]["ProjectName"] = json!(format!("#{{{variable}}}"));
        action
    };
    let (a, b) = (build("A", 1, &["Code"], "a"), build("B", 2, &["a"], "b"));
    assert!(with(&[("One", vec![a.clone(), reading(b.clone(), "AVariables.X")])]).is_ok());
    refused(
        &[("One", vec![reading(a.clone(), "BVariables.X"), b.clone()])],
        "One",
        "A",
        "\"configuration.ProjectName\": #{BVariables.X} is provided by action \"B\" of stage \"One\", which does not run",
    );
    refused(
        &[("One", vec![reading(a, "AVariables.X"), b])],
        "One",
        "A",
        "#{AVariables.X} is provided by this action itself",
    );
}

#[test]
fn a_rule_reads_no_artifact_of_its_stage_before_it_is_written() {
    let mut declaration = conditions::guarded();
    let rule = json!({"name": "Ask", "ruleTypeId": {"category": "Rule", "provider": "LambdaInvoke"},
        "configuration": {"FunctionName": "f"}, "inputArtifacts": [{"name": "Package"}]});
    let condition = |result: &str| json!({"conditions": [{"result": result, "rules": [rule]}]});
    declaration["stages"][1]["onSuccess"] = condition("FAIL");
    assert!(read(&declaration).is_ok());
    declaration["stages"][1]["beforeEntry"] = condition("FAIL");
    let error = read(&declaration).unwrap_err();
    let expected = "InvalidStageDeclarationException: stage \"Build\", \
        field \"beforeEntry.conditions.rules.Ask.inputArtifacts\": \
        \"Package\" is written by action \"Compile\" of stage \"Build\", which does not run earlier";
    assert!(error.starts_with(expected), "{error}");
}
