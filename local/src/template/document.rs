//! From the file's text to a value with every function in its long form.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value, json};
use serde_saphyr::{Options, Tagged, budget, options};

use super::problem::Error;

/// The most bytes of a template, which is CloudFormation's own limit.
pub const LARGEST: usize = 1_048_576;

/// The deepest nesting of YAML: no template comes near it, and the stack of a thread is enough for it.
const DEEPEST: usize = 48;

/// Reads YAML or JSON; `!GetAtt Table.Arn` is `{"Fn::GetAtt": ["Table", "Arn"]}`.
pub(super) fn read(text: &str) -> Result<Value, Error> {
    if text.len() > LARGEST {
        return Err(Error::TooLong { bytes: text.len() });
    }
    let yaml = || serde_saphyr::from_str_with_options::<Long>(text, limits()).map(|Long(value)| value);
    // The library's advice to whoever programs with it.
    let words =
        |error: &dyn fmt::Display| error.to_string().replace(", set DuplicateKeyPolicy in Options if acceptable", "");
    let failed = |error: &dyn fmt::Display| Error::Unreadable(words(error));
    if !text.trim_start().starts_with('{') {
        return yaml().map_err(|error| failed(&error));
    }
    // Tabs are fine in JSON and an error in YAML, whose maps may begin with a brace, too.
    let json = serde_json::from_str::<Plain>(text).map(|Plain(value)| value);
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
    let mut options = options! { budget: budget, strict_booleans: true, with_snippet: false };
    options.alias_limits.max_total_replayed_events = 100_000;
    options
}

/// A node of YAML.
struct Long(Value);

impl<'de> Deserialize<'de> for Long {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Tagged(Untagged(value), tag) = Tagged::deserialize(deserializer)?;
        Ok(Self(match tag.as_deref().and_then(|tag| tag.strip_prefix('!')) {
            Some(function) if !function.is_empty() && !function.starts_with('!') => called(function, value),
            _ => value,
        }))
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

struct Untagged(Value);

impl<'de> Deserialize<'de> for Untagged {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Shape::<Long>(PhantomData)).map(Self)
    }
}

/// A node of JSON, which has no tags.
struct Plain(Value);

impl<'de> Deserialize<'de> for Plain {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Shape::<Self>(PhantomData)).map(Self)
    }
}

impl From<Long> for Value {
    fn from(Long(value): Long) -> Self {
        value
    }
}

impl From<Plain> for Value {
    fn from(Plain(value): Plain) -> Self {
        value
    }
}

/// Any value whose parts are nodes of this kind.
struct Shape<N>(PhantomData<N>);

impl<'de, N: Deserialize<'de> + Into<Value>> Visitor<'de> for Shape<N> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(number.into())
    }

    // JSON's own numbers end here; what a template means is the text.
    fn visit_i128<E>(self, number: i128) -> Result<Value, E> {
        Ok(number.to_string().into())
    }

    fn visit_u128<E>(self, number: u128) -> Result<Value, E> {
        Ok(number.to_string().into())
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = vec![];
        while let Some(item) = items.next_element::<N>()? {
            list.push(item.into());
        }
        Ok(list.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some((key, value)) = entries.next_entry::<String, N>()? {
            if map.contains_key(&key) {
                return Err(A::Error::custom(format!("duplicate key {key:?}")));
            }
            map.insert(key, value.into());
        }
        Ok(map.into())
    }
}
