//! What a CloudFormation action says about the stack: parameters, tags, policy.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// The file that `TemplateConfiguration` names.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields, default)]
pub(super) struct TemplateConfiguration {
    pub(super) parameters: BTreeMap<String, Text>,
    pub(super) tags: BTreeMap<String, Text>,
    pub(super) stack_policy: Option<Value>,
}

impl TemplateConfiguration {
    /// Reads the file.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        // serde would take an array for a struct's fields in their order.
        if !text.trim_start().starts_with('{') {
            return Err("it is not a JSON object".to_owned());
        }
        serde_json::from_str(text).map_err(|error| reason(&error))
    }
}

/// What is wrong, without the value. I26: it may be a secret, and serde quotes it.
pub(super) fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let without = |prefix: &str| {
        let (found, expected) = text.strip_prefix(prefix)?.rsplit_once(", expected ")?;
        let kind = found.split([' ', '"', '`']).next()?;
        Some(format!("{prefix}{kind}, expected {expected}"))
    };
    ["invalid type: ", "invalid value: "].into_iter().find_map(without).unwrap_or(text)
}

/// CloudFormation's values are texts; numbers and booleans are taken as they are written, and a list with commas between
/// its members.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Value")]
pub(super) struct Text(pub(super) String);

impl TryFrom<Value> for Text {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        match value {
            Value::Array(members) => {
                let members: Result<Vec<_>, _> = members.into_iter().map(plain).collect();
                Ok(Self(members?.join(",")))
            }
            other => plain(other).map(Self),
        }
    }
}

fn plain(value: Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text),
        Value::Number(_) | Value::Bool(_) => Ok(value.to_string()),
        // I26: not the value, which may be a secret.
        Value::Null => Err("null is not a text".to_owned()),
        Value::Array(_) => Err("a list in a list is not a text".to_owned()),
        Value::Object(_) => Err("an object is not a text".to_owned()),
    }
}

/// A value of `ParameterOverrides`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Value")]
pub(super) enum Override {
    /// The value itself.
    Text(String),
    /// `Fn::GetArtifactAtt`: where an input artifact lies.
    ArtifactAttribute { artifact: String, attribute: Attribute },
    /// `Fn::GetParam`: a key of a JSON file in an input artifact.
    FileKey { artifact: String, file: String, key: String },
}

/// An attribute of an artifact's location.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) enum Attribute {
    BucketName,
    ObjectKey,
    #[serde(rename = "URL")]
    Url,
}

#[derive(Deserialize)]
enum Function {
    #[serde(rename = "Fn::GetArtifactAtt")]
    GetArtifactAtt(String, Attribute),
    #[serde(rename = "Fn::GetParam")]
    GetParam(String, String, String),
}

impl TryFrom<Value> for Override {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        if !value.is_object() {
            return Text::try_from(value).map(|Text(text)| Self::Text(text));
        }
        match serde_json::from_value(value).map_err(|error| reason(&error))? {
            Function::GetArtifactAtt(artifact, attribute) => Ok(Self::ArtifactAttribute { artifact, attribute }),
            Function::GetParam(artifact, file, key) => Ok(Self::FileKey { artifact, file, key }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_configuration_holds_texts() {
        let read = TemplateConfiguration::parse;
        let settings =
            read(r#"{"Parameters": {"A": "x", "N": 1, "B": true, "L": ["a", 2]}, "Tags": {"t": "v"}, "StackPolicy": {"S": []}}"#)
                .unwrap();
        let values: Vec<_> = settings.parameters.into_values().map(|Text(text)| text).collect();
        assert_eq!(values, ["x", "true", "a,2", "1"]);
        assert_eq!(settings.tags["t"], Text("v".into()));
        assert!(settings.stack_policy.is_some());
        assert_eq!(read("{}").unwrap(), TemplateConfiguration::default());
        for wrong in [r#"{"Parameter": {}}"#, r#"{"Parameters": {"A": [[1]]}}"#, "[]", "", r#"{"Tags": {"a": null}}"#] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn overrides_are_texts_or_functions() {
        for (text, expected) in [
            (r#""v""#, Override::Text("v".into())),
            ("3", Override::Text("3".into())),
            (r#"["subnet-1", "subnet-2"]"#, Override::Text("subnet-1,subnet-2".into())),
            ("[]", Override::Text(String::new())),
            (
                r#"{"Fn::GetArtifactAtt": ["Build", "ObjectKey"]}"#,
                Override::ArtifactAttribute { artifact: "Build".into(), attribute: Attribute::ObjectKey },
            ),
            (
                r#"{"Fn::GetParam": ["Build", "a.json", "Key"]}"#,
                Override::FileKey { artifact: "Build".into(), file: "a.json".into(), key: "Key".into() },
            ),
        ] {
            assert_eq!(serde_json::from_str::<Override>(text).unwrap(), expected);
        }
        for wrong in [
            "null",
            "[null]",
            r#"[{"Fn::GetParam": ["a", "b", "c"]}]"#,
            r#"{"Fn::Sub": "x"}"#,
            r#"{"Fn::GetParam": ["a"]}"#,
            r#"{"Fn::GetArtifactAtt": ["a", "Size"]}"#,
        ] {
            assert!(serde_json::from_str::<Override>(wrong).is_err(), "{wrong}");
        }
    }

    /// I26
    #[test]
    fn a_refusal_names_the_kind_of_a_value_and_never_the_value() {
        let file = |text: &str| TemplateConfiguration::parse(text).unwrap_err();
        let overrides = |text: &str| reason(&serde_json::from_str::<BTreeMap<String, Override>>(text).unwrap_err());
        for (message, says) in [
            (file(r#"{"Parameters": {"P": {"a": "hunter2"}}}"#), "an object is not a text"),
            (file(r#"{"Parameters": {"P": [["hunter2"]]}}"#), "a list in a list is not a text"),
            (file(r#"{"Parameters": {"P": null}}"#), "null is not a text"),
            (file(r#"{"Parameters": "hunter2, expected"}"#), "invalid type: string, expected a map"),
            (overrides(r#""hunter2""#), "invalid type: string, expected a map"),
            (overrides(r#"{"P": {"Fn::GetParam": "hunter2"}}"#), "invalid type: string, expected tuple variant"),
            (overrides(r#"{"P": [{"a": "hunter2"}]}"#), "an object is not a text"),
        ] {
            assert!(message.starts_with(says) && !message.contains("hunter2"), "{message}");
        }
    }
}
