//! As much of a template as must be known before CloudFormation is asked: parameters, and what it needs acknowledged.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_saphyr::DuplicateKeyPolicy;

/// Its words are the parser's, which name the line.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Error(String);

/// The sections read of a template, in JSON or YAML.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Template {
    #[serde(default)]
    parameters: BTreeMap<String, Parameter>,
    transform: Option<IgnoredAny>,
    globals: Option<Globals>,
    resources: BTreeMap<String, Member>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Parameter {
    default: Option<IgnoredAny>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Globals {
    #[serde(default)]
    function: BTreeMap<String, IgnoredAny>,
}

/// A macro may put something other than a resource there.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Member {
    Resource(Resource),
    Other(IgnoredAny),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Resource {
    r#type: String,
    #[serde(default)]
    properties: Option<BTreeMap<String, IgnoredAny>>,
}

/// What becomes of a template's macros.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Macros {
    /// A stack is made of what they expand to at once, which must be acknowledged.
    Acknowledged,
    /// A change set shows it first: there `CAPABILITY_AUTO_EXPAND` has no effect, as documented.
    Reviewed,
}

impl Template {
    pub(super) fn parse(text: &str) -> Result<Self, Error> {
        // Tabs are fine in JSON and an error in YAML.
        if text.trim_start().starts_with('{') {
            return serde_json::from_str(text).map_err(|error| Error(error.to_string()));
        }
        // CloudFormation judges the rest of the template; the last of two equal keys counts there.
        let options = serde_saphyr::options! { with_snippet: false, duplicate_keys: DuplicateKeyPolicy::LastWins };
        serde_saphyr::from_str_with_options(text, options).map_err(|error| Error(error.to_string()))
    }

    /// The given names that it does not declare.
    pub(super) fn undeclared<'a>(&self, names: impl Iterator<Item = &'a String>) -> Vec<String> {
        names.filter(|name| !self.parameters.contains_key(*name)).cloned().collect()
    }

    /// The parameters that have no default and are not among the given.
    pub(super) fn unset(&self, given: &BTreeMap<String, String>) -> Vec<String> {
        let unset = self
            .parameters
            .iter()
            .filter(|(name, parameter)| parameter.default.is_none() && !given.contains_key(*name));
        unset.map(|(name, _)| name.clone()).collect()
    }

    /// The capabilities it needs beyond those given.
    pub(super) fn missing_capabilities(&self, given: &BTreeSet<&str>, macros: Macros) -> Vec<&'static str> {
        let (mut iam, mut named) = (false, false);
        for resource in self.resources.values() {
            let Member::Resource(resource) = resource else { continue };
            named |= resource.names_iam();
            iam |= resource.is_iam() || self.makes_role(resource);
        }
        let needs = [
            ("CAPABILITY_NAMED_IAM", named),
            ("CAPABILITY_IAM", iam && !named && !given.contains("CAPABILITY_NAMED_IAM")),
            ("CAPABILITY_AUTO_EXPAND", self.transform.is_some() && macros == Macros::Acknowledged),
        ];
        needs.into_iter().filter(|(name, needed)| *needed && !given.contains(name)).map(|(name, _)| name).collect()
    }

    /// The serverless transform writes a role for what does not name one.
    fn makes_role(&self, resource: &Resource) -> bool {
        let global = self.globals.as_ref().is_some_and(|globals| globals.function.contains_key("Role"));
        match resource.r#type.as_str() {
            "AWS::Serverless::Function" => !global && !resource.has("Role"),
            "AWS::Serverless::StateMachine" => !resource.has("Role"),
            _ => false,
        }
    }
}

impl Resource {
    fn is_iam(&self) -> bool {
        let kinds =
            ["AccessKey", "Group", "InstanceProfile", "ManagedPolicy", "Policy", "Role", "User", "UserToGroupAddition"];
        self.r#type.strip_prefix("AWS::IAM::").is_some_and(|kind| kinds.contains(&kind))
    }

