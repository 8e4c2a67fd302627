//! Whether a JSON value holds what another one names.

use serde_json::Value;

use crate::text::fit;

/// How much of a value is shown, in characters.
pub(super) const SHOWN: usize = 200;

/// The first difference: objects must hold the named keys, arrays are compared whole, anything else must be equal.
pub(super) fn difference(expected: &Value, found: &Value) -> Option<String> {
    at(&mut String::new(), expected, found)
}

fn at(path: &mut String, expected: &Value, found: &Value) -> Option<String> {
    match (expected, found) {
        (Value::Object(fields), Value::Object(_)) => fields.iter().find_map(|(key, expected)| {
            below(path, &key.replace('~', "~0").replace('/', "~1"), |path| match found.get(key) {
                Some(found) => at(path, expected, found),
                None => Some(told(path, &format!("expected {}, got nothing", shown(expected)))),
            })
        }),
        (Value::Array(expected), Value::Array(found)) if expected.len() == found.len() => {
            let mut pairs = expected.iter().zip(found).enumerate();
            pairs.find_map(|(index, (expected, found))| {
                below(path, &index.to_string(), |path| at(path, expected, found))
            })
        }
        (Value::Array(expected), Value::Array(found)) => {
            Some(told(path, &format!("expected {} elements, got {}", expected.len(), found.len())))
        }
        (expected, found) if equal(expected, found) => None,
        (expected, found) => Some(told(path, &format!("expected {}, got {}", shown(expected), shown(found)))),
    }
}

fn below<T>(path: &mut String, step: &str, look: impl FnOnce(&mut String) -> T) -> T {
    let length = path.len();
    path.push('/');
    path.push_str(step);
    let seen = look(path);
    path.truncate(length);
    seen
}

/// JSON knows one kind of number: `1` is `1.0`.
fn equal(expected: &Value, found: &Value) -> bool {
    match (expected, found) {
        (Value::Number(a), Value::Number(b)) if a.is_f64() != b.is_f64() => a.as_f64() == b.as_f64(),
        _ => expected == found,
    }
}

fn told(path: &str, words: &str) -> String {
    if path.is_empty() { words.to_owned() } else { format!("at {}: {words}", fit(path, SHOWN)) }
}

fn shown(value: &Value) -> String {
    fit(&value.to_string(), SHOWN)
}
