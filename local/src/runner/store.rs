//! What is kept of pipelines when the runner ends: their definitions, what their engines know, and every execution there
//! ever was.
//!
//! One file, written with each event that is taken in, as a whole or not at all.

#[cfg(test)]
pub(super) mod disk;
mod tables;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use jiff::Timestamp;
use redb::backends::InMemoryBackend;
use redb::{Database, ReadableDatabase as _, WriteTransaction};
use serde::{Deserialize, Serialize};
use tokio::sync::SetOnce;

use super::wait::while_others_go_on;
use crate::pipeline::definition::Pipeline;
use crate::pipeline::engine::{Execution, ExecutionId, State};
use tables::{EXECUTIONS, NUMBERS, PIPELINES, STARTS, VERSIONS};

/// As much of the file is kept in memory.
const CACHE: usize = 8 << 20;
/// So many executions are read at once.
const CHUNK: usize = 50;

/// Why something cannot be kept, or read again.
#[derive(Debug, Clone, thiserror::Error)]
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
    /// Something could not be written, and nothing has been written since.
    #[error(
        "what happens in the pipelines cannot be kept in {place}: {reason}; see to its disk, then start flowgate again: it \
         goes on from what was kept"
    )]
    Broken {
        /// Where it should be.
        place: String,
        /// Why it cannot be there.
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
    /// The definitions before that one by which executions still go.
    pub(super) earlier: Vec<Pipeline>,
}

/// All that was kept.
#[derive(Debug, Default)]
pub(super) struct Loaded {
    /// By name.
    pub(super) pipelines: BTreeMap<String, Stored>,
    /// Why others cannot be read; what is kept of them stays.
    pub(super) unreadable: Vec<StoreError>,
}

/// The token of a request, and what it started.
pub(super) type Started<'s> = (&'s str, &'s ExecutionId);

/// The file, or, for what need not outlive the process, a place in memory.
#[derive(Debug)]
pub struct Store {
    database: Database,
    /// Where it is, for people.
    place: String,
    /// Why something could not be written.
    broken: SetOnce<StoreError>,
}