    fn names_iam(&self) -> bool {
        let name = match self.r#type.as_str() {
            "AWS::IAM::Role" => "RoleName",
            "AWS::IAM::User" => "UserName",
            "AWS::IAM::Group" => "GroupName",
            "AWS::IAM::ManagedPolicy" => "ManagedPolicyName",
            "AWS::IAM::InstanceProfile" => "InstanceProfileName",
            _ => return false,
        };
        self.has(name)
    }

    fn has(&self, property: &str) -> bool {
        self.properties.as_ref().is_some_and(|properties| properties.contains_key(property))
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn missing(text: &str, given: &[&str]) -> String {
        let given = given.iter().copied().collect();
        Template::parse(text).unwrap().missing_capabilities(&given, Macros::Acknowledged).join(" ")
    }

    const SAM: &str = "
Transform: AWS::Serverless-2016-10-31
Parameters:
  Stage: {Type: String}
  Size: {Type: Number, Default: 1}
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: !Sub 's3://${Bucket}/x'
      Handler: !If [A, !GetAtt B.C, 'x']
";

    #[test]
    fn parameters_are_known_in_yaml_and_in_json() {
        let json = "{\n\t\"Parameters\": {\"Stage\": {\"Type\": \"String\"}, \"Size\": {\"Default\": \"\"}}, \"Resources\": {}}";
        for text in [SAM, json] {
            let template = Template::parse(text).unwrap();
            let given = ["Stage", "Other"].map(|name| (name.to_owned(), String::new()));
            assert_eq!(template.undeclared(BTreeMap::from(given).keys()), ["Other"]);
            assert_eq!(template.unset(&BTreeMap::new()), ["Stage"]);
        }
    }

    #[test]
    fn capabilities_are_those_documented() {
        let role = "Resources: {R: {Type: AWS::IAM::Role}}";
        let named = "Resources: {R: {Type: AWS::IAM::Role, Properties: {RoleName: x}}, P: {Type: AWS::IAM::Policy}}";
        let plain = "Resources: {T: {Type: AWS::SNS::Topic}, 'Fn::ForEach::X': [a, [b], {}]}";
        for (text, given, expected) in [
            (SAM, &[][..], "CAPABILITY_IAM CAPABILITY_AUTO_EXPAND"),
            (SAM, &["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"], ""),
            (role, &[], "CAPABILITY_IAM"),
            (role, &["CAPABILITY_IAM"], ""),
            (named, &["CAPABILITY_IAM"], "CAPABILITY_NAMED_IAM"),
            (named, &["CAPABILITY_NAMED_IAM"], ""),
            (plain, &[], ""),
        ] {
            assert_eq!(missing(text, given), expected, "{text} {given:?}");
        }
        let with_role = SAM.replace("Transform", "Globals: {Function: {Role: arn}}\nTransform");
        assert_eq!(missing(&with_role, &[]), "CAPABILITY_AUTO_EXPAND");
        let reviewed = Template::parse(SAM).unwrap().missing_capabilities(&BTreeSet::new(), Macros::Reviewed);
        assert_eq!(reviewed, ["CAPABILITY_IAM"]);
    }

    #[test]
    fn what_is_no_template_is_told_with_its_line() {
        let error = Template::parse("Resources:\n  A:\n   - b\n  c\n").unwrap_err().to_string();
        assert!(error.contains("line 4"), "{error}");
        let error = Template::parse("{\n\"Resources\": }").unwrap_err().to_string();
        assert!(error.contains("line 2"), "{error}");
        for text in ["", "a", "Parameters: {}", "{}"] {
            assert!(Template::parse(text).is_err(), "{text}");
        }
    }

    /// Public templates, read where they are present.
    #[test]
    fn public_templates_can_be_read() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus/sam");
        let Ok(entries) = std::fs::read_dir(&folder) else {
            println!("passed without the corpus: {} is not there", folder.display());
            return;
        };
        for path in entries.map(|entry| entry.unwrap().path()) {
            let parsed = Template::parse(&std::fs::read_to_string(&path).unwrap());
            parsed.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        }
    }
}
