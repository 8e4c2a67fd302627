//! CodePipeline's quotas: what is just allowed, and what is just not.

use serde_json::{Value, json};

use super::*;

/// So many calls; `order` tells when the nth runs.
fn calls(count: usize, order: impl Fn(usize) -> usize) -> Value {
    let call = |n: usize| {
        let mut call = action(&format!("Call{n}"), "Invoke", "Lambda");
        call["configuration"] = json!({"FunctionName": "f", "UserParameters": "x".repeat(1000)});
        call["runOrder"] = json!(order(n));
        call
    };
    (0..count).map(call).collect()
}

/// The valid source stage, and stages of so many actions.
fn with_stages(actions: &[usize]) -> Result<Pipeline, (ErrorKind, String)> {
    with(actions.iter().map(|count| calls(*count, |_| 999)).collect())
}

fn with(stages: Vec<Value>) -> Result<Pipeline, (ErrorKind, String)> {
    let mut declaration = valid();
    let stages = stages.into_iter().enumerate();
    let stages = stages.map(|(n, actions)| json!({"name": format!("S{n}"), "actions": actions}));
    declaration["stages"] = [valid()["stages"][0].clone()].into_iter().chain(stages).collect();
    Pipeline::from_declaration(&declaration).map_err(|error| (error.kind, error.to_string()))
}

#[test]
fn a_pipeline_has_2_to_50_stages() {
    assert_eq!(with_stages(&[]).unwrap_err().0, ErrorKind::Structure);
    assert!(with_stages(&[1]).is_ok());
    assert!(with_stages(&[1; 49]).is_ok());
    let error = with_stages(&[1; 50]).unwrap_err();
    assert_eq!(error, (ErrorKind::Limit, "field \"stages\": has 51 stages; CodePipeline takes 50 at most".into()));
}

#[test]
fn a_stage_has_50_actions_beside_or_after_each_other() {
    for order in [|_| 1, |n| n + 1] {
        assert!(with(vec![calls(50, order)]).is_ok());
        let error = with(vec![calls(51, order)]).unwrap_err();
        assert_eq!(error, (ErrorKind::Limit, "stage \"S0\": has 51 actions; CodePipeline takes 50 at most".into()));
    }
}

#[test]
fn a_pipeline_has_500_actions() {
    assert!(with_stages(&[&[50; 9][..], &[49]].concat()).is_ok(), "with the source that is 500");
    for (stages, count) in [(vec![50; 10], 501), (vec![999], 1000), (vec![37; 27], 1000)] {
        let message = format!("field \"stages\": has {count} actions; CodePipeline takes 500 at most");
        assert_eq!(with_stages(&stages).unwrap_err(), (ErrorKind::Limit, message));
    }
}

#[test]
fn too_many_actions_are_refused_before_any_is_looked_at() {
    let broken = json!({"name": "", "actionTypeId": {"category": "", "owner": "", "provider": "", "version": ""}});
    let error = with(vec![vec![broken; 1000].into()]).unwrap_err();
    assert_eq!(error.0, ErrorKind::Limit);
}

#[test]
fn keys_have_50_characters_and_values_1000() {
    let refused = |key: &str, value: String| {
        refusals::refused_in(valid(), &format!("/stages/1/actions/1/configuration/{key}"), value.into())
    };
    assert!(refused(&"k".repeat(50), "v".into()).contains("is unknown to Lambda"));
    let long = "k".repeat(51);
    let error = refused(&long, "v".into());
    let expected = format!(
        "ValidationException: stage \"Build\", action \"Configure\", field \"configuration.{long}\": has 51 characters"
    );
    assert!(error.starts_with(&expected), "{error}");
    let error = refused("UserParameters", "ü".repeat(1001));
    assert!(
        error.contains("field \"configuration.UserParameters\": has 1001 characters; it must have 1 to 1000"),
        "{error}"
    );
}

#[test]
fn a_pipeline_has_50_variables() {
    let variables = |count: usize| {
        let mut declaration = valid();
        let names = ["Stack".to_owned()].into_iter().chain((1..count).map(|n| format!("V{n}")));
        let value = "x".repeat(1000);
        declaration["variables"] =
            names.map(|name| json!({"name": name, "defaultValue": value, "description": "d".repeat(200)})).collect();
        read(&declaration)
    };
    assert_eq!(variables(50).map(|pipeline| pipeline.variables.len()), Ok(50));
    let error = variables(51).unwrap_err();
    assert_eq!(error, "ValidationException: field \"variables\": has 51 items; 50 is the most");
}
