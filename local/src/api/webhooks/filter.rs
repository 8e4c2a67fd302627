//! Which of the requests to a webhook start its pipeline.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A place in a request, and what must stand there.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Filter {
    pub(super) json_path: String,
    /// With `{Key}` for what the target action has under that key of its configuration; without it anything may stand there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) match_equals: Option<String>,
}

/// A step to a part of a value.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    Member(String),
    Item(usize),
}

impl Filter {
    /// The way to the place. Of `JsonPath` it may be what leads to one place.
    pub(super) fn path(&self) -> Result<Vec<Step>, &'static str> {
        const WRONG: &str = "only paths to one place can be used here; write $.a.b[0]['c']";
        let mut rest = self.json_path.strip_prefix('$').ok_or(WRONG)?;
        let mut steps = Vec::new();
        while !rest.is_empty() {
            let (step, after) = step(rest).ok_or(WRONG)?;
            steps.push(step);
            rest = after;
        }
        Ok(steps)
    }

    /// Whether a request has what is wanted where it is wanted.
    pub(super) fn passes(&self, request: &Value, configuration: &BTreeMap<String, String>) -> bool {
        let Ok(path) = self.path() else { return false };
        let place = path.iter().try_fold(request, |value, step| match step {
            Step::Member(name) => value.get(name),
            Step::Item(index) => value.get(index),
        });
        match (place, &self.match_equals) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some(found), Some(wanted)) => fill(wanted, configuration).is_ok_and(|wanted| text(found) == wanted),
        }
    }
}

fn step(path: &str) -> Option<(Step, &str)> {
    if let Some(rest) = path.strip_prefix('.') {
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        let (name, rest) = rest.split_at(end);
        let plain = !name.is_empty() && !name.contains(['*', ' ', '\'', '"', ']', '?', '(']);
        return plain.then(|| (Step::Member(name.to_owned()), rest));
    }
    let inside = path.strip_prefix('[')?;
    if let Some(quote) = inside.chars().next().filter(|first| ['\'', '"'].contains(first)) {
        let (name, rest) = inside[1..].split_once(quote)?;
        return Some((Step::Member(name.to_owned()), rest.strip_prefix(']')?));
    }
    let (index, rest) = inside.split_once(']')?;
    let digits = index.bytes().all(|digit| digit.is_ascii_digit());
    Some((Step::Item(index.parse().ok().filter(|_| digits)?), rest))
}

/// `wanted` with values of the configuration in the places that name them.
pub(super) fn fill(wanted: &str, configuration: &BTreeMap<String, String>) -> Result<String, String> {
    let (mut filled, mut rest) = (String::new(), wanted);
    while let Some((before, after)) = rest.split_once('{') {
        let (key, after) = after.split_once('}').ok_or("it has a { without a }")?;
        let value = configuration.get(key).ok_or_else(|| format!("the action's configuration has no {key:?}"))?;
        filled = filled + before + value;
        rest = after;
    }
    Ok(filled + rest)
}

/// What is no text is compared as it is written.
fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
