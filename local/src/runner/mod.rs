//! The edge around the engine: keeps the pipelines, gives their engines the time and new ids, and carries out what they
//! command.

mod ask;
mod bus;
mod history;
mod ids;
mod kept;
pub mod store;
mod take;
#[cfg(test)]
mod tests;
mod timer;
mod wait;
mod work;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

use jiff::Timestamp;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinSet};

use crate::actions::Context;
use crate::clock::Clock;
use crate::pipeline::definition::{DefinitionError, Pipeline};
use crate::pipeline::engine::{ApprovalError, Change, Event, ExecutionId, Refusal, RunId, StartError, State};
use bus::Bus;
pub use history::History;
use kept::Kept;
use store::{Loaded, Store, StoreError, Stored};
use wait::while_others_go_on;

/// What those who watch are told, in order.
#[derive(Debug, Clone)]
pub enum News {
    /// A status changed, or a running action has something to say.
    Changed(Change),
    /// A line of an action's log.
    Line {
        /// The stage's name.
        stage: String,
        /// The action's name.
        action: String,
        /// Which run of it.
        run: RunId,
        /// The line.
        text: String,
    },
    /// A pipeline is gone; nothing more is heard of its executions.
    Deleted {
        /// The pipeline's name.
        pipeline: String,
    },
}

