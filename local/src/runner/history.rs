//! What there was of a pipeline's executions, however long ago.

use super::store::{Store, StoreError};
use super::{Error, Runner, find};
use crate::pipeline::definition::Pipeline;
use crate::pipeline::engine::{Execution, ExecutionId};

/// A pipeline's executions and definitions, read as they are asked for.
pub struct History<'r> {
    store: &'r Store,
    current: Pipeline,
}

impl Runner {
    /// What there was of a pipeline.
    ///
    /// # Errors
    /// When there is none of its name.
    pub fn history(&self, name: &str) -> Result<History<'_>, Error> {
        let current = find(&mut self.0.pipelines(), name)?.engine.pipeline().clone();
        Ok(History { store: &self.0.store, current })
    }

    /// One execution of a pipeline, as it is now.
    pub fn execution(&self, pipeline: &str, id: &ExecutionId) -> Option<Execution> {
        self.history(pipeline).and_then(|history| history.execution(id)).ok()
    }
}

impl History<'_> {
    /// The pipeline as it is now.
    pub fn pipeline(&self) -> &Pipeline {
        &self.current
    }

    /// An execution, as it is now.
    ///
    /// # Errors
    /// When there is none of this id, or it cannot be read.
    pub fn execution(&self, id: &ExecutionId) -> Result<Execution, Error> {
        self.store.execution(&self.current.name, id)?.ok_or_else(|| Error::NoExecution(id.clone()))
    }

    /// What the pipeline was in this version.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn version(&self, version: u32) -> Result<Option<Pipeline>, Error> {
        if version == self.current.version {
            return Ok(Some(self.current.clone()));
        }
        Ok(self.store.version(&self.current.name, version)?)
    }

    /// The executions that were started before the one of this number, or all, the newest first. They are read some at
    /// a time.
    pub fn newest_first(&self, before: Option<u64>) -> impl Iterator<Item = Result<Execution, Error>> {
        Backwards { history: self, before: before.unwrap_or(u64::MAX), read: Vec::new(), over: false }
    }
}

struct Backwards<'h> {
    history: &'h History<'h>,
    before: u64,
    /// The newest last.
    read: Vec<Execution>,
    over: bool,
}

impl Backwards<'_> {
    fn read_on(&mut self) -> Result<(), StoreError> {
        self.read = self.history.store.before(&self.history.current.name, self.before)?;
        self.read.reverse();
        self.over = self.read.is_empty();
        Ok(())
    }
}

impl Iterator for Backwards<'_> {
    type Item = Result<Execution, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.read.is_empty()
            && !self.over
            && let Err(error) = self.read_on()
        {
            self.over = true;
            return Some(Err(error.into()));
        }
        let next = self.read.pop()?;
        self.before = next.number;
        Some(Ok(next))
    }
}

#[cfg(test)]
impl<'r> History<'r> {
    /// A pipeline that a store knows nothing of yet, with what there was of it.
    pub(crate) fn of(store: &'r Store, current: Pipeline, earlier: &[Pipeline], executions: &[Execution]) -> Self {
        for pipeline in earlier {
            store.keep_version(pipeline).unwrap();
        }
        let kept = super::Kept::new(current.clone(), [].into(), jiff::Timestamp::UNIX_EPOCH);
        store.keep(&current.name, &kept.record(), executions.iter(), None).unwrap();
        History { store, current }
    }
}
