//! The tables, and what stands in them: JSON, by the pipeline's name and what else tells it apart.

use redb::{TableDefinition, WriteTransaction};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::StoreError;
use crate::pipeline::definition::Pipeline;

/// Pipeline → its record.
pub(super) const PIPELINES: TableDefinition<&str, &[u8]> = TableDefinition::new("pipelines");
/// Pipeline and version → the declaration.
pub(super) const VERSIONS: TableDefinition<(&str, u32), &[u8]> = TableDefinition::new("versions");
/// Pipeline and number → the execution.
pub(super) const EXECUTIONS: TableDefinition<(&str, u64), &[u8]> = TableDefinition::new("executions");
/// Pipeline and execution id → its number.
pub(super) const NUMBERS: TableDefinition<(&str, &str), u64> = TableDefinition::new("numbers");
/// Pipeline and `clientRequestToken` → the id of what it started.
pub(super) const STARTS: TableDefinition<(&str, &str), &str> = TableDefinition::new("starts");

/// Makes those that are not there.
pub(super) fn make(writing: &WriteTransaction) -> Result<(), StoreError> {
    writing.open_table(PIPELINES)?;
    writing.open_table(VERSIONS)?;
    writing.open_table(EXECUTIONS)?;
    writing.open_table(NUMBERS)?;
    writing.open_table(STARTS)?;
    Ok(())
}

/// Takes a pipeline out of all of them.
pub(super) fn clear(writing: &WriteTransaction, name: &str) -> Result<(), StoreError> {
    writing.open_table(PIPELINES)?.remove(name)?;
    writing.open_table(VERSIONS)?.retain_in((name, 0)..=(name, u32::MAX), |_, _| false)?;
    writing.open_table(EXECUTIONS)?.retain_in((name, 0)..=(name, u64::MAX), |_, _| false)?;
    // No name holds the character that these ranges end before.
    let after = format!("{name}\0");
    writing.open_table(NUMBERS)?.retain_in((name, "")..(after.as_str(), ""), |_, _| false)?;
    writing.open_table(STARTS)?.retain_in((name, "")..(after.as_str(), ""), |_, _| false)?;
    Ok(())
}

/// A definition. It was checked before it was kept, maybe by another version of flowgate.
pub(super) fn pipeline(name: &str, declaration: &[u8]) -> Result<Pipeline, StoreError> {
    let declaration = read(name, declaration)?;
    Pipeline::from_declaration(&declaration)
        .map_err(|error| StoreError::Content { what: format!("pipeline {name}"), reason: error.to_string() })
}

pub(super) fn read<T: DeserializeOwned>(name: &str, json: &[u8]) -> Result<T, StoreError> {
    serde_json::from_slice(json)
        .map_err(|error| StoreError::Content { what: format!("pipeline {name}"), reason: error.to_string() })
}

pub(super) fn written<T: Serialize>(value: &T) -> Result<Vec<u8>, StoreError> {
    serde_json::to_vec(value)
        .map_err(|error| StoreError::Content { what: "a pipeline".to_owned(), reason: error.to_string() })
}

pub(super) fn missing(name: &str, what: &str) -> StoreError {
    StoreError::Content { what: format!("pipeline {name}"), reason: format!("{what} is missing") }
}

pub(super) fn unreadable(name: &str) -> StoreError {
    let reason = "delete it before another of this name is made".to_owned();
    StoreError::Content { what: format!("pipeline {name}"), reason }
}
