//! Two of a name: the message names it, and both owners where it has two.

use serde_json::{Value, json};

use super::*;

#[test]
fn what_is_called_like_another_is_refused() {
    let compile = "/stages/1/actions/0";
    let first = "action \"Compile\" of stage \"Build\"; rename one";
    let rows: Vec<(String, Value, String)> = vec![
        ("/stages/2/name".into(), json!("Build"), "InvalidStructureException: stage \"Build\": two stages have".into()),
        (
            format!("{compile}/name"),
            json!("Configure"),
            "InvalidStageDeclarationException: stage \"Build\", action \"Configure\": two actions of the stage".into(),
        ),
        (
            "/stages/1/actions/1/outputArtifacts/0/name".into(),
            json!("Package"),
            format!(
                "InvalidActionDeclarationException: stage \"Build\", action \"Configure\", field \"outputArtifacts\": \
                \"Package\" is written by two actions, the first is {first}"
            ),
        ),
        (
            format!("{compile}/outputArtifacts"),
            json!([{"name": "Package"}, {"name": "Package"}]),
            "action \"Compile\", field \"outputArtifacts\": \"Package\" is written twice; remove one".into(),
        ),
        (
            "/stages/2/actions/0/namespace".into(),
            json!("BuildVariables"),
            format!(
                "action \"Deploy\", field \"namespace\": \"BuildVariables\" is used by two actions, the first is {first}"
            ),
        ),
        (
            "/stages/2/actions/0/namespace".into(),
            json!("Package"),
            format!("field \"namespace\": \"Package\" names an artifact and a namespace, the other of {first}"),
        ),
        (
            "/stages/1/actions/1/outputArtifacts/0/name".into(),
            json!("BuildVariables"),
            format!("\"BuildVariables\" names an artifact and a namespace, the other of {first}"),
        ),
        (
            "/variables".into(),
            json!([{"name": "Stack"}, {"name": "Other"}, {"name": "Stack"}]),
            "ValidationException: field \"variables.Stack\": two variables have this name; rename one".into(),
        ),
    ];
    for (pointer, value, expected) in rows {
        let error = refusals::refused_in(valid(), &pointer, value.clone());
        assert!(error.contains(&expected), "{pointer} = {value}\n  expected {expected}\n  got      {error}");
    }
}

#[test]
fn actions_of_different_stages_may_share_a_name() {
    let mut declaration = valid();
    declaration["stages"][2]["actions"][0]["name"] = json!("Compile");
    assert!(read(&declaration).is_ok());
}
