//! `template.yaml` as CloudFormation takes it: aliases resolved, and every function in its long form.

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value, json};
use serde_saphyr::Tagged;

use crate::binaries::checkout;

/// The template of this checkout.
pub(crate) fn template() -> Value {
    let text = std::fs::read_to_string(checkout().join("template.yaml")).unwrap();
    parse(&text)
}

fn parse(text: &str) -> Value {
    // CloudFormation, too, takes `Y` for a text.
    let options = serde_saphyr::options! { strict_booleans: true };
    serde_saphyr::from_str_with_options::<Node>(text, options).unwrap().0
}

struct Node(Value);

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Tagged(Untagged(value), tag) = Tagged::deserialize(deserializer)?;
        Ok(Self(match tag.as_deref().and_then(|tag| tag.strip_prefix('!')) {
            Some(function) if !function.starts_with('!') => called(function, value),
            _ => value,
        }))
    }
}

/// `!GetAtt Table.Arn` is `{"Fn::GetAtt": ["Table", "Arn"]}`.
fn called(function: &str, given: Value) -> Value {
    match (function, given) {
        ("Ref" | "Condition", given) => json!({function: given}),
        ("GetAtt", Value::String(path)) => {
            let (resource, attribute) = path.split_once('.').unwrap();
            json!({"Fn::GetAtt": [resource, attribute]})
        }
        (_, given) => json!({format!("Fn::{function}"): given}),
    }
}

struct Untagged(Value);

impl<'de> Deserialize<'de> for Untagged {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Shape).map(Self)
    }
}

struct Shape;

impl<'de> Visitor<'de> for Shape {
    type Value = Value;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
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

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = vec![];
        while let Some(Node(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(list.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some((key, Node(value))) = entries.next_entry::<String, _>()? {
            map.insert(key, value);
        }
        Ok(map.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_in_their_long_form_and_aliases_written_out() {
        let text = "a: &A [!Ref X, !GetAtt T.Arn, !Sub 's', !If [C, 1, !Ref Y], true, !Condition D]\nb: {c: *A}\n";
        let long = json!([{"Ref": "X"}, {"Fn::GetAtt": ["T", "Arn"]}, {"Fn::Sub": "s"},
            {"Fn::If": ["C", 1, {"Ref": "Y"}]}, true, {"Condition": "D"}]);
        assert_eq!(parse(text), json!({"a": long, "b": {"c": long}}));
    }
}
