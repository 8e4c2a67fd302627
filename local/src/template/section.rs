//! The sections of a template that matter to its pipelines.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::problem::{Error, Problem};
use super::resolver::text;

/// A template, with unresolved functions.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Template {
    pub(super) transform: Value,
    pub(super) parameters: BTreeMap<String, Parameter>,
    pub(super) mappings: Map<String, Value>,
    pub(super) conditions: BTreeMap<String, Value>,
    pub(super) resources: BTreeMap<String, Value>,
}

/// A parameter's declaration.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Parameter {
    pub(super) r#type: String,
    pub(super) default: Option<Value>,
    pub(super) allowed_values: Vec<Value>,
}

impl Template {
    pub(super) fn read(document: &Value) -> Result<Self, Error> {
        serde_path_to_error::deserialize(document)
            .map_err(|error| Error::Shape { at: error.path().to_string(), message: error.inner().to_string() })
    }

    /// The names of its resources of this type.
    pub(super) fn of_type<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a str> {
        let is = move |resource: &Value| resource.get("Type").and_then(Value::as_str) == Some(kind);
        self.resources.iter().filter(move |(_, resource)| is(resource)).map(|(name, _)| name.as_str())
    }

    /// What expands it before CloudFormation reads it.
    pub(super) fn transforms(&self) -> Vec<&str> {
        let items = match &self.transform {
            Value::Array(items) => items.iter().collect(),
            Value::Null => Vec::new(),
            one => vec![one],
        };
        let names = items.into_iter().map(|item| item.as_str().or_else(|| item.get("Name")?.as_str()));
        names.map(|name| name.unwrap_or("an unnamed one")).collect()
    }

    /// The transforms that may do anything to it; what AWS's own do is documented.
    pub(super) fn macros(&self) -> Vec<&str> {
        self.transforms().into_iter().filter(|name| !name.starts_with("AWS::")).collect()
    }

    /// What a transform would make resources of.
    pub(super) fn unexpanded(&self) -> impl Iterator<Item = &str> {
        self.resources.keys().map(String::as_str).filter(|name| name.starts_with("Fn::"))
    }

    /// Whether resources may come into being that it does not name: by a transform, or by what another tool puts in
    /// place of a resource.
    pub(super) fn is_open(&self) -> bool {
        let foreign = |(name, resource): (&String, &Value)| {
            let kind = resource.get("Type").and_then(Value::as_str);
            name.starts_with("Fn::") || kind.is_some_and(|kind| !kind.contains("::"))
        };
        !self.transforms().is_empty() || self.resources.iter().any(foreign)
    }

    /// Stacks within the stack.
    pub(super) fn nested(&self) -> impl Iterator<Item = &str> {
        self.of_type("AWS::CloudFormation::Stack").chain(self.of_type("AWS::Serverless::Application"))
    }

    /// What is wrong outside its pipelines.
    pub(super) fn problems(&self, given: &BTreeMap<String, String>) -> Vec<Problem> {
        let untyped = self.resources.iter().filter(|(name, resource)| {
            !name.starts_with("Fn::") && resource.get("Type").and_then(Value::as_str).is_none()
        });
        let untyped =
            untyped.map(|(name, _)| Problem::at(&format!("Resources.{name}"), "has no Type; give it one".to_owned()));
        untyped.chain(given.iter().filter_map(|(name, value)| self.not_allowed(name, value))).collect()
    }

    fn not_allowed(&self, name: &str, value: &str) -> Option<Problem> {
        let allowed: Vec<String> = self.parameters.get(name)?.allowed_values.iter().map(text).collect();
        let message = format!("{value:?} is not allowed; use one of {}", allowed.join(", "));
        let refused = !allowed.is_empty() && !allowed.iter().any(|allowed| allowed == value);
        refused.then(|| Problem::at(&format!("Parameters.{name}"), message))
    }
}
