//! What is kept of pipelines when the runner ends: their definitions, what their engines know, and every execution there
//! ever was.
//!
//! One file, written with each event that is taken in, as a whole or not at all.

mod tables;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;
use redb::backends::InMemoryBackend;
use redb::{Database, ReadableDatabase as _};
use serde::{Deserialize, Serialize};

use crate::pipeline::definition::Pipeline;
use crate::pipeline::engine::{Execution, ExecutionId, State};
use tables::{EXECUTIONS, NUMBERS, PIPELINES, STARTS, VERSIONS};

/// As much of the file is kept in memory.
const CACHE: usize = 8 << 20;
/// So many executions are read at once.
const CHUNK: usize = 50;

/// Why something cannot be kept, or read again.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file does not do.
    #[error("the file that keeps the pipelines cannot be used: {0}")]
    File(String),
    /// What it holds is not what this version of flowgate writes.
    #[error("{what} cannot be read as it was kept: {reason}")]
    Content {
        /// What it is about.
        what: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl<E: Into<redb::Error>> From<E> for StoreError {
    fn from(error: E) -> Self {
        Self::File(error.into().to_string())
    }
}

/// What is kept of one pipeline beside its executions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    /// The version of its definition.
    pub(super) version: u32,
    /// When it was created.
    pub(super) created: Timestamp,
    /// When its definition changed last.
    pub(super) updated: Timestamp,
    /// Tag key → value.
    pub(super) tags: BTreeMap<String, String>,
    /// What the engine knows, without the executions.
    pub(super) state: State,
    /// Which of those it knows.
    pub(super) known: Vec<u64>,
}

/// A pipeline as it was kept.
#[derive(Debug)]
pub(super) struct Stored {
    pub(super) record: Record,
    pub(super) pipeline: Pipeline,
    /// Its definitions before that one.
    pub(super) earlier: Vec<Pipeline>,
}

/// The file, or, for what need not outlive the process, a place in memory.
#[derive(Debug)]
pub struct Store(Database);

impl Store {
    /// Opens or makes the file.
    ///
    /// # Errors
    /// When it cannot be opened, is no such file, or another process has it.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Self::with(Database::builder().set_cache_size(CACHE).create(path)?)
    }

    /// Keeps everything only as long as this is.
    ///
    /// # Errors
    /// When there is no memory for it.
    pub fn in_memory() -> Result<Self, StoreError> {
        Self::with(Database::builder().set_cache_size(CACHE).create_with_backend(InMemoryBackend::new())?)
    }

    fn with(database: Database) -> Result<Self, StoreError> {
        let all = database.begin_write()?;
        tables::make(&all)?;
        all.commit()?;
        Ok(Self(database))
    }

    /// Every pipeline, by name.
    pub(super) fn load(&self) -> Result<BTreeMap<String, Stored>, StoreError> {
        let reading = self.0.begin_read()?;
        let (pipelines, versions) = (reading.open_table(PIPELINES)?, reading.open_table(VERSIONS)?);
        let mut stored = BTreeMap::new();
        for entry in pipelines.range::<&str>(..)? {
            let (name, record) = entry?;
            let name = name.value().to_owned();
            let mut record: Record = tables::read(&name, record.value())?;
            record.state.executions = self.known(&name, &record.known)?;
            let mut all = tables::versions(&versions, &name)?;
            let pipeline = all.remove(&record.version).ok_or_else(|| tables::missing(&name, "its definition"))?;
            stored.insert(name, Stored { record, pipeline, earlier: all.into_values().collect() });
        }
        Ok(stored)
    }

    fn known(&self, name: &str, numbers: &[u64]) -> Result<Vec<Execution>, StoreError> {
        let executions = self.0.begin_read()?;
        let executions = executions.open_table(EXECUTIONS)?;
        let one = |number: &u64| match executions.get((name, *number))? {
            Some(execution) => tables::read(name, execution.value()),
            None => Err(tables::missing(name, &format!("execution {number}"))),
        };
        numbers.iter().map(one).collect()
    }

    /// Keeps what became of a pipeline and of some of its executions.
    pub(super) fn keep<'e>(
        &self,
        name: &str,
        record: &Record,
        executions: impl Iterator<Item = &'e Execution>,
    ) -> Result<(), StoreError> {
        let writing = self.0.begin_write()?;
        {
            writing.open_table(PIPELINES)?.insert(name, tables::written(record)?.as_slice())?;
            let (mut all, mut numbers) = (writing.open_table(EXECUTIONS)?, writing.open_table(NUMBERS)?);
            for execution in executions {
                all.insert((name, execution.number), tables::written(execution)?.as_slice())?;
                numbers.insert((name, execution.id.0.as_str()), execution.number)?;
            }
        }
        Ok(writing.commit()?)
    }

    /// Keeps a definition of a pipeline, by its version.
    pub(super) fn keep_version(&self, pipeline: &Pipeline) -> Result<(), StoreError> {
        let writing = self.0.begin_write()?;
        let declaration = tables::written(pipeline.declaration())?;
        writing.open_table(VERSIONS)?.insert((pipeline.name.as_str(), pipeline.version), declaration.as_slice())?;
        Ok(writing.commit()?)
    }

    /// A definition of a pipeline.
    pub(super) fn version(&self, name: &str, version: u32) -> Result<Option<Pipeline>, StoreError> {
        let reading = self.0.begin_read()?;
        let declaration = reading.open_table(VERSIONS)?.get((name, version))?;
        declaration.map(|declaration| tables::pipeline(name, declaration.value())).transpose()
    }

    /// Forgets all of a pipeline.
    pub(super) fn remove(&self, name: &str) -> Result<(), StoreError> {
        let writing = self.0.begin_write()?;
        tables::clear(&writing, name)?;
        Ok(writing.commit()?)
    }

    /// What was started by a request with this token.
    pub(super) fn started(&self, name: &str, token: &str) -> Result<Option<ExecutionId>, StoreError> {
        let reading = self.0.begin_read()?;
        let found = reading.open_table(STARTS)?.get((name, token))?;
        Ok(found.map(|id| ExecutionId(id.value().to_owned())))
    }

    /// Remembers what a request with this token started.
    pub(super) fn keep_start(&self, name: &str, token: &str, id: &ExecutionId) -> Result<(), StoreError> {
        let writing = self.0.begin_write()?;
        writing.open_table(STARTS)?.insert((name, token), id.0.as_str())?;
        Ok(writing.commit()?)
    }

    /// An execution, whenever it was.
    pub(super) fn execution(&self, name: &str, id: &ExecutionId) -> Result<Option<Execution>, StoreError> {
        let reading = self.0.begin_read()?;
        let Some(number) = reading.open_table(NUMBERS)?.get((name, id.0.as_str()))? else { return Ok(None) };
        let execution = reading.open_table(EXECUTIONS)?.get((name, number.value()))?;
        execution.map(|execution| tables::read(name, execution.value())).transpose()
    }

    /// Some executions of a pipeline that were started before the one of this number, the newest first.
    pub(super) fn before(&self, name: &str, number: u64) -> Result<Vec<Execution>, StoreError> {
        let reading = self.0.begin_read()?;
        let executions = reading.open_table(EXECUTIONS)?;
        let newest_first = executions.range((name, 0)..(name, number))?.rev().take(CHUNK);
        newest_first.map(|entry| tables::read(name, entry?.1.value())).collect()
    }
}