/// Why a pipeline cannot be made, changed, started or answered.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is one of this name.
    #[error("a pipeline named {0} exists already")]
    NameInUse(String),
    /// There is none of this name.
    #[error("there is no pipeline named {0}")]
    NotFound(String),
    /// The pipeline has no such execution.
    #[error("the pipeline has no execution {0}")]
    NoExecution(ExecutionId),
    /// Its definition cannot be used.
    #[error(transparent)]
    Definition(#[from] DefinitionError),
    /// It does not start so.
    #[error(transparent)]
    Start(#[from] StartError),
    /// Nothing there waits for this answer.
    #[error(transparent)]
    Approval(#[from] ApprovalError),
    /// Its executions do not allow it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// What happened cannot be kept, or read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// When a pipeline was made and changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// When it was created.
    pub created: Timestamp,
    /// When its definition changed last.
    pub updated: Timestamp,
}

/// A pipeline in a list of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// The version of its definition.
    pub version: u32,
    /// When it was created.
    pub created: Timestamp,
    /// When its definition changed last.
    pub updated: Timestamp,
}

/// All pipelines of one local cloud. Clones share them; actions, and all else that runs for them, end when the last clone
/// is dropped.
#[derive(Clone)]
pub struct Runner(Arc<Inner>);

struct Inner {
    context: Context,
    clock: Clock,
    pipelines: Mutex<BTreeMap<String, Kept>>,
    store: Store,
    tasks: Mutex<JoinSet<()>>,
    news: UnboundedSender<News>,
    bus: Bus,
    /// When time alone will change something.
    due: watch::Sender<Option<Timestamp>>,
}

impl Runner {
    /// The pipelines that the store keeps; what was under way when they were kept last has failed. One that cannot be read
    /// is left out, and said so. To be called inside a tokio runtime, which will run everything.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub fn open(context: Context, news: UnboundedSender<News>, clock: Clock, store: Store) -> Result<Self, StoreError> {
        let Loaded { pipelines: stored, unreadable } = store.load()?;
        for error in unreadable {
            eprintln!("warning: {error}; it is left out, and stays in {}", store.place());
        }
        let (bus, publisher) = bus::open(&context);
        let (due, alarm) = watch::channel(None);
        let (pipelines, tasks) = Default::default();
        let inner = Arc::new(Inner { context, clock, pipelines, store, tasks, news, bus, due });
        inner.spawn(publisher);
        inner.spawn(timer::run(clock, alarm, Arc::downgrade(&inner)));
        let runner = Self(inner);
        runner.resume(stored)?;
        Ok(runner)
    }

    fn resume(&self, stored: BTreeMap<String, Stored>) -> Result<(), StoreError> {
        let mut pipelines = self.0.pipelines();
        for (name, stored) in stored {
            let kept = pipelines.entry(name).or_insert(Kept::restored(stored));
            self.take(kept, Event::Restarted, self.0.clock.now())?;
        }
        self.0.rearm(&pipelines);
        Ok(())
    }

    /// Returns when something could not be kept, and says why. From then on nothing happens any more.
    pub async fn broken(&self) -> StoreError {
        self.0.store.broken().await
    }

    /// What actions run with.
    pub fn context(&self) -> &Context {
        &self.0.context
    }

    /// Adds a pipeline.
    ///
    /// # Errors
    /// When there is one of its name, or it cannot be kept.
    pub fn create(&self, mut pipeline: Pipeline, tags: BTreeMap<String, String>) -> Result<Pipeline, Error> {
        pipeline.set_version(1);
        let name = pipeline.name.clone();
        let now = self.0.clock.now();
        match self.0.pipelines().entry(name.clone()) {
            Entry::Occupied(_) => Err(Error::NameInUse(name)),
            Entry::Vacant(place) => {
                self.0.store.vacant(&name)?;
                let mut kept = Kept::new(pipeline.clone(), tags, now);
                self.0.store.keep_version(&pipeline)?;
                self.0.keep(&mut kept, &[], None)?;
                place.insert(kept);
                Ok(pipeline)
            }
        }
    }

    /// Gives a pipeline another definition; its version grows by one. Executions that take turns in it end.
    ///
    /// # Errors
    /// When there is none of its name, or it cannot be kept.
    pub fn update(&self, mut pipeline: Pipeline) -> Result<Pipeline, Error> {
        let now = self.0.clock.now();
        let mut pipelines = self.0.pipelines();
        let kept = find(&mut pipelines, &pipeline.name)?;
        pipeline.set_version(kept.engine.pipeline().version + 1);
        self.0.store.keep_version(&pipeline)?;
        kept.times.updated = now;
        self.take(kept, Event::Replaced(Box::new(pipeline.clone())), now)?;
        self.0.rearm(&pipelines);
        Ok(pipeline)
    }

    /// Removes a pipeline. Its actions run on and are no longer listened to, its rules end; removing none is no error.
    ///
    /// # Errors
    /// When it cannot be removed from what is kept.
    pub fn delete(&self, name: &str) -> Result<(), Error> {
        let mut pipelines = self.0.pipelines();
        self.0.store.remove(name)?;
        if let Some(mut kept) = pipelines.remove(name) {
            kept.let_actions_go_on();
            self.0.bus.forget(name);
            drop(self.0.news.send(News::Deleted { pipeline: name.to_owned() }));
        }
        self.0.rearm(&pipelines);
        Ok(())
    }

    /// Changes a pipeline's tags.
    ///
    /// # Errors
    /// When there is none of its name, `change` refuses, or they cannot be kept.
    pub fn tag<E: From<Error>>(
        &self,
        name: &str,
        change: impl FnOnce(&BTreeMap<String, String>) -> Result<BTreeMap<String, String>, E>,
    ) -> Result<(), E> {
        let mut pipelines = self.0.pipelines();
        let kept = find(&mut pipelines, name)?;
        let before = std::mem::take(&mut kept.tags);
        let after = change(&before);
        kept.tags = after.as_ref().map_or(before, Clone::clone);
        after?;
        Ok(self.0.keep(kept, &[], None).map_err(Error::from)?)
    }

    /// Every pipeline, by name.
    pub fn names(&self) -> Vec<Listed> {
        let listed = |(name, kept): (&String, &Kept)| {
            let Times { created, updated } = kept.times;
            Listed { name: name.clone(), version: kept.engine.pipeline().version, created, updated }
        };
        self.0.pipelines().iter().map(listed).collect()
    }

    /// A pipeline's definition.
    ///
    /// # Errors
    /// When there is none of its name.
    pub fn pipeline(&self, name: &str) -> Result<Pipeline, Error> {
        self.inspect(name, |pipeline, _| pipeline.clone())
    }

    /// A pipeline's tags.
    ///
    /// # Errors
    /// When there is none of its name.
    pub fn tags(&self, name: &str) -> Result<BTreeMap<String, String>, Error> {
        find(&mut self.0.pipelines(), name).map(|kept| kept.tags.clone())
    }

    /// When a pipeline was made and changed.
    ///
    /// # Errors
    /// When there is none of its name.
    pub fn times(&self, name: &str) -> Result<Times, Error> {
        find(&mut self.0.pipelines(), name).map(|kept| kept.times)
    }

    /// Reads of a pipeline and what its engine knows what is asked for, all of one moment.
    ///
    /// # Errors
    /// When there is none of its name.
    pub fn inspect<T>(&self, name: &str, read: impl FnOnce(&Pipeline, &State) -> T) -> Result<T, Error> {
        let mut pipelines = self.0.pipelines();
        let engine = &find(&mut pipelines, name)?.engine;
        Ok(read(engine.pipeline(), engine.state()))
    }
}

impl Inner {
    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) -> AbortHandle {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(task)
    }

    /// Sets the timer to what is due first.
    fn rearm(&self, pipelines: &BTreeMap<String, Kept>) {
        let first = pipelines.values().filter_map(|kept| kept.engine.due()).min();
        self.due.send_if_modified(|due| std::mem::replace(due, first) != first);
    }

    fn pipelines(&self) -> MutexGuard<'_, BTreeMap<String, Kept>> {
        // An engine is whole after every event, so a panic elsewhere does not spoil it.
        match self.pipelines.try_lock() {
            Ok(pipelines) => pipelines,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            // Whoever has them may be writing.
            Err(TryLockError::WouldBlock) => {
                while_others_go_on(|| self.pipelines.lock().unwrap_or_else(PoisonError::into_inner))
            }
        }
    }
}

fn find<'a>(pipelines: &'a mut BTreeMap<String, Kept>, name: &str) -> Result<&'a mut Kept, Error> {
    pipelines.get_mut(name).ok_or_else(|| Error::NotFound(name.to_owned()))
}
