//! Which conditions hold.

use serde_json::Value;

use super::path::Path;
use super::resolver::Resolver;

impl Resolver<'_> {
    /// Whether the condition of this name holds.
    pub(super) fn condition(&mut self, name: &str) -> bool {
        match self.conditions.get(name) {
            Some(Some(holds)) => return *holds,
            Some(None) => return self.no_condition(format!("condition {name:?} depends on itself")),
            None => {}
        }
        let template = self.template;
        let Some(expression) = template.conditions.get(name) else {
            return self.no_condition(format!("{name:?} is no condition of the template"));
        };
        self.conditions.insert(name.to_owned(), None);
        let outside = std::mem::replace(&mut self.at, Path::new(["Conditions", name]));
        let holds = self.holds(expression);
        self.at = outside;
        self.conditions.insert(name.to_owned(), Some(holds));
        holds
    }

    pub(super) fn holds(&mut self, expression: &Value) -> bool {
        if !self.descend() {
            return false;
        }
        let holds = self.expression(expression);
        self.ascend();
        holds
    }

    fn expression(&mut self, expression: &Value) -> bool {
        let only = expression.as_object().filter(|members| members.len() == 1);
        let Some((function, given)) = only.and_then(|members| members.iter().next()) else {
            return self.no_condition("a condition is one function".to_owned());
        };
        match (function.as_str(), given) {
            ("Condition", Value::String(name)) => self.condition(name),
            ("Fn::Not", Value::Array(given)) if given.len() == 1 => !given.iter().all(|one| self.holds(one)),
            ("Fn::And", Value::Array(given)) => given.iter().all(|one| self.holds(one)),
            ("Fn::Or", Value::Array(given)) => given.iter().any(|one| self.holds(one)),
            ("Fn::Equals", Value::Array(given)) if given.len() == 2 => {
                let sides: Vec<_> = given.iter().map(|side| self.text(side, "")).collect();
                sides[0] == sides[1]
            }
            _ if self.template.is_open => false,
            _ => self.no_condition(format!("{function} makes no condition of what it is given")),
        }
    }

    fn no_condition(&mut self, why: String) -> bool {
        self.problem(why);
        false
    }
}
