//! What a template names.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_saphyr::Tagged;

use crate::digest::{
    Object, Reference,
    reference::{object, s3_uri, s3_url},
};

/// The objects that `text` names inside its `Resources`; none when it is not a template.
pub fn references(text: &[u8]) -> Vec<Reference> {
    let Ok(text) = std::str::from_utf8(text) else { return vec![] };
    let template: Option<Node> = serde_saphyr::from_str(text).ok();
    let mut found = vec![];
    if let Some(resources) = template.as_ref().and_then(|template| template.get("Resources")) {
        walk(resources, &mut found);
    }
    found
}

/// A value of a template. Numbers and the like name nothing, and neither does what an intrinsic function gives.
#[derive(Debug)]
enum Node {
    Text(String),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
    Else,
}

impl Node {
    fn get(&self, key: &str) -> Option<&Self> {
        let Self::Map(entries) = self else { return None };
        entries.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    fn text(&self, key: &str) -> Option<&str> {
        match self.get(key)? {
            Self::Text(text) => Some(text),
            Self::List(_) | Self::Map(_) | Self::Else => None,
        }
    }
}

/// The properties that name a template by its URL, each with its resource's type.
const NESTED: [(&str, &str); 2] =
    [("AWS::CloudFormation::Stack", "TemplateURL"), ("AWS::Serverless::Application", "Location")];

fn walk(node: &Node, found: &mut Vec<Reference>) {
    match node {
        Node::Text(text) => found.extend(s3_uri(text).map(Reference::Package)),
        Node::List(items) => items.iter().for_each(|item| walk(item, found)),
        Node::Map(entries) => {
            found.extend(named_by(node).map(Reference::Package));
            found.extend(nested_by(node).map(Reference::Template));
            // What a program is told is not what is deployed, and may name data that changes by the minute.
            entries.iter().filter(|(key, _)| key != "Environment").for_each(|(_, value)| walk(value, found));
        }
        Node::Else => {}
    }
}

/// `{S3Bucket, S3Key, S3ObjectVersion}` or `{Bucket, Key, Version}`.
fn named_by(node: &Node) -> Option<Object> {
    let place = |bucket, key, version| object(node.text(bucket)?, node.text(key)?, node.text(version));
    place("S3Bucket", "S3Key", "S3ObjectVersion").or_else(|| place("Bucket", "Key", "Version"))
}

fn nested_by(node: &Node) -> Option<Object> {
    let (_, property) = NESTED.into_iter().find(|(kind, _)| node.text("Type") == Some(kind))?;
    node.get("Properties")?.text(property).and_then(s3_url)
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Tagged(Untagged(node), tag) = Tagged::deserialize(deserializer)?;
        // `!Ref Name` is not the text `Name`.
        let is_function = tag.is_some_and(|tag| tag.starts_with('!'));
        Ok(match node {
            Node::Text(_) if is_function => Self::Else,
            node => node,
        })
    }
}

struct Untagged(Node);

impl<'de> Deserialize<'de> for Untagged {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Shape).map(Self)
    }
}

struct Shape;

impl<'de> Visitor<'de> for Shape {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_str<E>(self, text: &str) -> Result<Node, E> {
        Ok(Node::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut list = vec![];
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Node, A::Error> {
        let mut map = vec![];
        while let Some(entry) = entries.next_entry()? {
            map.push(entry);
        }
        Ok(Node::Map(map))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Node, E> {
        Ok(Node::Else)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Node, E> {
        Ok(Node::Else)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Node, E> {
        Ok(Node::Else)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Node, E> {
        Ok(Node::Else)
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Else)
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Else)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(text: &str) -> Vec<String> {
        let show = |reference: Reference| match reference {
            Reference::Package(object) => object.to_string(),
            Reference::Template(object) => format!("{object} and what it names"),
        };
        references(text.as_bytes()).into_iter().map(show).collect()
    }

    #[test]
    fn every_form_inside_resources_and_nothing_outside() {
        let text = r#"
Transform: AWS::Serverless-2016-10-31
Metadata: {Docs: s3://outside/metadata}
Resources:
  Sam:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: s3://p/sam
      Timeout: 3
      Environment: {Variables: {DATA: s3://data/today}}
      Layers: [{ContentUri: s3://p/layer}, !Ref Layer]
  Plain:
    Type: AWS::Lambda::Function
    Properties:
      Code: {S3Bucket: p, S3Key: plain, S3ObjectVersion: v7}
  Api:
    Type: AWS::Serverless::Api
    Properties:
      DefinitionUri: {Bucket: p, Key: api, Version: '8'}
  Nested:
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: "https://s3.eu-west-1.amazonaws.com/p/nested.template"}
  Application:
    Type: AWS::Serverless::Application
    Properties: {Location: "https://p.s3.amazonaws.com/application.template"}
Outputs:
  Bucket: {Value: s3://outside/output}
"#;
        assert_eq!(
            named(text),
            [
                "s3://p/sam",
                "s3://p/layer",
                "s3://p/plain in version v7",
                "s3://p/api in version 8",
                "s3://p/nested.template and what it names",
                "s3://p/application.template and what it names",
            ]
        );
    }

    #[test]
    fn what_an_intrinsic_function_fills_in_is_not_named() {
        let text = r#"
Resources:
  A:
    Properties:
      Code: {S3Bucket: !Ref Bucket, S3Key: !Sub "${Name}/k"}
      Short: {S3Bucket: b, S3Key: !Ref Key}
      Long: {S3Bucket: {Ref: Bucket}, S3Key: {Fn::Sub: "${Name}"}}
      CodeUri: !Sub "s3://${Bucket}/k"
      Tagged: !Sub "s3://b/k"
"#;
        assert!(named(text).is_empty(), "{:?}", named(text));
    }

    #[test]
    fn json_is_read_and_what_is_no_template_names_nothing() {
        assert_eq!(named(r#"{"Resources": {"A": {"Properties": {"CodeUri": "s3://b/k"}}}}"#), ["s3://b/k"]);
        for text in ["", "[]", "{", "null", "Resources: s3://", "a: s3://b/k", "{{ helm }}", "\u{0}"] {
            assert!(named(text).is_empty(), "{text:?}");
        }
        assert!(references(b"\xff").is_empty());
    }
}
