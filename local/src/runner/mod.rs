//! The edge around the engine: keeps the pipelines, gives their engines the time and new ids, and carries out what they
//! command.

mod ids;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use jiff::Timestamp;
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::actions::{self, Context, Observer};
use crate::pipeline::action::{Progress, Request, RuleRequest};
use crate::pipeline::definition::{DefinitionError, Pipeline};
use crate::pipeline::engine::{
    Change, Command, Engine, Event, Execution, ExecutionId, RunId, SourceRevision, Start, StartError, Trigger,
};
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
        /// The line.
        text: String,
    },
}

/// Why a pipeline cannot be made, changed or started.
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
}

/// All pipelines of one local cloud. Clones share them; actions end when the last clone is dropped.
#[derive(Debug, Clone)]
pub struct Runner(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    context: Context,
    engines: Mutex<BTreeMap<String, Engine>>,
    actions: Mutex<JoinSet<()>>,
    news: UnboundedSender<News>,
}

impl Runner {
    /// No pipelines yet.
    pub fn new(context: Context, news: UnboundedSender<News>) -> Self {
        let inner = Inner { context, engines: Mutex::default(), actions: Mutex::default(), news };
        Self(Arc::new(inner))
    }

    /// What actions run with.
    pub fn context(&self) -> &Context {
        &self.0.context
    }

    /// Adds a pipeline.
    pub fn create(&self, pipeline: Pipeline) -> Result<(), Error> {
        let name = pipeline.name.clone();
        let engine = Engine::new(pipeline)?;
        match self.engines().entry(name.clone()) {
            std::collections::btree_map::Entry::Occupied(_) => Err(Error::NameInUse(name)),
            std::collections::btree_map::Entry::Vacant(place) => {
                place.insert(engine);
                Ok(())
            }
        }
    }

    /// Gives a pipeline another definition; its version grows by one.
    pub fn update(&self, mut pipeline: Pipeline) -> Result<Pipeline, Error> {
        let name = pipeline.name.clone();
        let mut engines = self.engines();
        let engine = engines.get_mut(&name).ok_or_else(|| Error::NotFound(name.clone()))?;
        pipeline.set_version(engine.pipeline().version + 1);
        if !engine.replace(pipeline)? {
            return Err(Error::Busy(name));
        }
        Ok(engine.pipeline().clone())
    }

    /// Removes a pipeline. Its actions run on and are no longer listened to; removing none is no error.
    pub fn delete(&self, name: &str) {
        self.engines().remove(name);
    }

    /// A pipeline's definition.
    pub fn pipeline(&self, name: &str) -> Result<Pipeline, Error> {
        self.engines().get(name).map(|engine| engine.pipeline().clone()).ok_or_else(|| Error::NotFound(name.to_owned()))
    }

    /// One execution of a pipeline, as it is now.
    pub fn execution(&self, pipeline: &str, id: &ExecutionId) -> Option<Execution> {
        self.engines().get(pipeline)?.state().execution(id).cloned()
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
        let start = Start::new(&self.pipeline(name)?, id.clone(), trigger, variables, revisions)?;
        self.apply(name, Event::Start(start));
        Ok(id)
    }

    /// Commands are carried out before the next event is taken in, so news arrives in the order of the changes.
    fn apply(&self, name: &str, event: Event) {
        let mut engines = self.engines();
        let Some(engine) = engines.get_mut(name) else { return };
        for command in engine.apply(event, Timestamp::now(), &mut RandomIds) {
            match command {
                // Nobody may be listening; the state has it all.
                Command::Changed(change) => drop(self.0.news.send(News::Changed(change))),
                Command::Run(request) => self.run(request),
                Command::RunRule(request) => self.run_rule(request),
            }
        }
    }

    fn run(&self, request: Request) {
        let runner = Arc::downgrade(&self.0);
        let context = self.0.context.clone();
        let mut actions = self.0.actions.lock().unwrap_or_else(PoisonError::into_inner);
        while actions.try_join_next().is_some() {}
        actions.spawn(async move {
            let observer = ActionObserver { runner, request: &request };
            let outcome = actions::run(&context, &request, &observer).await;
            observer.tell(Event::ActionFinished { run: RunId(request.id.clone()), outcome });
        });
    }

    fn run_rule(&self, request: RuleRequest) {
        let runner = Arc::downgrade(&self.0);
        let context = self.0.context.clone();
        self.0.actions.lock().unwrap_or_else(PoisonError::into_inner).spawn(async move {
            let outcome = actions::run_rule(&context, &request).await;
            if let Some(inner) = runner.upgrade() {
                let event = Event::RuleFinished { run: RunId(request.id.clone()), outcome };
                Runner(inner).apply(&request.pipeline, event);
            }
        });
    }

    fn engines(&self) -> MutexGuard<'_, BTreeMap<String, Engine>> {
        // An engine is whole after every event, so a panic elsewhere does not spoil it.
        self.0.engines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Passes on what one action says. Holds the runner weakly: the runner owns the action's task.
struct ActionObserver<'a> {
    runner: Weak<Inner>,
    request: &'a Request,
}

impl ActionObserver<'_> {
    fn tell(&self, event: Event) {
        if let Some(inner) = self.runner.upgrade() {
            Runner(inner).apply(&self.request.pipeline, event);
        }
    }
}

impl Observer for ActionObserver<'_> {
    fn progress(&self, progress: Progress) {
        self.tell(Event::ActionProgressed { run: RunId(self.request.id.clone()), progress });
    }

    fn line(&self, line: &str) {
        if let Some(inner) = self.runner.upgrade() {
            let Request { stage, action, .. } = self.request;
            let line = News::Line { stage: stage.clone(), action: action.clone(), text: line.to_owned() };
            drop(inner.news.send(line));
        }
    }
}
