//! The edge around the engine: keeps the pipelines, gives their engines the time and new ids, and carries out what they
//! command.

mod bus;
mod ids;
#[cfg(test)]
mod tests;
mod timer;
mod work;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinSet};
use uuid::Uuid;

use crate::actions::Context;
use crate::clock::Clock;
use crate::pipeline::definition::{DefinitionError, Pipeline};
use crate::pipeline::engine::{
    Answer, ApprovalError, Change, Command, Engine, Event, Execution, ExecutionId, RuleStatus, RunId, SourceRevision,
    Start, StartError, State, Subject, Trigger,
};
use crate::pipeline::token::Token;
use bus::Bus;
use ids::RandomIds;

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
    /// One of its executions runs.
    #[error("pipeline {0} has an execution in progress; wait until it has ended")]
    Busy(String),
    /// Its definition cannot be used.
    #[error(transparent)]
    Definition(#[from] DefinitionError),
    /// It does not start so.
    #[error(transparent)]
    Start(#[from] StartError),
    /// Nothing there waits for this answer.
    #[error(transparent)]
    Approval(#[from] ApprovalError),
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
    tasks: Mutex<JoinSet<()>>,
    news: UnboundedSender<News>,
    bus: Bus,
    /// When time alone will change something.
    due: watch::Sender<Option<Timestamp>>,
}

/// A pipeline that is kept.
#[derive(Debug)]
struct Kept {
    engine: Engine,
    times: Times,
    /// The rules that are being evaluated.
    rules: BTreeMap<RunId, Evaluation>,
}

/// A task that evaluates a rule, which may wait for days. It ends when nobody wants to know any more, that is, when this
/// is dropped.
#[derive(Debug)]
struct Evaluation(AbortHandle);

impl Drop for Evaluation {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Runner {
    /// No pipelines yet. To be called inside a tokio runtime, which will run everything.
    pub fn new(context: Context, news: UnboundedSender<News>) -> Self {
        Self::with_clock(context, news, Clock::System)
    }

    /// No pipelines yet, and a clock of its own.
    pub fn with_clock(context: Context, news: UnboundedSender<News>, clock: Clock) -> Self {
        let (bus, publisher) = bus::open(&context);
        let (due, alarm) = watch::channel(None);
        let tasks = Mutex::default();
        let inner = Arc::new(Inner { context, clock, pipelines: Mutex::default(), tasks, news, bus, due });
        inner.spawn(publisher);
        inner.spawn(timer::run(clock, alarm, Arc::downgrade(&inner)));
        Self(inner)
    }

    /// What actions run with.
    pub fn context(&self) -> &Context {
        &self.0.context
    }

    /// Adds a pipeline.
    pub fn create(&self, pipeline: Pipeline) -> Result<(), Error> {
        let name = pipeline.name.clone();
        let engine = Engine::new(pipeline)?;
        let now = self.0.clock.now();
        match self.0.pipelines().entry(name.clone()) {
            Entry::Occupied(_) => Err(Error::NameInUse(name)),
            Entry::Vacant(place) => {
                let times = Times { created: now, updated: now };
                place.insert(Kept { engine, times, rules: BTreeMap::new() });
                Ok(())
            }
        }
    }

    /// Gives a pipeline another definition; its version grows by one.
    pub fn update(&self, mut pipeline: Pipeline) -> Result<Pipeline, Error> {
        let name = pipeline.name.clone();
        let mut pipelines = self.0.pipelines();
        let kept = find(&mut pipelines, &name)?;
        pipeline.set_version(kept.engine.pipeline().version + 1);
        if !kept.engine.replace(pipeline)? {
            return Err(Error::Busy(name));
        }
        kept.times.updated = self.0.clock.now();
        Ok(kept.engine.pipeline().clone())
    }

    /// Removes a pipeline. Its actions run on and are no longer listened to, its rules end; removing none is no error.
    pub fn delete(&self, name: &str) {
        let mut pipelines = self.0.pipelines();
        if pipelines.remove(name).is_some() {
            drop(self.0.news.send(News::Deleted { pipeline: name.to_owned() }));
        }
        self.0.rearm(&pipelines);
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
    pub fn pipeline(&self, name: &str) -> Result<Pipeline, Error> {
        self.inspect(name, |pipeline, _| pipeline.clone())
    }

    /// When a pipeline was made and changed.
    pub fn times(&self, name: &str) -> Result<Times, Error> {
        find(&mut self.0.pipelines(), name).map(|kept| kept.times)
    }

    /// Reads of a pipeline and its executions what is asked for, all of one moment.
    pub fn inspect<T>(&self, name: &str, read: impl FnOnce(&Pipeline, &State) -> T) -> Result<T, Error> {
        let mut pipelines = self.0.pipelines();
        let engine = &find(&mut pipelines, name)?.engine;
        Ok(read(engine.pipeline(), engine.state()))
    }

    /// One execution of a pipeline, as it is now.
    pub fn execution(&self, pipeline: &str, id: &ExecutionId) -> Option<Execution> {
        self.inspect(pipeline, |_, state| state.execution(id).cloned()).ok().flatten()
    }

    /// Starts a pipeline.
    pub fn start(
        &self,
        name: &str,
        trigger: Trigger,
        variables: &BTreeMap<String, String>,
        revisions: Vec<SourceRevision>,
    ) -> Result<ExecutionId, Error> {
        let id = ExecutionId(Uuid::new_v4().to_string());
        let mut pipelines = self.0.pipelines();
        let kept = find(&mut pipelines, name)?;
        let start = Start::new(kept.engine.pipeline(), id.clone(), trigger, variables, revisions)?;
        self.take(kept, Event::Start(start), self.0.clock.now());
        self.0.rearm(&pipelines);
        Ok(id)
    }

    /// Answers a manual approval, and says when that was.
    pub fn answer(
        &self,
        pipeline: &str,
        stage: &str,
        action: &str,
        token: &Token,
        answer: Answer,
    ) -> Result<Timestamp, Error> {
        let now = self.0.clock.now();
        let mut pipelines = self.0.pipelines();
        let kept = find(&mut pipelines, pipeline)?;
        // The timer may be late, and an approval that has expired must not be answered.
        self.take(kept, Event::Tick, now);
        let awaiting = kept.engine.awaiting(stage, action, token);
        if let Ok(run) = &awaiting {
            self.take(kept, Event::Answered { run: run.clone(), answer }, now);
        }
        self.0.rearm(&pipelines);
        awaiting.map(|_| now).map_err(Error::from)
    }

    /// An action or a rule of a pipeline has something to say; the pipeline may be gone.
    fn tell(&self, name: &str, event: Event) {
        let mut pipelines = self.0.pipelines();
        if let Ok(kept) = find(&mut pipelines, name) {
            self.take(kept, event, self.0.clock.now());
        }
        self.0.rearm(&pipelines);
    }

    /// Lets happen everywhere what is due.
    fn tick(&self) {
        let now = self.0.clock.now();
        let mut pipelines = self.0.pipelines();
        for kept in pipelines.values_mut().filter(|kept| kept.engine.due().is_some_and(|due| due <= now)) {
            self.take(kept, Event::Tick, now);
        }
        self.0.rearm(&pipelines);
    }

    /// Commands are carried out before the next event is taken in, so news arrives in the order of the changes.
    fn take(&self, kept: &mut Kept, event: Event, now: Timestamp) {
        for command in kept.engine.apply(event, now, &mut RandomIds) {
            match command {
                Command::Changed(change) => {
                    self.0.bus.tell(&change, kept.engine.state());
                    if let Subject::Rule(rule) = &change.subject
                        && rule.status != RuleStatus::InProgress
                    {
                        kept.rules.remove(&rule.run);
                    }
                    // Nobody may be listening; the state has it all.
                    drop(self.0.news.send(News::Changed(change)));
                }
                Command::Run(request) => drop(self.0.spawn(work::action(Arc::downgrade(&self.0), request))),
                Command::RunRule(request) => {
                    let run = RunId(request.id.clone());
                    let task = self.0.spawn(work::rule(Arc::downgrade(&self.0), request));
                    kept.rules.insert(run, Evaluation(task));
                }
            }
        }
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
        self.pipelines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn find<'a>(pipelines: &'a mut BTreeMap<String, Kept>, name: &str) -> Result<&'a mut Kept, Error> {
    pipelines.get_mut(name).ok_or_else(|| Error::NotFound(name.to_owned()))
}
