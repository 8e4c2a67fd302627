//! A field that CodePipeline does not know is refused wherever it stands, by its name and its place.

use serde_json::{Value, json};

use super::*;

/// Every structure of the complete pipeline, and where its unknown field is said to be.
const STRUCTURES: &[(&str, &str)] = &[
    ("", ""),
    ("/artifactStore", "field \"artifactStore"),
    ("/artifactStore/encryptionKey", "field \"artifactStore.encryptionKey"),
    ("/variables/0", "field \"variables[0]"),
    ("/triggers/0", "field \"triggers[0]"),
    ("/triggers/0/gitConfiguration", "field \"triggers[0].gitConfiguration"),
    ("/triggers/0/gitConfiguration/push/0", "field \"triggers[0].gitConfiguration.push[0]"),
    ("/triggers/0/gitConfiguration/push/0/branches", "field \"triggers[0].gitConfiguration.push[0].branches"),
    ("/triggers/0/gitConfiguration/push/0/filePaths", "field \"triggers[0].gitConfiguration.push[0].filePaths"),
    ("/triggers/0/gitConfiguration/push/1/tags", "field \"triggers[0].gitConfiguration.push[1].tags"),
    ("/triggers/0/gitConfiguration/pullRequest/0", "field \"triggers[0].gitConfiguration.pullRequest[0]"),
    ("/triggers/0/gitConfiguration/pullRequest/0/branches", "gitConfiguration.pullRequest[0].branches"),
    ("/triggers/0/gitConfiguration/pullRequest/0/filePaths", "gitConfiguration.pullRequest[0].filePaths"),
    ("/stages/1", "stage \"Build\""),
    ("/stages/1/onFailure", "stage \"Build\", field \"onFailure"),
    ("/stages/1/onFailure/retryConfiguration", "stage \"Build\", field \"onFailure.retryConfiguration"),
    ("/stages/1/actions/0", "stage \"Build\", action \"Compile\""),
    ("/stages/1/actions/0/actionTypeId", "stage \"Build\", action \"Compile\", field \"actionTypeId"),
    ("/stages/1/actions/0/inputArtifacts/0", "action \"Compile\", field \"inputArtifacts[0]"),
    ("/stages/1/actions/0/outputArtifacts/0", "action \"Compile\", field \"outputArtifacts[0]"),
    ("/stages/1/actions/0/configuration", "action \"Compile\", field \"configuration.surprise\""),
    ("/stages/3/beforeEntry", "stage \"Prod\", field \"beforeEntry"),
    ("/stages/3/beforeEntry/conditions/0", "stage \"Prod\", field \"beforeEntry.conditions[0]"),
    ("/stages/3/beforeEntry/conditions/0/rules/0", "field \"beforeEntry.conditions[0].rules[0]"),
    ("/stages/3/beforeEntry/conditions/0/rules/0/ruleTypeId", "field \"beforeEntry.conditions[0].rules[0].ruleTypeId"),
    ("/stages/3/beforeEntry/conditions/0/rules/0/configuration", "rules.Window.configuration.surprise\""),
    ("/stages/3/onSuccess", "stage \"Prod\", field \"onSuccess"),
    ("/stages/3/onFailure", "stage \"Prod\", field \"onFailure"),
];

#[test]
fn an_unknown_field_is_refused_by_name_in_every_structure() {
    for (pointer, place) in STRUCTURES {
        let error = refusals::refused_in(complete(), &format!("{pointer}/surprise"), json!("x"));
        assert!(error.contains("surprise") && error.contains("unknown"), "{pointer}: {error}");
        assert!(error.contains(place), "{pointer}: expected {place}\n  got {error}");
    }
}

#[test]
fn no_structure_is_missing_from_the_table() {
    let of =
        |pointer: &str| pointer.split('/').filter(|part| part.parse::<usize>().is_err()).collect::<Vec<_>>().join("/");
    let known: Vec<String> = STRUCTURES.iter().map(|(pointer, _)| of(pointer)).collect();
    for pointer in mutations::nodes(&complete()) {
        if complete().pointer(&pointer).is_some_and(Value::is_object) {
            let kind = of(&pointer).replace("onSuccess/", "beforeEntry/");
            assert!(known.contains(&kind), "{pointer}");
        }
    }
}
