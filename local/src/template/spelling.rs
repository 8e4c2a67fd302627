//! CloudFormation's spelling, which begins with a capital where the API's does not.

use serde_json::Value;

use super::problem::Problem;

/// What the properties spell as only the API does. What a configuration holds has names of its own.
pub(super) fn check(value: &Value, path: &str) -> Vec<Problem> {
    match value {
        Value::Object(members) => members.iter().flat_map(|(key, value)| member(key, value, path)).collect(),
        Value::Array(items) => {
            items.iter().enumerate().flat_map(|(index, item)| check(item, &format!("{path}[{index}]"))).collect()
        }
        _ => Vec::new(),
    }
}

fn member(key: &str, value: &Value, path: &str) -> Vec<Problem> {
    let path = format!("{path}.{key}");
    if key.starts_with(|c: char| c.is_ascii_lowercase()) {
        return vec![Problem::at(&path, "is no property of a pipeline; begin it with a capital".to_owned())];
    }
    if key == "Configuration" { Vec::new() } else { check(value, &path) }
}
