//! The same structure in CloudFormation's spelling.

use serde_json::{Map, Value};

/// What an `AWS::CodePipeline::Pipeline` resource declares besides the pipeline.
const NOT_OF_THE_PIPELINE: [&str; 3] = ["DisableInboundStageTransitions", "RestartExecutionOnUpdate", "Tags"];

/// The API's declaration of the pipeline that a resource's resolved properties describe.
///
/// CloudFormation spells keys with a capital and lists `ArtifactStores`; `name` is the physical name where the
/// properties give none. Nothing is checked: that is what reading the declaration does.
pub fn from_cloudformation(properties: &Value, name: &str) -> Value {
    let Value::Object(properties) = properties else { return properties.clone() };
    let mut declaration: Map<String, Value> = properties
        .iter()
        .filter(|(key, _)| !NOT_OF_THE_PIPELINE.contains(&key.as_str()))
        .map(|(key, value)| member(key, value))
        .collect();
    declaration.entry("name").or_insert_with(|| name.into());
    if let Some(stores) = declaration.get_mut("artifactStores") {
        *stores = by_region(stores);
    }
    Value::Object(declaration)
}

fn member(key: &str, value: &Value) -> (String, Value) {
    let value = match key {
        "Configuration" => texts(value),
        "RunOrder" | "TimeoutInMinutes" => number(value),
        _ => lower(value),
    };
    (uncapitalise(key), value)
}

fn lower(value: &Value) -> Value {
    match value {
        Value::Object(members) => members.iter().map(|(key, value)| member(key, value)).collect(),
        Value::Array(items) => items.iter().map(lower).collect(),
        other => text(other),
    }
}

/// A configuration's keys are the provider's own; templates write its values as numbers and booleans too.
fn texts(value: &Value) -> Value {
    match value {
        Value::Object(members) => members.iter().map(|(key, value)| (key.clone(), text(value))).collect(),
        other => other.clone(),
    }
}

/// Everything but two numbers is text, and CloudFormation makes text of numbers and booleans.
fn text(value: &Value) -> Value {
    match value {
        Value::Number(_) | Value::Bool(_) => value.to_string().into(),
        other => other.clone(),
    }
}

/// CloudFormation accepts `"1"` where a number belongs.
fn number(value: &Value) -> Value {
    match value.as_str().and_then(|digits| digits.parse::<u32>().ok()) {
        Some(number) => number.into(),
        None => value.clone(),
    }
}

/// What is no such list, or names a region twice, stays as it is: reading it refuses it.
fn by_region(stores: &Value) -> Value {
    let Some(list) = stores.as_array() else { return stores.clone() };
    match list.iter().map(store).collect::<Option<Map<_, _>>>() {
        Some(stores) if stores.len() == list.len() => Value::Object(stores),
        _ => stores.clone(),
    }
}

fn store(entry: &Value) -> Option<(String, Value)> {
    let members = entry.as_object().filter(|members| members.len() == 2)?;
    Some((members.get("region")?.as_str()?.to_owned(), members.get("artifactStore")?.clone()))
}

fn uncapitalise(key: &str) -> String {
    let mut letters = key.chars();
    letters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(letters).collect()
}
