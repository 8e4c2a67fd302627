//! Whatever is done to a valid pipeline: it is read and shown alike, or refused with a place; nothing panics.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

/// A change of one node.
#[derive(Debug, Clone)]
enum Change {
    Drop,
    Rename,
    Set(Value),
}

/// Values of every type, some of them far out.
fn values() -> Vec<Value> {
    vec![
        Value::Null,
        json!(true),
        json!(0),
        json!(-1),
        json!(1.5),
        json!(u64::MAX),
        json!(""),
        json!("Code"),
        json!("#{"),
        json!("#{variables.Stack}"),
        json!("\u{0}ü/::"),
        json!("x".repeat(2000)),
        json!([]),
        json!([[]]),
        json!(["S3", "artifacts"]),
        json!([{}]),
        json!({}),
        json!({"name": "Fetch"}),
        json!({"V2": null}),
    ]
}

/// Pointers to everything inside a value, itself first.
pub(super) fn nodes(value: &Value) -> Vec<String> {
    let below = |key: &str, child: &Value| nodes(child).into_iter().map(move |rest| format!("/{key}{rest}")).collect();
    let children: Vec<Vec<String>> = match value {
        Value::Object(members) => members.iter().map(|(key, child)| below(key, child)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(n, child)| below(&n.to_string(), child)).collect(),
        _ => Vec::new(),
    };
    [String::new()].into_iter().chain(children.into_iter().flatten()).collect()
}

/// Nothing, where the node is no longer there or has no name.
fn changed(mut declaration: Value, pointer: &str, change: &Change) -> Option<Value> {
    if let Change::Set(value) = change {
        *declaration.pointer_mut(pointer)? = value.clone();
        return Some(declaration);
    }
    let (parent, key) = pointer.rsplit_once('/')?;
    match (declaration.pointer_mut(parent)?, change) {
        (Value::Object(members), Change::Rename) => {
            let value = members.remove(key)?;
            members.insert(format!("{key}Surprise"), value);
        }
        (Value::Object(members), _) => drop(members.remove(key)?),
        (Value::Array(items), Change::Drop) => {
            let index = key.parse::<usize>().ok().filter(|index| *index < items.len())?;
            items.remove(index);
        }
        _ => return None,
    }
    Some(declaration)
}

/// Reads it, and checks what comes of that.
fn outcome(declaration: &Value) -> Result<(), DefinitionError> {
    let pipeline = Pipeline::from_declaration(declaration).inspect_err(|error| {
        let whole = ["missing field `", "unknown field `", "the pipeline is no object"];
        let why_none = || whole.iter().any(|reason| error.message.contains(reason));
        assert!(error.place != Place::default() || why_none(), "{error} of {declaration}");
        assert!(!error.message.is_empty() && !error.message.ends_with('.'), "{error}");
    })?;
    let shown = serde_json::to_value(pipeline.declaration()).unwrap();
    assert_eq!(Pipeline::from_declaration(&shown).as_ref(), Ok(&pipeline), "{declaration}");
    Ok(())
}

#[test]
fn every_single_change_is_read_alike_or_refused_with_a_place() {
    let (mut refused, complete) = (0, complete());
    for pointer in nodes(&complete) {
        let sets = values().into_iter().map(Change::Set);
        for change in [Change::Drop, Change::Rename].into_iter().chain(sets) {
            let Some(declaration) = changed(complete.clone(), &pointer, &change) else { continue };
            refused += usize::from(outcome(&declaration).is_err());
        }
    }
    assert!(refused > 2000, "{refused}");
}

#[test]
fn a_renamed_field_is_refused_by_its_new_name() {
    for pointer in nodes(&complete()) {
        let Some(declaration) = changed(complete(), &pointer, &Change::Rename) else { continue };
        let error = outcome(&declaration).expect_err(&pointer).to_string();
        let key = pointer.rsplit('/').next().unwrap();
        assert!(error.contains(&format!("{key}Surprise")) || error.contains("is missing"), "{pointer}: {error}");
    }
}

/// serde would take a list for a structure and an object for a word.
#[test]
fn a_value_of_another_type_is_refused() {
    let complete = complete();
    for pointer in nodes(&complete) {
        let kind = std::mem::discriminant(complete.pointer(&pointer).unwrap());
        let others = values().into_iter().filter(|value| !value.is_null() && std::mem::discriminant(value) != kind);
        for value in others {
            let declaration = changed(complete.clone(), &pointer, &Change::Set(value.clone())).unwrap();
            assert!(outcome(&declaration).is_err(), "{pointer} = {value}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn many_changes_are_read_alike_or_refused_with_a_place(
        changes in prop::collection::vec((any::<prop::sample::Index>(), 0..values().len() + 2), 1..8)
    ) {
        let mut declaration = complete();
        for (node, change) in changes {
            let nodes = nodes(&declaration);
            let change = match change {
                0 => Change::Drop,
                1 => Change::Rename,
                value => Change::Set(values()[value - 2].clone()),
            };
            declaration = changed(declaration.clone(), &nodes[node.index(nodes.len())], &change).unwrap_or(declaration);
        }
        drop(outcome(&declaration));
    }
}
