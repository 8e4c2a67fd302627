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
    /// Whether resources may come into being that it does not name. Each lookup that fails asks for it.
    #[serde(skip)]
    pub(super) is_open: bool,
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
        let mut template: Self = serde_path_to_error::deserialize(document)
            .map_err(|error| Error::Shape { at: error.path().to_string(), message: error.inner().to_string() })?;
        template.is_open = template.may_grow();
        Ok(template)
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

    /// By a transform, or by what another tool puts in place of a resource.
    fn may_grow(&self) -> bool {
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
        let default = |(name, parameter): (&String, &Parameter)| parameter.default_not_allowed(name);
        let defaults = self.parameters.iter().filter_map(default);
        let given = given.iter().filter_map(|(name, value)| self.parameters.get(name)?.not_allowed(name, value));
        untyped.chain(defaults).chain(given).collect()
    }
}

impl Parameter {
    pub(super) fn is_list(&self) -> bool {
        self.r#type.contains("List")
    }

    /// Whether its value is the name of a parameter in the account.
    pub(super) fn is_elsewhere(&self) -> bool {
        self.r#type.starts_with("AWS::SSM::Parameter::Value")
    }

    /// A default keeps to the constraints, also where another value is given.
    fn default_not_allowed(&self, name: &str) -> Option<Problem> {
        let default = self.default.as_ref().filter(|_| !self.is_elsewhere())?;
        self.not_allowed(name, &text(default))
    }

    /// Of a list each item is one of the allowed values.
    fn not_allowed(&self, name: &str, value: &str) -> Option<Problem> {
        let allowed: Vec<String> = self.allowed_values.iter().map(text).collect();
        let is_allowed = |item: &str| allowed.iter().any(|allowed| allowed == item);
        let items: Vec<&str> = if self.is_list() { value.split(',').map(str::trim).collect() } else { vec![value] };
        let refused = items.into_iter().find(|item| !is_allowed(item));
        let item = refused.filter(|_| !allowed.is_empty())?;
        let message = format!("{item:?} is not allowed; use one of {}", allowed.join(", "));
        Some(Problem::at(&format!("Parameters.{name}"), message))
    }
}
