//! The API's own model, as far as requests are checked by it.

use std::collections::BTreeMap;

use regex_lite::Regex;
use serde::{Deserialize, Deserializer, de};

/// What botocore 1.43 knows of the requests that are served here; `tests/api/extract.py` makes it.
const MODEL: &str = include_str!("model.json");

/// Operations and the shapes of their requests.
#[derive(Debug, Deserialize)]
pub(super) struct Model {
    operations: BTreeMap<String, String>,
    shapes: BTreeMap<String, Shape>,
}

/// A kind of value, and the constraints on it.
#[derive(Debug, Deserialize)]
pub(super) struct Shape {
    #[serde(flatten)]
    pub(super) kind: Kind,
    #[serde(rename = "enum", default)]
    pub(super) allowed: Vec<String>,
    pub(super) min: Option<i64>,
    pub(super) max: Option<i64>,
    pub(super) pattern: Option<Pattern>,
}

/// What a value is; other shapes go by their names.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub(super) enum Kind {
    Structure {
        #[serde(default)]
        members: BTreeMap<String, String>,
        #[serde(default)]
        required: Vec<String>,
    },
    List {
        member: String,
    },
    Map {
        key: String,
        value: String,
    },
    String,
    Integer,
    Boolean,
    Timestamp,
}

/// A pattern that the whole of a string must match.
#[derive(Debug)]
pub(super) struct Pattern {
    /// As the model writes it.
    pub(super) text: String,
    whole: Regex,
}

impl Model {
    /// The model in this binary.
    pub(super) fn embedded() -> serde_json::Result<Self> {
        serde_json::from_str(MODEL)
    }

    /// The shape of an operation's request, where the operation is served.
    pub(super) fn request(&self, operation: &str) -> Option<&Shape> {
        self.shape(self.operations.get(operation)?)
    }

    /// The shape of this name.
    pub(super) fn shape(&self, name: &str) -> Option<&Shape> {
        self.shapes.get(name)
    }
}

impl Pattern {
    pub(super) fn matches(&self, text: &str) -> bool {
        self.whole.is_match(text)
    }
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let whole = Regex::new(&format!("^(?:{text})$")).map_err(de::Error::custom)?;
        Ok(Self { text, whole })
    }
}
