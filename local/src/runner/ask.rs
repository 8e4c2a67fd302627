//! What people ask of a pipeline: to start, to be answered, stopped, tried again, and so on.

use std::collections::BTreeMap;

use jiff::Timestamp;
use uuid::Uuid;

use super::kept::Kept;
use super::{Error, Runner, find};
use crate::pipeline::action::ConditionKind;
use crate::pipeline::definition::RetryMode;
use crate::pipeline::engine::{
    Answer, Engine, Event, Execution, ExecutionId, Refusal, SourceRevision, Start, Trigger, Way,
};
use crate::pipeline::token::Token;

impl Runner {
    /// Starts a pipeline.
    ///
    /// # Errors
    /// When it does not exist, cannot be started so, or has as many executions as it may.
    pub fn start(
        &self,
        name: &str,
        trigger: Trigger,
        variables: &BTreeMap<String, String>,
        revisions: Vec<SourceRevision>,
    ) -> Result<ExecutionId, Error> {
        self.begin(name, None, trigger, variables, revisions)
    }

    /// The same, once for each token.
    ///
    /// # Errors
    /// As of a start, and when the token cannot be kept.
    pub fn start_once(
        &self,
        name: &str,
        token: &str,
        trigger: Trigger,
        variables: &BTreeMap<String, String>,
        revisions: Vec<SourceRevision>,
    ) -> Result<ExecutionId, Error> {
        self.begin(name, Some(token), trigger, variables, revisions)
    }

    fn begin(
        &self,
        name: &str,
        token: Option<&str>,
        trigger: Trigger,
        variables: &BTreeMap<String, String>,
        revisions: Vec<SourceRevision>,
    ) -> Result<ExecutionId, Error> {
        self.with(name, |kept, now| {
            let earlier = token.map(|token| self.0.store.started(name, token)).transpose()?;
            if let Some(id) = earlier.flatten() {
                return Ok(id);
            }
            let id = ExecutionId(Uuid::new_v4().to_string());
            let start = Start::new(kept.engine.pipeline(), id.clone(), trigger, variables, revisions)?;
            kept.engine.has_room()?;
            self.take_once(kept, Event::Start(start), now, token.map(|token| (token, &id)))?;
            Ok(id)
        })
    }

    /// Answers a manual approval, and says when that was.
    ///
    /// # Errors
    /// When nothing there waits for an answer with this token.
    pub fn answer(
        &self,
        pipeline: &str,
        stage: &str,
        action: &str,
        token: &Token,
        answer: Answer,
    ) -> Result<Timestamp, Error> {
        self.with(pipeline, |kept, now| {
            let run = kept.engine.awaiting(stage, action, token)?;
            self.take(kept, Event::Answered { run, answer }, now)?;
            Ok(now)
        })
    }

    /// Stops an execution, and abandons what runs of it if that is wanted.
    ///
    /// # Errors
    /// When it is not in progress, or is being stopped so already.
    pub fn stop(&self, name: &str, id: &ExecutionId, abandon: bool, reason: Option<String>) -> Result<(), Error> {
        self.ask(name, id, |engine, execution| engine.stop(execution, abandon, reason))
    }

    /// Has the stage tried again in which an execution ended.
    ///
    /// # Errors
    /// When it did not fail or was not stopped there, or others have been in the stage since.
    pub fn retry(&self, name: &str, stage: &str, id: &ExecutionId, mode: RetryMode) -> Result<(), Error> {
        self.ask(name, id, |engine, execution| engine.retry(execution, stage, mode))
    }

    /// Brings a stage back to what an earlier execution made of it, in a new execution.
    ///
    /// # Errors
    /// When that did not succeed there, or the stage is in progress.
    pub fn roll_back(
        &self,
        name: &str,
        stage: &str,
        target: &ExecutionId,
        trigger: Trigger,
    ) -> Result<ExecutionId, Error> {
        self.with(name, |kept, now| {
            let target = self.execution_of(kept, target)?;
            let event = kept.engine.roll_back(&target, stage, trigger)?;
            self.take(kept, event, now)?;
            let newest = kept.engine.state().executions.last();
            newest.map(|execution| execution.id.clone()).ok_or(Error::NoExecution(target.id))
        })
    }

    /// Lets an execution go on whatever a condition would say.
    ///
    /// # Errors
    /// When that is not being evaluated, or allows no override.
    pub fn override_condition(
        &self,
        name: &str,
        stage: &str,
        id: &ExecutionId,
        kind: ConditionKind,
        by: String,
    ) -> Result<(), Error> {
        self.ask(name, id, |engine, execution| engine.override_condition(&execution.id, stage, kind, by))
    }

    /// Opens a transition, or closes it for a reason.
    ///
    /// # Errors
    /// When the pipeline has no such stage.
    pub fn change_transition(
        &self,
        name: &str,
        stage: &str,
        way: Way,
        by: String,
        closed: Option<String>,
    ) -> Result<(), Error> {
        self.with(name, |kept, now| {
            let event = match closed {
                None => kept.engine.enable(stage, way, by),
                Some(reason) => kept.engine.disable(stage, way, by, reason),
            }?;
            self.take(kept, event, now)?;
            Ok(())
        })
    }

    /// Asks for something that changes one execution.
    fn ask(
        &self,
        name: &str,
        id: &ExecutionId,
        check: impl FnOnce(&Engine, &Execution) -> Result<Event, Refusal>,
    ) -> Result<(), Error> {
        self.with(name, |kept, now| {
            let execution = self.execution_of(kept, id)?;
            let event = check(&kept.engine, &execution)?;
            self.take(kept, event, now)?;
            Ok(())
        })
    }

    fn execution_of(&self, kept: &Kept, id: &ExecutionId) -> Result<Execution, Error> {
        if let Some(execution) = kept.engine.state().execution(id) {
            return Ok(execution.clone());
        }
        let forgotten = self.0.store.execution(&kept.engine.pipeline().name, id)?;
        forgotten.ok_or_else(|| Error::NoExecution(id.clone()))
    }

    /// With a pipeline as it is now: the timer may be late, and what is due must not be too late for what is asked.
    fn with<T>(&self, name: &str, work: impl FnOnce(&mut Kept, Timestamp) -> Result<T, Error>) -> Result<T, Error> {
        let now = self.0.clock.now();
        let mut pipelines = self.0.pipelines();
        let kept = find(&mut pipelines, name)?;
        if kept.engine.due().is_some_and(|due| due <= now) {
            self.take(kept, Event::Tick, now)?;
        }
        let done = work(kept, now);
        self.0.rearm(&pipelines);
        done
    }
}
