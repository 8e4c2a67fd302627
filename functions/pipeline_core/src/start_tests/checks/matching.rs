//! Whether a JSON value holds what another one names.

use serde_json::Value;

use crate::{start_tests::checks::echo::Echo, text::fit};

/// How much of a value is shown, in characters.
pub(super) const SHOWN: usize = 200;

/// The first difference: objects must hold the named keys, arrays are compared whole, anything else must be equal.
/// What it shows is without what `echo` hides.
pub(super) fn difference(expected: &Value, found: &Value, echo: &Echo) -> Option<String> {
    at(&mut String::new(), expected, found, echo)
}

fn at(path: &mut String, expected: &Value, found: &Value, echo: &Echo) -> Option<String> {
    let shown = |value: &Value| fit(&echo.hide(&value.to_string()), SHOWN);
    match (expected, found) {
        (Value::Object(fields), Value::Object(_)) => fields.iter().find_map(|(key, expected)| {
            below(path, &key.replace('~', "~0").replace('/', "~1"), |path| match found.get(key) {
                Some(found) => at(path, expected, found, echo),
                None => Some(told(path, &format!("expected {}, got nothing", shown(expected)))),
            })
        }),
        (Value::Array(expected), Value::Array(found)) if expected.len() == found.len() => {
            let mut pairs = expected.iter().zip(found).enumerate();
            pairs.find_map(|(index, (expected, found))| {
                below(path, &index.to_string(), |path| at(path, expected, found, echo))
            })
        }
        (Value::Array(expected), Value::Array(found)) => {
            Some(told(path, &format!("expected {} elements, got {}", expected.len(), found.len())))
        }
        (expected, found) if equal(expected, found) => None,
        (expected, found) => Some(told(path, &format!("expected {}, got {}", shown(expected), shown(found)))),
    }
}

fn below<T>(path: &mut String, step: &str, look: impl FnOnce(&mut String) -> T) -> T {
    let length = path.len();
    path.push('/');
    path.push_str(step);
    let seen = look(path);
    path.truncate(length);
    seen
}

/// JSON knows one kind of number: `1` is `1.0`.
fn equal(expected: &Value, found: &Value) -> bool {
    match (expected, found) {
        (Value::Number(a), Value::Number(b)) if a.is_f64() != b.is_f64() => a.as_f64() == b.as_f64(),
        _ => expected == found,
    }
}

fn told(path: &str, words: &str) -> String {
    if path.is_empty() { words.to_owned() } else { format!("at {}: {words}", fit(path, SHOWN)) }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*, sample::Index};
    use serde_json::{Map, json};

    use super::*;

    fn difference(expected: &Value, found: &Value) -> Option<String> {
        super::difference(expected, found, &Echo::default())
    }

    #[test]
    fn the_first_difference_is_told_with_its_place() {
        for (expected, found, words) in [
            (json!({"zone": "UTC"}), json!({"zone": "CET", "now": 1}), "at /zone: expected \"UTC\", got \"CET\""),
            (json!({"zone": "UTC"}), json!({"now": 1}), "at /zone: expected \"UTC\", got nothing"),
            (json!({"a": [{"b": 1}]}), json!({"a": [{"b": 2, "c": 3}]}), "at /a/0/b: expected 1, got 2"),
            (json!({"a": [1]}), json!({"a": [1, 2]}), "at /a: expected 1 elements, got 2"),
            (json!({"a/b~c": 1}), json!({"a/b~c": null}), "at /a~1b~0c: expected 1, got null"),
            (json!({}), json!([]), "expected {}, got []"),
            (json!(1), json!("1"), "expected 1, got \"1\""),
            (json!(true), json!(1), "expected true, got 1"),
            (json!(null), json!(0), "expected null, got 0"),
        ] {
            assert_eq!(difference(&expected, &found).as_deref(), Some(words));
        }
    }

    #[test]
    fn more_keys_and_another_notation_of_a_number_are_no_difference() {
        for (expected, found) in [
            (json!({}), json!({"a": 1})),
            (json!({"a": {}}), json!({"a": {"b": 1}})),
            (json!([{"a": 1}]), json!([{"a": 1.0, "b": 2}])),
            (json!({"a": null}), json!({"a": null})),
        ] {
            assert_eq!(difference(&expected, &found), None);
        }
    }

    #[test]
    fn long_values_are_cut() {
        let words = difference(&json!({"a": "x".repeat(100_000)}), &json!({"a": vec![1; 100_000]})).unwrap();
        assert!(words.chars().count() < 500, "{words}");
    }

    fn leaf() -> impl Strategy<Value = Value> {
        prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            (-1e9..1e9_f64).prop_map(Value::from),
            ".{0,5}".prop_map(Value::from),
        ]
    }

    fn value() -> impl Strategy<Value = Value> {
        leaf().prop_recursive(4, 32, 4, |inner| {
            let fields = vec(("[a-c/~]{0,2}", inner.clone()), 0..4);
            let object = fields.prop_map(|fields| fields.into_iter().collect::<Map<_, _>>().into());
            prop_oneof![vec(inner, 0..4).prop_map(Value::from), object]
        })
    }

    /// Takes away some keys of objects.
    fn thinned(value: &Value, keep: &mut impl FnMut() -> bool) -> Value {
        match value {
            Value::Object(fields) => {
                let kept: Vec<_> = fields.iter().filter(|_| keep()).collect();
                kept.into_iter().map(|(key, value)| (key.clone(), thinned(value, keep))).collect()
            }
            Value::Array(values) => values.iter().map(|value| thinned(value, keep)).collect(),
            other => other.clone(),
        }
    }

    fn leaves<'v>(value: &'v mut Value, into: &mut Vec<&'v mut Value>) {
        match value {
            Value::Object(fields) => fields.values_mut().for_each(|value| leaves(value, into)),
            Value::Array(values) => values.iter_mut().for_each(|value| leaves(value, into)),
            leaf => into.push(leaf),
        }
    }

    proptest! {
        #[test]
        fn everything_matches_itself(value in value()) {
            prop_assert_eq!(difference(&value, &value), None);
        }

        #[test]
        fn a_part_of_the_keys_matches(value in value(), choices in vec(any::<bool>(), 64)) {
            let mut choices = choices.into_iter().cycle();
            let part = thinned(&value, &mut || choices.next().unwrap_or(true));
            prop_assert_eq!(difference(&part, &value), None);
        }

        #[test]
        fn no_changed_leaf_matches(value in value(), last in leaf(), which in any::<Index>(), other in leaf()) {
            let expected = json!([value, last]);
            let mut found = expected.clone();
            let mut all = Vec::new();
            leaves(&mut found, &mut all);
            let leaf = which.index(all.len());
            *all[leaf] = if equal(all[leaf], &other) { json!(["changed"]) } else { other };
            prop_assert!(difference(&expected, &found).is_some());
        }

        #[test]
        fn no_missing_key_matches(value in value(), key in "[a-c]{1,2}") {
            let (with, without) = (json!({key: value}), json!({}));
            prop_assert!(difference(&with, &without).is_some());
        }
    }
}
