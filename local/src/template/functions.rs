//! The functions that make values of values.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use super::resolver::{Resolver, text};
use crate::cloud::client::REGION;

impl Resolver<'_> {
    /// What the function gives where the value of `key` stands.
    pub(super) fn call(&mut self, name: &str, given: &Value, key: &str) -> Option<Value> {
        match (name, given) {
            ("Ref", Value::String(name)) => self.reference(name, key),
            ("Fn::GetAtt", given) => Some(self.attribute(given, key)),
            ("Fn::ImportValue", given) => Some(self.import(given, key)),
            ("Fn::FindInMap", Value::Array(given)) => self.find_in_map(given, key),
            ("Fn::If", Value::Array(given)) => self.choose(given, key),
            ("Fn::Sub", given) => Some(self.substitute(given, key)),
            ("Fn::Join", Value::Array(given)) => Some(self.join(given)),
            ("Fn::Split", Value::Array(given)) => Some(self.split(given)),
            ("Fn::Select", Value::Array(given)) => Some(self.select(given, key)),
            ("Fn::Base64", given) => {
                let text = self.text(given, "");
                Some(self.made(BASE64_STANDARD.encode(text)))
            }
            ("Fn::GetAZs", _) => Some(["a", "b", "c"].map(|zone| format!("{REGION}{zone}")).to_vec().into()),
            ("Fn::Cidr", _) => Some((0..16).map(|block| format!("10.0.{block}.0/24")).collect()),
            ("Fn::Length", given) => self.value(given, "").map(|list| list.as_array().map_or(0, Vec::len).into()),
            ("Fn::ToJsonString", given) => {
                let value = self.value(given, "")?;
                Some(self.made(value.to_string()))
            }
            _ => Some(self.other(name, key)),
        }
    }

    /// A text that was made of another and is longer.
    fn made(&mut self, text: String) -> Value {
        if self.spend(text.len()) { text.into() } else { Value::Null }
    }

    /// What a macro may know, and nobody else.
    fn other(&mut self, name: &str, key: &str) -> Value {
        let is_macro = name == "Fn::Transform" || name.starts_with("Fn::Rain::");
        if is_macro || !self.template.macros().is_empty() {
            return self.open("function", name, key).into();
        }
        self.misused(name, "is no function of CloudFormation, or is given the wrong thing", key)
    }

    /// A function that is not used as documented.
    pub(super) fn misused(&mut self, name: &str, why: &str, key: &str) -> Value {
        self.problem(format!("{name} {why}"));
        self.made_up(name, key).into()
    }

    /// The branch that the condition chooses.
    fn choose(&mut self, given: &[Value], key: &str) -> Option<Value> {
        match given {
            [Value::String(condition), then, otherwise] => {
                let holds = self.condition(condition);
                self.value(if holds { then } else { otherwise }, key)
            }
            [expression, then, otherwise] => {
                self.problem("Fn::If takes the name of a condition; put this one among the Conditions".to_owned());
                let holds = self.holds(expression);
                self.value(if holds { then } else { otherwise }, key)
            }
            _ => Some(self.misused("Fn::If", "takes a condition's name and two values", key)),
        }
    }

    fn join(&mut self, given: &[Value]) -> Value {
        let [Value::String(delimiter), list] = given else {
            return self.misused("Fn::Join", "takes a delimiter and a list", "");
        };
        let (mut joined, mut first) = (String::new(), true);
        for item in self.items(list) {
            let between = if std::mem::take(&mut first) { "" } else { delimiter };
            self.push(&mut joined, between);
            self.push(&mut joined, &text(&item));
        }
        joined.into()
    }

    fn split(&mut self, given: &[Value]) -> Value {
        match given {
            [Value::String(delimiter), whole] if !delimiter.is_empty() => {
                let whole = self.text(whole, "");
                // A list costs more than its text.
                let parts = whole.split(delimiter.as_str()).take_while(|part| self.spend(part.len() + 32));
                parts.collect()
            }
            _ => self.misused("Fn::Split", "takes a delimiter and a text", ""),
        }
    }

    fn select(&mut self, given: &[Value], key: &str) -> Value {
        let [index, list] = given else {
            return self.misused("Fn::Select", "takes an index and a list", key);
        };
        let before = self.unknown;
        let index = self.text(index, "");
        let list = self.items(list);
        let chosen = index.parse::<usize>().ok().and_then(|index| list.get(index)).cloned();
        match chosen {
            Some(item) => item,
            None if self.unknown > before => self.made_up("selected", key).into(),
            None => self.misused("Fn::Select", &format!("finds no item {index:?} of {}", list.len()), key),
        }
    }

    /// The items of what should be a list.
    fn items(&mut self, list: &Value) -> Vec<Value> {
        match self.value(list, "") {
            Some(Value::Array(items)) => items,
            one => one.into_iter().collect(),
        }
    }
}
