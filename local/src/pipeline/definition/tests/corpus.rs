//! Pipelines that others published: each is read, or refused for a reason that names what is not here.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::*;

/// The files of a folder beside the workspace, none where it is absent.
fn files(folder: &str) -> Vec<(PathBuf, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus").join(folder);
    let Ok(entries) = std::fs::read_dir(&folder) else {
        println!("skipped: no {}", folder.display());
        return Vec::new();
    };
    entries.map(|entry| entry.unwrap().path()).filter_map(|path| Some((path.clone(), read(&path)?))).collect()
}

/// YAML and JSON alike; a file that is neither, such as a quoted excerpt, counts for nothing.
fn read(path: &Path) -> Option<Value> {
    let text = std::fs::read_to_string(path).unwrap();
    serde_json::from_str(&text).ok().or_else(|| serde_saphyr::from_str(&text).ok())
}

/// Every object below `value` that has this member.
fn holders<'v>(value: &'v Value, member: &str) -> Vec<&'v Value> {
    let children: Vec<&Value> = match value {
        Value::Object(members) => members.values().collect(),
        Value::Array(items) => items.iter().collect(),
        _ => Vec::new(),
    };
    let below = children.into_iter().flat_map(|child| holders(child, member));
    value.get(member).into_iter().map(|_| value).chain(below).collect()
}

/// What CloudFormation would put in place of its functions does not matter here.
fn without_functions(value: &Value) -> Value {
    match value {
        Value::Object(members) => match members.keys().next() {
            Some(key) if members.len() == 1 && (key == "Ref" || key.starts_with("Fn::")) => "resolved".into(),
            _ => members.iter().map(|(key, value)| (key.clone(), without_functions(value))).collect(),
        },
        // The short forms, `!GetAtt [Role, Arn]`, are read as lists; real lists here hold objects.
        Value::Array(items) if items.first().is_some_and(|item| !item.is_object()) => "resolved".into(),
        Value::Array(items) => items.iter().map(without_functions).collect(),
        other => other.clone(),
    }
}

#[test]
fn published_pipelines_are_read_or_refused_by_name() {
    for (path, document) in files("pipeline-json") {
        for holder in holders(&document, "pipeline") {
            let outcome = match Pipeline::from_declaration(&holder["pipeline"]) {
                Ok(pipeline) => format!("runs, {} stages", pipeline.stages.len()),
                Err(error) => {
                    assert!(error.place != Place::default(), "{}: {error}", path.display());
                    error.to_string()
                }
            };
            println!("{}: {outcome}", path.file_name().unwrap().display());
        }
    }
}

#[test]
fn every_published_action_is_known_or_refused_by_its_type() {
    for (path, document) in files("pipelines-fragments").into_iter().chain(files("pipelines")) {
        for action in holders(&without_functions(&document), "ActionTypeId") {
            let mut api = from_cloudformation(action, "unused");
            for key in ["inputArtifacts", "outputArtifacts"] {
                // A list chosen by `Fn::If`.
                if let Some(list @ Value::String(_)) = api.get_mut(key) {
                    *list = Value::Array(Vec::new());
                }
            }
            let declared: wire::Action = serde_json::from_value(api.clone())
                .unwrap_or_else(|error| panic!("{}: {error}: {api}", path.display()));
            let outcome = action::check(&Place::stage("stage"), &declared);
            let known = Provider::find(&declared.action_type_id).is_some();
            let by_type = |error: &DefinitionError| error.place.field.as_deref() == Some("actionTypeId");
            assert_eq!(outcome.as_ref().is_err_and(by_type), !known, "{}: {outcome:?}", path.display());
        }
    }
}
