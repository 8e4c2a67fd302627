//! The engine moves executions through a pipeline: State × Event → State and Commands.
//!
//! It is told the time and given its ids, so that the same events always lead to the same commands. What the state
//! says holds between events:
//! - of executions that take turns (modes `SUPERSEDED` and `QUEUED`), at most one is in a stage;
//! - where they supersede each other, at most one waits for a stage; where they queue, nobody enters before who started
//!   before and waits for the same;
//! - nobody waits for a stage that is free and open;
//! - who takes turns goes by the current definition, or comes to an end; who runs beside others goes on as it began;
//! - an execution that is in a stage has an action or a rule running there, or an approval waiting; one that ended has
//!   none;
//! - an approval succeeds by a person's answer only, in time and with its own token;
//! - an automatic rollback follows a failure; each passes through that one stage, and is followed by none;
//! - of what was interrupted nothing is tried again or brought back by itself;
//! - what ended goes on only when somebody has its last stage tried again; what was superseded or cancelled never does;
//! - what is kept does not grow with the number of executions that ended.

mod approval;
mod change;
mod condition;
mod due;
mod event;
mod prepare;
mod request;
mod situation;
mod state;
mod step;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use approval::ApprovalError;
pub use change::{ActionChange, Change, Command, RuleChange, Subject};
pub use event::{Answer, Event, Ids, SourceRevision, Start, StartError, Trigger, TriggerType, Way};
use jiff::Timestamp;
pub use request::Refusal;
pub use state::{
    ActionRun, ActionStatus, Attempts, ConditionRun, ConditionStatus, Disabled, Ending, ErrorDetails, Execution,
    ExecutionId, ExecutionStatus, ExecutionType, Position, RetryTrigger, RuleRun, RuleStatus, RunId, Seen, StageRun,
    StageStatus, State, Transition,
};

pub use super::action::{Approval, ConditionKind};
pub use super::definition::{ConditionResult, RetryMode};
use super::definition::{ExecutionMode, Pipeline};

/// One pipeline and its executions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Engine {
    definitions: Definitions,
    state: State,
}

/// What executions go through.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Definitions {
    /// What those go through that start now.
    current: Arc<Pipeline>,
    /// What those go through that started before it was changed.
    earlier: BTreeMap<u32, Arc<Pipeline>>,
}

impl Definitions {
    fn of(&self, execution: &Execution) -> Arc<Pipeline> {
        self.earlier.get(&execution.pipeline_version).unwrap_or(&self.current).clone()
    }

    fn replace(&mut self, pipeline: Pipeline) {
        let before = std::mem::replace(&mut self.current, Arc::new(pipeline));
        self.earlier.insert(before.version, before);
    }

    /// Whether somebody may come to a stage of this name: of those that go by an earlier definition, who takes turns
    /// comes to no other stage.
    fn have_stage(&self, name: &str, state: &State) -> bool {
        let goes_on = || state.live().filter(|execution| !execution.in_turn());
        self.current.stage(name).is_some() || goes_on().any(|execution| self.of(execution).stage(name).is_some())
    }

    /// Drops what nobody goes through any more.
    fn forget(&mut self, state: &State) {
        self.earlier.retain(|version, _| state.live().any(|execution| execution.pipeline_version == *version));
    }
}

impl Engine {
    /// A pipeline without executions.
    pub fn new(pipeline: Pipeline) -> Self {
        Self::restored(pipeline, Vec::new(), State::default())
    }

    /// A pipeline with what had happened, and its earlier definitions, of which those are kept that are still needed.
    pub fn restored(pipeline: Pipeline, earlier: Vec<Pipeline>, state: State) -> Self {
        let earlier = earlier.into_iter().map(|pipeline| (pipeline.version, Arc::new(pipeline))).collect();
        let mut definitions = Definitions { current: Arc::new(pipeline), earlier };
        definitions.forget(&state);
        Self { definitions, state }
    }

    /// What it runs.
    pub fn pipeline(&self) -> &Pipeline {
        &self.definitions.current
    }

    /// What is known of its executions. After an event it has all that the commands speak of.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Takes in what happened and says what to do now, in this order.
    ///
    /// What was due by now happens before it, whatever it is; but of a restart work is lost before that. Beyond that,
    /// an event that repeats one, or that speaks of something unknown or ended, changes nothing.
    pub fn apply(&mut self, event: Event, now: Timestamp, ids: &mut dyn Ids) -> Vec<Command> {
        // Only now: until here, whoever carries out commands may read what they were about.
        self.forget();
        step::Step::new(&mut self.definitions, &mut self.state, now, ids).take(event)
    }

    /// Drops what is needed no more.
    fn forget(&mut self) {
        self.definitions.forget(&self.state);
        self.state.forget_stages(&self.definitions);
        self.state.forget();
    }

    /// Whether executions take turns in its stages.
    fn in_turn(&self) -> bool {
        self.pipeline().execution_mode != ExecutionMode::Parallel
    }
}
