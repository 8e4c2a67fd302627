//! From JSON to the wire structs, saying by name where it does not fit.

use std::mem::discriminant;

use serde_json::Value;
use serde_path_to_error::Segment;

use super::error::{DefinitionError, ErrorKind, Place};
use super::wire::Declaration;

/// A step from a value to one inside it.
#[derive(Clone)]
enum Step {
    Item(usize),
    Member(String),
}

/// The declaration, as written.
pub(super) fn read(declaration: &Value) -> Result<Declaration, DefinitionError> {
    let refuse = |path: &[Step], why: &dyn std::fmt::Display| {
        let message = format!("does not fit the pipeline structure: {why}");
        place(declaration, path).error(ErrorKind::Validation, message)
    };
    if !declaration.is_object() {
        return Err(refuse(&[], &"the pipeline is no object"));
    }
    let read: Declaration = serde_path_to_error::deserialize(declaration)
        .map_err(|error| refuse(&error.path().iter().map(step).collect::<Vec<_>>(), error.inner()))?;
    let understood = serde_json::to_value(&read).map_err(|error| refuse(&[], &error))?;
    match other_kind(declaration, &understood, Vec::new()) {
        None => Ok(read),
        Some((path, needed)) => Err(refuse(&path, &format!("{needed} belongs here"))),
    }
}

fn step(segment: &Segment) -> Step {
    match segment {
        Segment::Seq { index } => Step::Item(*index),
        other => Step::Member(other.to_string()),
    }
}

/// Where another kind of value stands than was understood: serde takes a list for a struct's fields in their order, and an
/// object for a word, and CodePipeline takes neither.
fn other_kind(written: &Value, understood: &Value, path: Vec<Step>) -> Option<(Vec<Step>, &'static str)> {
    let below = |step: Step| path.iter().cloned().chain([step]).collect();
    match (written, understood) {
        // What is not written has a default.
        (Value::Object(written), Value::Object(understood)) => understood
            .iter()
            .find_map(|(key, value)| other_kind(written.get(key)?, value, below(Step::Member(key.clone())))),
        (Value::Array(written), Value::Array(understood)) => {
            let mut items = written.iter().zip(understood).enumerate();
            items.find_map(|(index, (written, value))| other_kind(written, value, below(Step::Item(index))))
        }
        _ if discriminant(written) == discriminant(understood) => None,
        (_, Value::Object(_)) => Some((path, "an object")),
        (_, Value::Array(_)) => Some((path, "a list")),
        _ => Some((path, "a word or a number")),
    }
}

/// People know their stages by name, not by number.
fn place(declaration: &Value, path: &[Step]) -> Place {
    let (mut place, mut here, mut field) = (Place::pipeline(), Some(declaration), Vec::new());
    for step in path {
        here = here.and_then(|value| match step {
            Step::Item(index) => value.get(index),
            Step::Member(key) => value.get(key),
        });
        let name = here.and_then(|value| value.get("name")).and_then(Value::as_str);
        match (field.join(".").as_str(), step, name) {
            ("stages", Step::Item(_), Some(name)) => (place, field) = (Place::stage(name), Vec::new()),
            ("actions", Step::Item(_), Some(name)) => (place, field) = (place.action(name), Vec::new()),
            (_, Step::Item(index), _) => field.push(format!("[{index}]")),
            (_, Step::Member(key), _) => field.push(key.clone()),
        }
    }
    if field.is_empty() { place } else { place.field(field.join(".").replace(".[", "[")) }
}
