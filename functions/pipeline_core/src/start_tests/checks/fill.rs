//! `${…}`: what every test is told, put into a text. `$${` is a literal `${`.

use std::borrow::Cow;

use serde_json::Value;

use crate::text::is_word;

/// What a test is told under a name of its own; the app stack's outputs are told as `outputs.KEY`.
const NAMES: [&str; 7] = ["run_id", "stage", "stack", "api_url", "revision", "execution_id", "test"];

enum Piece<'t> {
    Text(&'t str),
    Name(&'t str),
    Unclosed(&'t str),
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("${") {
        if let Some(before) = before.strip_suffix('$') {
            pieces.extend([Piece::Text(before), Piece::Text("${")]);
            rest = behind;
            continue;
        }
        pieces.push(Piece::Text(before));
        let Some((name, behind)) = behind.split_once('}') else {
            pieces.push(Piece::Unclosed(&rest[before.len()..]));
            return pieces;
        };
        pieces.push(Piece::Name(name));
        rest = behind;
    }
    pieces.push(Piece::Text(rest));
    pieces
}

fn known<'a>(name: &str, told: &'a Value) -> Option<&'a str> {
    match name.strip_prefix("outputs.") {
        Some(key) => told.get("outputs")?.get(key)?.as_str(),
        None if NAMES.contains(&name) => told.get(name)?.as_str(),
        None => None,
    }
}

/// Fills a text that [`check`] found no fault with; what it did find fault with stays as it is.
pub(super) fn fill(text: &str, told: &Value) -> String {
    fill_with(text, told, |value| value.into())
}

/// The same, each value as `put` would have it.
pub(super) fn fill_with<'a>(text: &str, told: &'a Value, put: impl Fn(&'a str) -> Cow<'a, str>) -> String {
    let piece = |piece: Piece<'_>| match piece {
        Piece::Text(text) | Piece::Unclosed(text) => text.to_owned(),
        Piece::Name(name) => known(name, told).map_or_else(|| format!("${{{name}}}"), |value| put(value).into_owned()),
    };
    pieces(text).into_iter().map(piece).collect()
}

/// Fills the texts of a value, however deep, but no keys.
pub(super) fn fill_value(value: &Value, told: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(fill(text, told)),
        Value::Array(values) => values.iter().map(|value| fill_value(value, told)).collect(),
        Value::Object(fields) => fields.iter().map(|(key, value)| (key.clone(), fill_value(value, told))).collect(),
        other => other.clone(),
    }
}

/// Whether all of a text can be filled, and if not, why.
pub(super) fn check(text: &str, told: &Value) -> Result<(), String> {
    pieces(text).iter().try_for_each(|piece| match piece {
        Piece::Text(_) => Ok(()),
        Piece::Unclosed(_) => Err("a ${ is not closed; a literal ${ is written $${".to_owned()),
        Piece::Name(name) => known(name, told).map(drop).ok_or_else(|| complaint(name, told)),
    })
}

/// The same of a value.
pub(super) fn check_value(value: &Value, told: &Value) -> Result<(), String> {
    match value {
        Value::String(text) => check(text, told),
        Value::Array(values) => values.iter().try_for_each(|value| check_value(value, told)),
        Value::Object(fields) => fields.values().try_for_each(|value| check_value(value, told)),
        _ => Ok(()),
    }
}

fn complaint(name: &str, told: &Value) -> String {
    if NAMES.contains(&name) {
        return format!("${{{name}}} is not known in this run{}", remedy(name));
    }
    if name.starts_with("outputs.") {
        let keys = told.get("outputs").and_then(Value::as_object).into_iter().flat_map(|outputs| outputs.keys());
        let keys: Vec<&str> = keys.map(String::as_str).collect();
        return format!("${{outputs.…}} names no output of the app stack; it has {}", keys.join(", "));
    }
    // I26: what stands there may be a secret.
    let name = if is_word(name) { name } else { "…" };
    let names: Vec<String> = NAMES.iter().map(|name| format!("${{{name}}}")).collect();
    format!("${{{name}}} stands for nothing; there are {} and ${{outputs.KEY}}", names.join(", "))
}

fn remedy(name: &str) -> &'static str {
    match name {
        "revision" => ", as the app stack has no tag flowgate:revision",
        "execution_id" => ", as UserParameters name no execution",
        _ => "",
    }
}
