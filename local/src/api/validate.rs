//! Checks a request against the model, and says what is wrong in AWS's words.

use serde_json::Value;

use super::error::ApiError;
use super::model::{Kind, Model, Shape};

/// Checks a request of this operation.
pub(super) fn request(model: &Model, operation: &str, request: &Value) -> Result<(), ApiError> {
    let shape = model.request(operation).ok_or_else(|| ApiError::unknown(operation))?;
    let mut check = Check { model, violations: Vec::new() };
    check.value(shape, request, "")?;
    match &*check.violations {
        [] => Ok(()),
        [one] => Err(ApiError::validation(format!("1 validation error detected: {one}"))),
        many => {
            let message = format!("{} validation errors detected: {}", many.len(), many.join("; "));
            Err(ApiError::validation(message))
        }
    }
}

/// One demand on a value, and whether it is met.
type Constraint = (String, bool);

struct Check<'a> {
    model: &'a Model,
    violations: Vec<String>,
}

impl Check<'_> {
    /// Constraints that are not met are collected; a value of another type ends the check, for nobody could read it.
    fn value(&mut self, shape: &Shape, value: &Value, path: &str) -> Result<(), ApiError> {
        self.own(shape, value, path);
        match (&shape.kind, value) {
            (Kind::Structure { members, required }, Value::Object(object)) => {
                for name in required.iter().filter(|name| object.get(*name).is_none_or(Value::is_null)) {
                    self.violated("null", &join(path, name), "Member must not be null");
                }
                // What the model does not know, AWS does not look at.
                let mut given = object.iter().filter(|(_, value)| !value.is_null());
                given.try_for_each(|(name, value)| match members.get(name).and_then(|name| self.model.shape(name)) {
                    Some(shape) => self.value(shape, value, &join(path, name)),
                    None => Ok(()),
                })
            }
            (Kind::List { member }, Value::Array(items)) => self.list(member, items, value, path),
            (Kind::Map { key, value: of }, Value::Object(_)) => self.map(key, of, value, path),
            (Kind::String, Value::String(_))
            | (Kind::Timestamp, Value::Number(_))
            | (Kind::Boolean, Value::Bool(_)) => Ok(()),
            (Kind::Integer, Value::Number(number)) if number.is_i64() => Ok(()),
            (kind, _) => {
                Err(ApiError::serialization(&format!("{} cannot be read as {}", what(value), name(kind)), path))
            }
        }
    }

    fn list(&mut self, member: &str, items: &[Value], list: &Value, path: &str) -> Result<(), ApiError> {
        let Some(shape) = self.model.shape(member) else { return Ok(()) };
        if !shape.kind.is_simple() {
            let mut numbered = items.iter().zip(1..);
            return numbered.try_for_each(|(item, n)| self.value(shape, item, &format!("{path}.{n}.member")));
        }
        self.simple(shape, items.iter(), list, path, "Member must satisfy constraint")
    }

    fn map(&mut self, key: &str, of: &str, map: &Value, path: &str) -> Result<(), ApiError> {
        let (Some(key), Some(of), Value::Object(entries)) = (self.model.shape(key), self.model.shape(of), map) else {
            return Ok(());
        };
        let keys: Vec<_> = entries.keys().map(|key| Value::from(key.as_str())).collect();
        self.simple(key, keys.iter(), map, path, "Map keys must satisfy constraint")?;
        if !of.kind.is_simple() {
            return entries.iter().try_for_each(|(key, value)| self.value(of, value, &format!("{path}.{key}.member")));
        }
        self.simple(of, entries.values(), map, path, "Map value must satisfy constraint")
    }

    /// What a collection holds: AWS names the collection, and every constraint on what is in it.
    fn simple<'v>(
        &mut self,
        shape: &Shape,
        mut values: impl Iterator<Item = &'v Value>,
        whole: &Value,
        path: &str,
        demand: &str,
    ) -> Result<(), ApiError> {
        values.try_for_each(|value| {
            let mut inner = Check { model: self.model, violations: Vec::new() };
            inner.value(shape, value, path)?;
            if !inner.violations.is_empty() {
                let all: Vec<_> = constraints(shape, value).into_iter().map(|(text, _)| text).collect();
                self.violated(&format!("'{}'", show(whole)), path, &format!("{demand}: [{}]", all.join(", ")));
            }
            Ok(())
        })
    }

    /// The constraints on the value itself.
    fn own(&mut self, shape: &Shape, value: &Value, path: &str) {
        for (text, met) in constraints(shape, value) {
            if !met {
                self.violated(&format!("'{}'", show(value)), path, &text);
            }
        }
    }

    fn violated(&mut self, value: &str, path: &str, constraint: &str) {
        let violation = format!("Value {value} at '{path}' failed to satisfy constraint: {constraint}");
        if !self.violations.contains(&violation) {
            self.violations.push(violation);
        }
    }
}

fn constraints(shape: &Shape, value: &Value) -> Vec<Constraint> {
    let (size, measure) = match value {
        Value::String(text) => (i64::try_from(text.chars().count()).ok(), "length"),
        Value::Array(items) => (i64::try_from(items.len()).ok(), "length"),
        Value::Object(entries) => (i64::try_from(entries.len()).ok(), "length"),
        _ => (value.as_i64(), "value"),
    };
    let limit = |bound: &str, limit: i64, met: bool| {
        (format!("Member must have {measure} {bound} than or equal to {limit}"), met)
    };
    let max = shape.max.map(|max| limit("less", max, size.is_none_or(|size| size <= max)));
    let min = shape.min.map(|min| limit("greater", min, size.is_none_or(|size| size >= min)));
    let text = value.as_str();
    let pattern = shape.pattern.as_ref().map(|pattern| {
        let met = text.is_none_or(|text| pattern.matches(text));
        (format!("Member must satisfy regular expression pattern: {}", pattern.text), met)
    });
    let allowed = (!shape.allowed.is_empty()).then(|| {
        let met = text.is_none_or(|text| shape.allowed.iter().any(|allowed| allowed == text));
        (format!("Member must satisfy enum value set: [{}]", shape.allowed.join(", ")), met)
    });
    [max, min, pattern, allowed].into_iter().flatten().collect()
}

impl Kind {
    fn is_simple(&self) -> bool {
        matches!(self, Self::String | Self::Integer | Self::Boolean | Self::Timestamp)
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// A value as AWS repeats it.
fn show(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(show).collect::<Vec<_>>().join(", ")),
        Value::Object(entries) => {
            let entries = entries.iter().map(|(key, value)| format!("{key}={}", show(value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

fn what(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "a structure",
    }
}

fn name(kind: &Kind) -> &'static str {
    match kind {
        Kind::Structure { .. } => "a structure",
        Kind::List { .. } => "a list",
        Kind::Map { .. } => "a map",
        Kind::String => "a string",
        Kind::Integer => "a whole number",
        Kind::Boolean => "true or false",
        Kind::Timestamp => "a timestamp, a number of seconds",
    }
}
