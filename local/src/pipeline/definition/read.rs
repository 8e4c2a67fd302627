//! From JSON to the wire structs, saying by name where it does not fit.

use serde_json::Value;
use serde_path_to_error::{Path, Segment};

use super::error::{DefinitionError, ErrorKind, Place};
use super::wire::Declaration;

/// The declaration, as written.
pub(super) fn read(declaration: &Value) -> Result<Declaration, DefinitionError> {
    serde_path_to_error::deserialize(declaration).map_err(|error| {
        let message = format!("does not fit the pipeline structure: {}", error.inner());
        place(declaration, error.path()).error(ErrorKind::Validation, message)
    })
}

/// People know their stages by name, not by number.
fn place(declaration: &Value, path: &Path) -> Place {
    let (mut place, mut here, mut field) = (Place::pipeline(), Some(declaration), Vec::new());
    for segment in path {
        here = here.and_then(|value| step(value, segment));
        let name = here.and_then(|value| value.get("name")).and_then(Value::as_str);
        match (field.join(".").as_str(), segment, name) {
            ("stages", Segment::Seq { .. }, Some(name)) => (place, field) = (Place::stage(name), Vec::new()),
            ("actions", Segment::Seq { .. }, Some(name)) => (place, field) = (place.action(name), Vec::new()),
            _ => field.push(segment.to_string()),
        }
    }
    if field.is_empty() { place } else { place.field(field.join(".").replace(".[", "[")) }
}

fn step<'v>(value: &'v Value, segment: &Segment) -> Option<&'v Value> {
    match segment {
        Segment::Seq { index } => value.get(index),
        Segment::Map { key } => value.get(key),
        _ => None,
    }
}
