//! The shapes of a template, as CloudFormation's YAML has them. Short forms of intrinsic functions (`!Sub`, `!GetAtt`, `!Ref`)
//! are read as the text or list that they stand before.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::{Effect, Error, Statement};
use crate::permission::Part;

const ROLE: &str = "AWS::IAM::Role";
/// Policies that are written apart from a role.
const POLICIES: [&str; 5] = [
    "AWS::IAM::Policy",
    "AWS::IAM::RolePolicy",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::UserPolicy",
    "AWS::IAM::GroupPolicy",
];
/// SAM makes a role of these.
const FUNCTION: &str = "AWS::Serverless::Function";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Template {
    resources: BTreeMap<String, Resource>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Resource {
    r#type: String,
    #[serde(default)]
    properties: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Role {
    #[serde(default)]
    policies: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Policy {
    policy_document: Document,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Document {
    statement: Vec<Value>,
}

/// No `NotAction`, no `NotResource`: what they allow cannot be counted.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Written {
    sid: Option<String>,
    effect: Effect,
    action: OneOrMany,
    resource: OneOrMany,
    #[serde(default)]
    condition: Value,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "it must be a text or a list of texts (!Sub, !GetAtt and !Ref before a text)")]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

pub(super) fn roles(text: &str) -> Result<BTreeMap<String, Vec<Statement>>, Error> {
    let options = serde_saphyr::options! { with_snippet: false };
    let template: Template =
        serde_saphyr::from_str_with_options(text, options).map_err(|error| Error::Template(error.to_string()))?;
    let mut roles = BTreeMap::new();
    for (name, resource) in template.resources {
        if resource.has_policies_elsewhere() {
            return Err(Error::Elsewhere { resource: name });
        }
        if resource.r#type == ROLE {
            let statements = statements(&name, resource.properties)?;
            roles.insert(name, statements);
        }
    }
    Ok(roles)
}

impl Resource {
    fn has_policies_elsewhere(&self) -> bool {
        POLICIES.contains(&&*self.r#type) || self.r#type == FUNCTION && self.properties.get("Policies").is_some()
    }
}

fn statements(role: &str, properties: Value) -> Result<Vec<Statement>, Error> {
    let wrong = |source| Error::Role { role: role.to_owned(), source };
    let written: Role = serde_json::from_value(properties).map_err(wrong)?;
    let policies = written.policies.into_iter().flat_map(|policy| branches(policy, "PolicyDocument"));
    let mut all = Vec::new();
    for (given, policy) in policies {
        let policy: Policy = serde_json::from_value(policy).map_err(wrong)?;
        let statements = policy.policy_document.statement.into_iter().flat_map(|one| branches(one, "Effect"));
        all.extend(statements.map(|(only_if, statement)| (only_if.or_else(|| given.clone()), statement)));
    }
    let numbered = all.into_iter().enumerate().map(|(place, (only_if, value))| {
        let written: Written = serde_json::from_value(value).map_err(wrong)?;
        let sid = written.sid.clone().ok_or_else(|| Error::NoSid { role: role.to_owned(), number: place + 1 })?;
        Ok(written.named(sid, only_if))
    });
    numbered.collect()
}

/// What stands there, with the condition it depends on: both branches of an `Fn::If`, but not the `AWS::NoValue`, which lacks
/// what all others have.
fn branches(value: Value, have: &str) -> Vec<(Option<String>, Value)> {
    let choice = match &value {
        // The short form is a list, which a policy or statement is not.
        Value::Array(choice) => choice,
        Value::Object(long) => match long.get("Fn::If") {
            Some(Value::Array(choice)) => choice,
            _ => return vec![(None, value)],
        },
        _ => return vec![(None, value)],
    };
    let condition = choice.first().and_then(Value::as_str).map(str::to_owned);
    let given = choice.iter().skip(1).filter(|branch| branch.get(have).is_some());
    given.map(|branch| (condition.clone(), branch.clone())).collect()
}

impl Written {
    fn named(self, sid: String, only_if: Option<String>) -> Statement {
        let keys = keys(&self.condition);
        Statement {
            sid,
            effect: self.effect,
            actions: self.action.list(),
            resources: self.resource.list(),
            keys,
            only_if,
        }
    }
}

impl OneOrMany {
    fn list(self) -> Vec<String> {
        match self {
            Self::One(one) => vec![one],
            Self::Many(many) => many,
        }
    }
}

/// The values of those condition keys that are parts, under whatever operator, and in whatever branch of an `Fn::If`.
fn keys(condition: &Value) -> Vec<Part> {
    match condition {
        Value::Object(members) => members.iter().flat_map(|(name, value)| own(name, value)).collect(),
        Value::Array(branches) => branches.iter().flat_map(keys).collect(),
        _ => Vec::new(),
    }
}

/// Those of one condition key, or of an operator with keys.
fn own(name: &str, value: &Value) -> Vec<Part> {
    let part = |value: &Value| value.as_str().and_then(|value| Part::key(name, value));
    match value {
        // It asks whether a key is there, not for a value of it.
        _ if name == "Null" => Vec::new(),
        Value::String(_) => part(value).into_iter().collect(),
        Value::Array(values) if Part::key(name, "").is_some() => values.iter().filter_map(part).collect(),
        other => keys(other),
    }
}
