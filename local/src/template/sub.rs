//! `Fn::Sub`.

use serde_json::{Map, Value};

use super::resolver::{Resolver, text};

impl Resolver<'_> {
    /// A text with `${Name}`, `${Name.Attribute}` and `${!Literal}` replaced.
    pub(super) fn substitute(&mut self, given: &Value, key: &str) -> Value {
        let none = Map::new();
        let (whole, variables) = match given {
            Value::String(whole) => (whole, &none),
            Value::Array(parts) => match parts.as_slice() {
                [Value::String(whole)] => (whole, &none),
                [Value::String(whole), Value::Object(variables)] => (whole, variables),
                _ => return self.misused("Fn::Sub", "takes a text, and maybe an object of variables", key),
            },
            _ => return self.misused("Fn::Sub", "takes a text, and maybe an object of variables", key),
        };
        let (mut resolved, mut rest) = (String::new(), whole.as_str());
        while let Some((before, opened)) = rest.split_once("${")
            && let Some((name, after)) = opened.split_once('}')
        {
            // Only a text that is one variable stands where its key says.
            let key = if before.is_empty() && after.is_empty() && resolved.is_empty() { key } else { "" };
            self.push(&mut resolved, before);
            let value = self.variable(name, variables, key);
            self.push(&mut resolved, &value);
            rest = after;
        }
        self.push(&mut resolved, rest);
        // A text may be put together to a dynamic reference.
        self.literal(&resolved, key)
    }

    fn variable(&mut self, name: &str, variables: &Map<String, Value>, key: &str) -> String {
        if let Some(literal) = name.strip_prefix('!') {
            return format!("${{{literal}}}");
        }
        let name = name.trim();
        if let Some(value) = variables.get(name) {
            return self.text(value, key);
        }
        if !name.chars().all(|c| c.is_ascii_alphanumeric() || "_.:".contains(c)) || name.is_empty() {
            self.problem(format!("${{{name}}} in Fn::Sub is no name; write ${{!{name}}} to keep it"));
            return String::new();
        }
        match name.split_once('.') {
            Some((resource, attribute)) => text(&self.attribute_of(resource, attribute, key)),
            None => self.reference(name, key).map(|value| text(&value)).unwrap_or_default(),
        }
    }
}
