//! The functions that look something up: parameters, resources, exports and mappings.

use serde_json::Value;

use super::placeholder;
use super::resolver::{Resolver, text};
use super::section::Parameter;
use crate::cloud::client::{ACCOUNT, REGION};

/// Properties that name a resource.
const NAMES: [&str; 7] =
    ["Name", "BucketName", "FunctionName", "RepositoryName", "RoleName", "TopicName", "ConnectionName"];

impl Resolver<'_> {
    /// What `Ref` gives; none for `AWS::NoValue`.
    pub(super) fn reference(&mut self, name: &str, key: &str) -> Option<Value> {
        let template = self.template;
        if name == "AWS::NoValue" {
            return None;
        }
        if let Some(value) = self.pseudo(name) {
            return Some(value);
        }
        if let Some(parameter) = template.parameters.get(name) {
            return Some(self.parameter(name, parameter, key));
        }
        Some(match template.resources.get(name) {
            Some(resource) => self.resource(name, resource, key).into(),
            None => self.undeclared(name, key),
        })
    }

    fn pseudo(&self, name: &str) -> Option<Value> {
        Some(match name.strip_prefix("AWS::")? {
            "AccountId" => ACCOUNT.into(),
            "Region" => REGION.into(),
            "Partition" => "aws".into(),
            "URLSuffix" => "amazonaws.com".into(),
            "StackName" => self.stack.into(),
            "StackId" => {
                let id = "00000000-0000-4000-8000-000000000000";
                format!("arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{}/{id}", self.stack).into()
            }
            "NotificationARNs" => Value::Array(Vec::new()),
            _ => return None,
        })
    }

    fn parameter(&mut self, name: &str, parameter: &Parameter, key: &str) -> Value {
        let stated = self.given.get(name).cloned().or_else(|| parameter.default.as_ref().map(text));
        let value = match (stated.filter(|_| !parameter.is_elsewhere()), parameter.allowed_values.first()) {
            (Some(stated), _) => stated,
            (None, Some(allowed)) => {
                self.open("parameter", name, key);
                text(allowed)
            }
            (None, None) if parameter.r#type == "Number" => {
                self.open("parameter", name, key);
                "1".to_owned()
            }
            (None, None) => self.open("parameter", name, key),
        };
        if !self.spend(value.len()) {
            return Value::Null;
        }
        if parameter.is_list() { value.split(',').map(str::trim).collect() } else { value.into() }
    }

    /// A resource's name, or its ARN where that is what it is known by.
    fn resource(&mut self, name: &str, resource: &Value, key: &str) -> String {
        let kind = resource.get("Type").and_then(Value::as_str).unwrap_or_default();
        match self.own_name(resource) {
            Some(own) if placeholder::is_known_by_arn(kind) => placeholder::arn(kind, &own),
            Some(own) => own,
            None if placeholder::is_known_by_arn(kind) => placeholder::arn(kind, name),
            None => self.made_up(name, key),
        }
    }

    /// The name that its properties give it. One name is followed, and not the names in it: they may lead in circles.
    fn own_name(&mut self, resource: &Value) -> Option<String> {
        let properties = resource.get("Properties").filter(|_| !self.naming)?;
        let own = NAMES.iter().find_map(|key| properties.get(key))?;
        self.naming = true;
        let own = self.text(own, "");
        self.naming = false;
        Some(own).filter(|own| !own.is_empty())
    }

    /// What `Fn::GetAtt` gives.
    pub(super) fn attribute(&mut self, given: &Value, key: &str) -> Value {
        let (name, attribute) = match given {
            Value::String(path) => path.split_once('.').unwrap_or((path, "")),
            Value::Array(path) => match path.as_slice() {
                [Value::String(name), attribute] => (name.as_str(), attribute.as_str().unwrap_or("attribute")),
                _ => ("", ""),
            },
            _ => ("", ""),
        };
        if attribute.is_empty() {
            return self.misused("Fn::GetAtt", "takes a resource and an attribute", key);
        }
        self.attribute_of(name, attribute, key)
    }

    pub(super) fn attribute_of(&mut self, name: &str, attribute: &str, key: &str) -> Value {
        let template = self.template;
        let Some(resource) = template.resources.get(name) else { return self.undeclared(name, key) };
        let kind = resource.get("Type").and_then(Value::as_str).unwrap_or_default();
        let is_name = attribute == "Name" || attribute.ends_with("Name") && NAMES.contains(&attribute);
        match attribute {
            "Arn" => {
                let own = self.own_name(resource).unwrap_or_else(|| name.to_owned());
                placeholder::arn(kind, &own).into()
            }
            _ if is_name => self.own_name(resource).unwrap_or_else(|| self.made_up(name, key)).into(),
            _ => self.made_up(&format!("{name}{attribute}"), key).into(),
        }
    }

    /// A name that neither parameters nor resources have. Macros may add resources.
    pub(super) fn undeclared(&mut self, name: &str, key: &str) -> Value {
        if !self.template.is_open {
            self.problem(format!("{name:?} is neither a parameter nor a resource of the template"));
        }
        self.made_up(name, key).into()
    }

    pub(super) fn import(&mut self, given: &Value, key: &str) -> Value {
        let name = self.text(given, "");
        self.open("import", &name, key).into()
    }

    pub(super) fn find_in_map(&mut self, given: &[Value], key: &str) -> Option<Value> {
        let [map, first, second, default @ ..] = given else {
            return Some(self.misused("Fn::FindInMap", "takes a mapping and two keys", key));
        };
        let before = self.unknown;
        let keys = [map, first, second].map(|part| self.text(part, ""));
        let [map, first, second] = &keys;
        let mappings = &self.template.mappings;
        let found = mappings.get(map).and_then(|map| map.get(first)?.get(second));
        match (found, default.first().and_then(|default| default.get("DefaultValue"))) {
            (Some(found), _) => self.value(found, key),
            (None, Some(default)) => self.value(default, key),
            (None, None) if self.unknown > before || self.template.is_open => Some(self.made_up(second, key).into()),
            (None, None) => {
                let why = format!("finds nothing in mapping {map:?} for {first:?} and {second:?}");
                Some(self.misused("Fn::FindInMap", &why, key))
            }
        }
    }
}
