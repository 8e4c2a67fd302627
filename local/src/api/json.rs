//! How the API writes things.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::pipeline::action::Artifact;
use crate::pipeline::engine::ErrorDetails;

/// The longest summary.
const SUMMARY: usize = 2048;
/// The longest id of a provider's own.
const EXTERNAL_ID: usize = 1500;
/// The longest message.
const MESSAGE: usize = 5000;

/// Seconds since 1970, to the millisecond.
pub(super) fn time(at: Timestamp) -> Value {
    json!(SignedDuration::from_millis(at.as_millisecond()).as_secs_f64())
}

/// A summary, as much of it as the API may show.
pub(super) fn summary(text: Option<&String>) -> Value {
    clipped(text, SUMMARY)
}

/// The provider's own id.
pub(super) fn external_id(text: Option<&String>) -> Value {
    clipped(text, EXTERNAL_ID)
}

/// Why an action or a rule failed.
pub(super) fn error_details(error: Option<&ErrorDetails>) -> Value {
    error.map_or(Value::Null, |error| json!({"code": error.code, "message": clipped(Some(&error.message), MESSAGE)}))
}

/// Artifacts and where they lie.
pub(super) fn artifacts(artifacts: &[Artifact]) -> Value {
    let artifact = |artifact: &Artifact| {
        let location = &artifact.location;
        json!({"name": artifact.name, "s3location": {"bucket": location.bucket, "key": location.key}})
    };
    artifacts.iter().map(artifact).collect()
}

/// The same without members that are null: the API leaves out what is absent.
pub(super) fn present(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let members = members.into_iter().filter(|(_, value)| !value.is_null());
            members.map(|(name, value)| (name, present(value))).collect()
        }
        Value::Array(items) => items.into_iter().map(present).collect(),
        other => other,
    }
}

/// The API knows no empty texts here.
fn clipped(text: Option<&String>, max: usize) -> Value {
    let clip = |text: &String| text.chars().take(max).collect::<String>().into();
    text.filter(|text| !text.is_empty()).map_or(Value::Null, clip)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_number_of_seconds_to_the_millisecond() {
        let at: Timestamp = "2026-07-12T12:00:00.1239Z".parse().unwrap();
        assert_eq!(time(at).to_string(), "1783857600.123");
    }

    #[test]
    fn what_is_absent_is_left_out_at_any_depth() {
        let value = json!({"a": null, "b": [{"c": null, "d": 0}], "e": {"f": null}, "g": ""});
        assert_eq!(present(value), json!({"b": [{"d": 0}], "e": {}, "g": ""}));
    }

    #[test]
    fn texts_are_clipped_by_characters_and_left_out_when_empty() {
        assert_eq!(clipped(Some(&"äöü".to_owned()), 2), json!("äö"));
        assert_eq!(clipped(Some(&String::new()), 2), Value::Null);
        assert_eq!(clipped(None, 2), Value::Null);
    }
}
