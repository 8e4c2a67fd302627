//! From the file's text to a value with every function in its long form.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value, json};
use serde_saphyr::{DuplicateKeyPolicy, Options, Tagged, budget, options};

use super::problem::{Error, MOST};

/// The most bytes of a template, which is CloudFormation's own limit.
pub const LARGEST: usize = 1_048_576;

/// The deepest nesting of YAML: no template comes near it, and the stack of a thread is enough for it.
const DEEPEST: usize = 48;

/// What a text says.
#[derive(Debug, Default)]
pub(super) struct Document {
    pub(super) value: Value,
    /// The paths of keys that stand more than once; only the last counts, as with CloudFormation.
    pub(super) repeated: Vec<String>,
}

/// Reads YAML or JSON; `!GetAtt Table.Arn` is `{"Fn::GetAtt": ["Table", "Arn"]}`.
pub(super) fn read(text: &str) -> Result<Document, Error> {
    if text.len() > LARGEST {
        return Err(Error::TooLong { bytes: text.len() });
    }
    let yaml = || serde_saphyr::from_str_with_options::<Long>(text, limits()).map(|Long(document)| document);
    let failed = |error: &dyn fmt::Display| Error::Unreadable(error.to_string());
    if !text.trim_start().starts_with('{') {
        return yaml().map_err(|error| failed(&error));
    }
    // Tabs are fine in JSON and an error in YAML, whose maps may begin with a brace, too.
    let json = serde_json::from_str::<Plain>(text).map(|Plain(document)| document);
    json.or_else(|error| yaml().map_err(|_| failed(&error)))
}

/// Anchors must not multiply a template. CloudFormation, too, takes `Y` for a text.
fn limits() -> Options {
    let budget = budget! {
        enforce_alias_anchor_ratio: false,
        max_depth: DEEPEST,
        max_documents: 1,
        max_total_scalar_bytes: 4 * LARGEST,
        max_recorded_anchor_bytes: 4 * LARGEST,
    };
    let mut options = options! {
        budget: budget,
        strict_booleans: true,
        with_snippet: false,
        duplicate_keys: DuplicateKeyPolicy::LastWins,
    };
    options.alias_limits.max_total_replayed_events = 100_000;
    options
}

/// A node of YAML.
struct Long(Document);

impl<'de> Deserialize<'de> for Long {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Tagged(Untagged(mut document), tag) = Tagged::deserialize(deserializer)?;
        let function = tag.as_deref().and_then(|tag| tag.strip_prefix('!'));
        if let Some(function) = function.filter(|name| !name.is_empty() && !name.starts_with('!')) {
            document.value = called(function, document.value);
        }
        Ok(Self(document))
    }
}

fn called(function: &str, given: Value) -> Value {
    let given = match (function, given) {
        ("GetAtt", Value::String(path)) => match path.split_once('.') {
            Some((resource, attribute)) => json!([resource, attribute]),
            None => path.into(),
        },
        (_, given) => given,
    };
    let name = match function {
        "Ref" | "Condition" => function.to_owned(),
        _ => format!("Fn::{function}"),
    };
    Value::Object(Map::from_iter([(name, given)]))
}

struct Untagged(Document);

impl<'de> Deserialize<'de> for Untagged {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Shape::<Long>(PhantomData)).map(Self)
    }
}

/// A node of JSON, which has no tags.
struct Plain(Document);

impl<'de> Deserialize<'de> for Plain {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Shape::<Self>(PhantomData)).map(Self)
    }
}

impl From<Long> for Document {
    fn from(Long(document): Long) -> Self {
        document
    }
}

impl From<Plain> for Document {
    fn from(Plain(document): Plain) -> Self {
        document
    }
}

impl From<Value> for Document {
    fn from(value: Value) -> Self {
        Self { value, ..Self::default() }
    }
}

impl Document {
    /// The value of a part, whose repeated keys are this one's too.
    fn absorb(&mut self, step: &dyn fmt::Display, part: Self) -> Value {
        for path in part.repeated {
            self.repeat(format!("{step}.{path}"));
        }
        part.value
    }

    /// No more of them than anybody reads.
    fn repeat(&mut self, path: String) {
        if self.repeated.len() < MOST {
            self.repeated.push(path);
        }
    }
}

/// Any value whose parts are nodes of this kind.
struct Shape<N>(PhantomData<N>);

impl<'de, N: Deserialize<'de> + Into<Document>> Visitor<'de> for Shape<N> {
    type Value = Document;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_str<E>(self, text: &str) -> Result<Document, E> {
        Ok(Value::from(text).into())
    }

    fn visit_bool<E>(self, value: bool) -> Result<Document, E> {
        Ok(Value::from(value).into())
    }

    fn visit_i64<E>(self, number: i64) -> Result<Document, E> {
        Ok(Value::from(number).into())
    }

    fn visit_u64<E>(self, number: u64) -> Result<Document, E> {
        Ok(Value::from(number).into())
    }

    // JSON's own numbers end here; what a template means is the text.
    fn visit_i128<E>(self, number: i128) -> Result<Document, E> {
        Ok(Value::from(number.to_string()).into())
    }

    fn visit_u128<E>(self, number: u128) -> Result<Document, E> {
        Ok(Value::from(number.to_string()).into())
    }

    fn visit_f64<E>(self, number: f64) -> Result<Document, E> {
        Ok(Value::from(number).into())
    }

    fn visit_unit<E>(self) -> Result<Document, E> {
        Ok(Document::default())
    }

    fn visit_none<E>(self) -> Result<Document, E> {
        Ok(Document::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Document, A::Error> {
        let (mut document, mut list) = (Document::default(), Vec::new());
        while let Some(item) = items.next_element::<N>()? {
            list.push(document.absorb(&list.len(), item.into()));
        }
        document.value = list.into();
        Ok(document)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Document, A::Error> {
        let (mut document, mut map) = (Document::default(), Map::new());
        while let Some((key, value)) = entries.next_entry::<String, N>()? {
            let value = document.absorb(&key, value.into());
            if map.insert(key.clone(), value).is_some() {
                document.repeat(key);
            }
        }
        document.value = map.into();
        Ok(document)
    }
}
