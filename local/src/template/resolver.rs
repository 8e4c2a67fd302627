//! Resolves what CloudFormation would put in place of its functions.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::path::Path;
use super::placeholder;
use super::problem::{MOST, Problem};
use super::section::Template;

/// Conditions lead on to others: what is nested deeper than this is refused rather than followed.
const DEEPEST: usize = 160;
/// Functions repeat what they are given: no template needs more than these bytes in all.
const LARGEST: usize = 16 * 1024 * 1024;

/// What was found out beside the values.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// What keeps the template from being what it means to be.
    pub(super) problems: Vec<Problem>,
    /// What only an account knows.
    pub(super) open: BTreeSet<String>,
    /// What is worth knowing.
    pub(super) notes: BTreeSet<String>,
}

/// The template with its parameters, and where in it the resolver is.
pub(super) struct Resolver<'t> {
    pub(super) template: &'t Template,
    pub(super) given: &'t BTreeMap<String, String>,
    /// `AWS::StackName`.
    pub(super) stack: &'t str,
    /// What has been made of conditions so far; none of those that are being evaluated.
    pub(super) conditions: BTreeMap<String, Option<bool>>,
    /// Whether the name of a resource is being resolved: other names are not followed from there.
    pub(super) naming: bool,
    /// How many values only an account knows.
    pub(super) unknown: usize,
    pub(super) at: Path,
    found: Found,
    depth: usize,
    left: usize,
}

impl<'t> Resolver<'t> {
    pub(super) fn new(template: &'t Template, given: &'t BTreeMap<String, String>, stack: &'t str) -> Self {
        Self {
            template,
            given,
            stack,
            conditions: BTreeMap::new(),
            naming: false,
            unknown: 0,
            at: Path::default(),
            found: Found::default(),
            depth: 0,
            left: LARGEST,
        }
    }

    /// What was found since this was last asked.
    pub(super) fn take_found(&mut self) -> Found {
        std::mem::take(&mut self.found)
    }

    /// The properties of this resource.
    pub(super) fn properties(&mut self, resource: &str) -> Value {
        let template = self.template;
        let properties = template.resources.get(resource).and_then(|resource| resource.get("Properties"));
        self.at = Path::new(["Resources", resource, "Properties"]);
        properties.and_then(|properties| self.value(properties, "")).unwrap_or(Value::Null)
    }

    /// The value that stands behind this key; none where `AWS::NoValue` removes it.
    pub(super) fn value(&mut self, value: &Value, key: &str) -> Option<Value> {
        if !self.descend() {
            return Some(Value::Null);
        }
        let resolved = match value {
            Value::String(text) => Some(self.literal(text, key)),
            Value::Array(items) => Some(self.list(items, key)),
            Value::Object(members) => match function(members) {
                Some((name, given)) => self.call(name, given, key),
                None => Some(self.members(members)),
            },
            other => Some(other.clone()),
        };
        self.depth -= 1;
        resolved
    }

    /// The same as a text, which may be empty.
    pub(super) fn text(&mut self, value: &Value, key: &str) -> String {
        match self.value(value, key) {
            Some(value) => text(&value),
            None => String::new(),
        }
    }

    /// Goes one level down, which must be left again unless there is no way.
    pub(super) fn descend(&mut self) -> bool {
        if self.depth >= DEEPEST {
            self.problem(format!("is nested more than {DEEPEST} levels deep; take it apart"));
            return false;
        }
        if !self.spend(1) {
            return false;
        }
        self.depth += 1;
        true
    }

    /// Leaves a level.
    pub(super) fn ascend(&mut self) {
        self.depth -= 1;
    }

    /// Whether this much more may be made.
    pub(super) fn spend(&mut self, bytes: usize) -> bool {
        let enough = self.left >= bytes;
        if !enough && self.left > 0 {
            self.problem(format!("resolves to more than {LARGEST} bytes; say less"));
        }
        self.left = if enough { self.left - bytes } else { 0 };
        enough
    }

    /// A part of a text, as long as there may be more.
    pub(super) fn push(&mut self, to: &mut String, part: &str) {
        if self.spend(part.len()) {
            to.push_str(part);
        }
    }

    /// Something that CloudFormation would refuse here.
    pub(super) fn problem(&mut self, message: String) {
        let problem = Problem::at(&self.at.to_string(), message);
        if self.found.problems.len() < MOST && !self.found.problems.contains(&problem) {
            self.found.problems.push(problem);
        }
    }

    pub(super) fn note(&mut self, note: String) {
        self.found.notes.insert(note);
    }

    /// A text for what nobody knows here, such as `import Name`.
    pub(super) fn open(&mut self, what: &str, name: &str, key: &str) -> String {
        self.found.open.insert(format!("{what} {name}"));
        self.made_up(name, key)
    }

    /// A text for what the account would make up.
    pub(super) fn made_up(&mut self, name: &str, key: &str) -> String {
        self.unknown += 1;
        placeholder::text(name, key)
    }

    /// A text, with `{{resolve:…}}` replaced.
    pub(super) fn literal(&mut self, text: &str, key: &str) -> Value {
        let (mut resolved, mut rest) = (String::new(), text);
        while let Some((before, reference)) = rest.split_once("{{resolve:")
            && let Some((reference, after)) = reference.split_once("}}")
        {
            let whole = before.is_empty() && after.is_empty() && resolved.is_empty();
            self.push(&mut resolved, before);
            let value = self.open("dynamic reference", reference, if whole { key } else { "" });
            self.push(&mut resolved, &value);
            rest = after;
        }
        self.push(&mut resolved, rest);
        resolved.into()
    }

    fn list(&mut self, items: &[Value], key: &str) -> Value {
        let mut list = Vec::new();
        for (index, item) in items.iter().enumerate() {
            self.at.push_index(index);
            list.extend(self.value(item, key));
            self.at.pop();
        }
        list.into()
    }

    fn members(&mut self, members: &Map<String, Value>) -> Value {
        let mut map = Map::new();
        for (key, value) in members {
            self.at.push(key);
            if !self.spend(key.len()) {
                self.at.pop();
                break;
            }
            if key.starts_with("Fn::") && !is_of_codepipeline(key) {
                self.note(format!("{} is not expanded here", self.at));
            } else {
                map.extend(self.value(value, key).map(|value| (key.clone(), value)));
            }
            self.at.pop();
        }
        map.into()
    }
}

/// The function that this is, with what it is given.
fn function(members: &Map<String, Value>) -> Option<(&str, &Value)> {
    let (name, given) = members.iter().next().filter(|_| members.len() == 1)?;
    let stays = is_of_codepipeline(name) || name.starts_with("Fn::ForEach::");
    (name == "Ref" || name.starts_with("Fn::") && !stays).then_some((name, given))
}

/// CodePipeline has functions of its own, which stay.
fn is_of_codepipeline(function: &str) -> bool {
    ["Fn::GetArtifactAtt", "Fn::GetParam"].contains(&function)
}

/// A value where a text is wanted.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join(","),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}