impl Store {
    /// Opens or makes the file.
    ///
    /// # Errors
    /// When it cannot be opened, is no such file, or another process has it.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Self::with(Database::builder().set_cache_size(CACHE).create(path)?, path.display().to_string())
    }

    /// Keeps everything only as long as this is.
    ///
    /// # Errors
    /// When there is no memory for it.
    pub fn in_memory() -> Result<Self, StoreError> {
        let database = Database::builder().set_cache_size(CACHE).create_with_backend(InMemoryBackend::new())?;
        Self::with(database, "memory".to_owned())
    }

    fn with(database: Database, place: String) -> Result<Self, StoreError> {
        let store = Self { database, place, broken: SetOnce::new() };
        store.write(tables::make)?;
        Ok(store)
    }

    /// Writes all of it or nothing. What comes after something that could not be written is not written either.
    fn write(&self, work: impl FnOnce(&WriteTransaction) -> Result<(), StoreError>) -> Result<(), StoreError> {
        self.sound()?;
        let written = while_others_go_on(|| {
            let writing = self.database.begin_write()?;
            work(&writing)?;
            Ok(writing.commit()?)
        });
        written.map_err(|error| self.breaks(error))
    }

    fn breaks(&self, error: StoreError) -> StoreError {
        let reason = match error {
            StoreError::File(reason) => reason,
            error => error.to_string(),
        };
        let broken = StoreError::Broken { place: self.place.clone(), reason };
        // Whoever was first is told of.
        drop(self.broken.set(broken.clone()));
        broken
    }

    /// Where it is, for people.
    pub(super) fn place(&self) -> &str {
        &self.place
    }

    /// Refuses when something could not be written.
    pub(super) fn sound(&self) -> Result<(), StoreError> {
        self.broken.get().map_or(Ok(()), |broken| Err(broken.clone()))
    }

    /// Returns when something could not be written, and says why.
    pub(super) async fn broken(&self) -> StoreError {
        self.broken.wait().await.clone()
    }

    /// Every pipeline that can be read.
    pub(super) fn load(&self) -> Result<Loaded, StoreError> {
        let reading = self.database.begin_read()?;
        let mut loaded = Loaded::default();
        for entry in reading.open_table(PIPELINES)?.range::<&str>(..)? {
            let (name, record) = entry?;
            match self.stored(name.value(), record.value()) {
                Ok(stored) => drop(loaded.pipelines.insert(name.value().to_owned(), stored)),
                Err(error @ StoreError::Content { .. }) => loaded.unreadable.push(error),
                Err(error) => return Err(error),
            }
        }
        Ok(loaded)
    }

    fn stored(&self, name: &str, record: &[u8]) -> Result<Stored, StoreError> {
        let mut record: Record = tables::read(name, record)?;
        record.state.executions = self.known(name, &record.known)?;
        let needed = |version| self.version(name, version)?.ok_or_else(|| tables::missing(name, "a definition of it"));
        let versions: BTreeSet<_> = record.state.live().map(|execution| execution.pipeline_version).collect();
        let earlier = versions.into_iter().filter(|version| *version != record.version).map(needed);
        let earlier = earlier.collect::<Result<_, _>>()?;
        Ok(Stored { pipeline: needed(record.version)?, earlier, record })
    }

    fn known(&self, name: &str, numbers: &[u64]) -> Result<Vec<Execution>, StoreError> {
        let executions = self.database.begin_read()?;
        let executions = executions.open_table(EXECUTIONS)?;
        let one = |number: &u64| match executions.get((name, *number))? {
            Some(execution) => tables::read(name, execution.value()),
            None => Err(tables::missing(name, &format!("execution {number}"))),
        };
        numbers.iter().map(one).collect()
    }

    /// Refuses when a pipeline of this name is kept, be it that it cannot be read.
    pub(super) fn vacant(&self, name: &str) -> Result<(), StoreError> {
        let reading = self.database.begin_read()?;
        let found = reading.open_table(PIPELINES)?.get(name)?;
        found.map_or(Ok(()), |_| Err(tables::unreadable(name)))
    }

    /// Keeps what became of a pipeline and of some of its executions, and by which request one of them was started.
    pub(super) fn keep<'e>(
        &self,
        name: &str,
        record: &Record,
        executions: impl Iterator<Item = &'e Execution>,
        started: Option<Started<'_>>,
    ) -> Result<(), StoreError> {
        self.write(|writing| {
            writing.open_table(PIPELINES)?.insert(name, tables::written(record)?.as_slice())?;
            let (mut all, mut numbers) = (writing.open_table(EXECUTIONS)?, writing.open_table(NUMBERS)?);
            for execution in executions {
                all.insert((name, execution.number), tables::written(execution)?.as_slice())?;
                numbers.insert((name, execution.id.0.as_str()), execution.number)?;
            }
            if let Some((token, id)) = started {
                writing.open_table(STARTS)?.insert((name, token), id.0.as_str())?;
            }
            Ok(())
        })
    }

    /// Keeps a definition of a pipeline, by its version.
    pub(super) fn keep_version(&self, pipeline: &Pipeline) -> Result<(), StoreError> {
        let declaration = tables::written(pipeline.declaration())?;
        self.write(|writing| {
            let key = (pipeline.name.as_str(), pipeline.version);
            writing.open_table(VERSIONS)?.insert(key, declaration.as_slice())?;
            Ok(())
        })
    }

    /// A definition of a pipeline.
    pub(super) fn version(&self, name: &str, version: u32) -> Result<Option<Pipeline>, StoreError> {
        let reading = self.database.begin_read()?;
        let declaration = reading.open_table(VERSIONS)?.get((name, version))?;
        declaration.map(|declaration| tables::pipeline(name, declaration.value())).transpose()
    }

    /// Forgets all of a pipeline; forgetting none is no error.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn remove(&self, name: &str) -> Result<(), StoreError> {
        self.write(|writing| tables::clear(writing, name))
    }

    /// What was started by a request with this token.
    pub(super) fn started(&self, name: &str, token: &str) -> Result<Option<ExecutionId>, StoreError> {
        let reading = self.database.begin_read()?;
        let found = reading.open_table(STARTS)?.get((name, token))?;
        Ok(found.map(|id| ExecutionId(id.value().to_owned())))
    }

    /// An execution, whenever it was.
    pub(super) fn execution(&self, name: &str, id: &ExecutionId) -> Result<Option<Execution>, StoreError> {
        let reading = self.database.begin_read()?;
        let Some(number) = reading.open_table(NUMBERS)?.get((name, id.0.as_str()))? else { return Ok(None) };
        let execution = reading.open_table(EXECUTIONS)?.get((name, number.value()))?;
        execution.map(|execution| tables::read(name, execution.value())).transpose()
    }

    /// Some executions of a pipeline that were started before the one of this number, the newest first.
    pub(super) fn before(&self, name: &str, number: u64) -> Result<Vec<Execution>, StoreError> {
        let reading = self.database.begin_read()?;
        let executions = reading.open_table(EXECUTIONS)?;
        let newest_first = executions.range((name, 0)..(name, number))?.rev().take(CHUNK);
        newest_first.map(|entry| tables::read(name, entry?.1.value())).collect()
    }
}
