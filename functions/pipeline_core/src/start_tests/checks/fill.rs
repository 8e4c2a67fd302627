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
    fill_with(text, told, Cow::Borrowed)
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn told() -> Value {
        json!({"run_id": "r1", "stage": "beta", "revision": null, "job_id": "j", "outputs": {"Key": "k"}})
    }

    #[test]
    fn what_a_test_is_told_is_put_in_once() {
        for (text, expected) in [
            ("", ""),
            ("plain $5 {run_id} $run_id }", "plain $5 {run_id} $run_id }"),
            ("${run_id}", "r1"),
            ("a ${run_id}/${stage}${outputs.Key} b", "a r1/betak b"),
            ("$${run_id}", "${run_id}"),
            ("$$${run_id}", "$${run_id}"),
            ("$${ ${stage}", "${ beta"),
        ] {
            assert_eq!((fill(text, &told()).as_str(), check(text, &told())), (expected, Ok(())), "{text}");
        }
        let nested = json!({"outputs": {"Key": "${run_id}"}, "run_id": "r1"});
        assert_eq!(fill("${outputs.Key}", &nested), "${run_id}", "a value is data");
    }

    #[test]
    fn what_nobody_is_told_is_found_and_left_alone() {
        for text in
            ["${nothing}", "${}", "${run_id", "${revision}", "${outputs.No}", "${outputs.}", "${job_id}", "${ }"]
        {
            assert!(check(text, &told()).is_err(), "{text}");
            assert_eq!(fill(text, &told()), text);
            assert!(check_value(&json!([{"a": text}]), &told()).is_err());
        }
    }

    #[test]
    fn the_texts_of_a_value_are_filled_and_nothing_else_is() {
        let value = json!({"${run_id}": ["${stage}", 1, true, null, {"a": "${outputs.Key}"}]});
        assert_eq!(fill_value(&value, &told()), json!({"${run_id}": ["beta", 1, true, null, {"a": "k"}]}));
    }

    proptest! {
        #[test]
        fn no_text_is_too_odd(text in "[${}a-z.]{0,40}|.{0,40}") {
            let filled = fill(&text, &told());
            let has_mark = text.contains("${");
            prop_assert!(has_mark || filled == text);
        }

        #[test]
        fn an_escaped_text_is_itself(text in "[${}a-z ]{0,40}") {
            let escaped = text.replace("${", "$${");
            prop_assert_eq!(check(&escaped, &told()), Ok(()));
            prop_assert_eq!(fill(&escaped, &told()), text);
        }

        #[test]
        fn what_stands_between_stays(before in "[a-z ]{0,9}", behind in "[a-z }]{0,9}", value in ".{0,20}") {
            let told = json!({"run_id": value});
            prop_assert_eq!(fill(&format!("{before}${{run_id}}{behind}"), &told), format!("{before}{value}{behind}"));
        }
    }
}
