//! The one thing `configure` needs of a template: which parameters it declares.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, de::IgnoredAny};

use crate::text;

/// Why a template cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path} is not a CloudFormation template: {detail}")]
pub struct InvalidTemplate {
    path: String,
    detail: String,
}

#[derive(Deserialize)]
struct Template {
    #[serde(rename = "Parameters", default)]
    parameters: Option<BTreeMap<String, IgnoredAny>>,
    #[serde(rename = "Resources")]
    _resources: BTreeMap<String, IgnoredAny>,
}

/// The names under `Parameters`, from YAML or JSON.
pub fn declared_parameters(path: &str, template: &[u8]) -> Result<BTreeSet<String>, InvalidTemplate> {
    let invalid = |detail: String| InvalidTemplate { path: path.to_owned(), detail };
    let yaml = std::str::from_utf8(template).map_err(|error| invalid(error.to_string()))?;
    let template: Template = serde_saphyr::from_str(yaml).map_err(|error| invalid(text::yaml_complaint(&error)))?;
    Ok(template.parameters.unwrap_or_default().into_keys().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn declared(text: &str) -> Vec<String> {
        declared_parameters("t.yaml", text.as_bytes()).unwrap().into_iter().collect()
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
            let message = declared_parameters("app-output_sam.yaml", text.as_bytes()).unwrap_err().to_string();
            assert!(
                message.starts_with("app-output_sam.yaml is not a CloudFormation template: "),
                "{text:?}: {message}"
            );
        }
        assert!(declared_parameters("t", b"\xff").is_err());
    }
}
