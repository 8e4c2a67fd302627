//! What `configure` needs of a template: which parameters it declares, and what it exports.

use std::collections::BTreeSet;

use crate::{
    configure::exports::{self, FixedExport},
    digest::node::Node,
    text,
};

/// Why a template cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path} is not a CloudFormation template: {detail}")]
pub struct InvalidTemplate {
    path: String,
    detail: String,
}

/// A template that is to be deployed.
#[derive(Debug)]
pub struct Template {
    path: String,
    node: Node,
}

impl Template {
    /// Reads YAML or JSON; `path` is where it stands.
    pub fn read(path: &str, text: &[u8]) -> Result<Self, InvalidTemplate> {
        let invalid = |detail: String| InvalidTemplate { path: path.to_owned(), detail };
        let yaml = std::str::from_utf8(text).map_err(|error| invalid(error.to_string()))?;
        let node: Node = serde_saphyr::from_str(yaml).map_err(|error| invalid(text::yaml_complaint(&error)))?;
        if !matches!(node.get("Resources"), Some(Node::Map(_))) {
            return Err(invalid("it has no map of Resources".to_owned()));
        }
        Ok(Self { path: path.to_owned(), node })
    }

    /// The names of its parameters.
    pub fn parameters(&self) -> BTreeSet<String> {
        let declared = self.node.get("Parameters").map(Node::entries).unwrap_or_default();
        declared.iter().map(|(name, _)| name.clone()).collect()
    }

    /// Refuses what two previews could want to export.
    pub fn check_exports(&self) -> Result<(), FixedExport> {
        exports::check(&self.path, &self.node)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn declared(text: &str) -> Vec<String> {
        Template::read("t.yaml", text.as_bytes()).unwrap().parameters().into_iter().collect()
    }

    #[test]
    fn the_names_of_the_parameters_whatever_else_a_template_holds() {
        let text = r#"
AWSTemplateFormatVersion: '2010-09-09'
Transform: AWS::Serverless-2016-10-31
Parameters:
  Stage: {Type: String}
  LogLevel:
    Type: String
    Default: info
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
Resources:
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: !Sub "${AWS::StackName}-${Stage}"
      Tags: !If [IsProd, [{Key: a, Value: !GetAtt X.Arn}], !Ref "AWS::NoValue"]
Outputs:
  Url: {Value: !Join ['', [a, !Ref Table]], Export: {Name: !Sub "ApiUrl-${Stage}"}}
"#;
        assert_eq!(declared(text), ["LogLevel", "Stage"]);
    }

    #[test]
    fn json_and_templates_without_parameters() {
        assert!(declared(r#"{"Resources": {"A": {"Type": "AWS::SNS::Topic"}}}"#).is_empty());
        assert!(declared("Parameters:\nResources: {}").is_empty());
    }

    #[test]
    fn what_is_not_a_template_is_refused_by_name() {
        for text in ["", "[]", "Resources: [", "a: b", "{", "Resources: {}\nResources: {}", "\u{0}"] {
            let message = Template::read("app-output_sam.yaml", text.as_bytes()).unwrap_err().to_string();
            assert!(
                message.starts_with("app-output_sam.yaml is not a CloudFormation template: "),
                "{text:?}: {message}"
            );
        }
        assert!(Template::read("t", b"\xff").is_err());
    }
}
