//! The engine moves executions through a pipeline: State × Event → State and Commands.
//!
//! It is told the time and given its ids, so that the same events always lead to the same commands. What the state
//! says holds between events:
//! - at most one execution is in a stage, and at most one waits for it;
//! - nobody waits for a stage that is free;
//! - an execution that is in a stage has an action or a rule running there, or an approval waiting; one that ended has
//!   none;
//! - an approval succeeds by a person's answer only, in time and with its own token;
//! - a rollback follows a failure, passes through that one stage, and is followed by none.

mod approval;
mod change;
mod condition;
mod due;
mod event;
mod prepare;
mod situation;
mod state;
mod step;
#[cfg(test)]
mod tests;

pub use approval::ApprovalError;
pub use change::{ActionChange, Change, Command, RuleChange, Subject};
pub use event::{Answer, Event, Ids, SourceRevision, Start, StartError, Trigger, TriggerType};
use jiff::Timestamp;
pub use state::{
    ActionRun, ActionStatus, ConditionRun, ConditionStatus, ErrorDetails, Execution, ExecutionId, ExecutionStatus,
    ExecutionType, Position, RuleRun, RuleStatus, RunId, StageRun, StageStatus, State,
};

pub use super::action::{Approval, ConditionKind};
pub use super::definition::ConditionResult;
use super::definition::{DefinitionError, ErrorKind, ExecutionMode, Pipeline, Place};

/// One pipeline and its executions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Engine {
    pipeline: Pipeline,
    state: State,
}

impl Engine {
    /// A pipeline without executions; refuses an execution mode that it cannot honour.
    pub fn new(pipeline: Pipeline) -> Result<Self, DefinitionError> {
        check_mode(&pipeline)?;
        Ok(Self { pipeline, state: State::default() })
    }

    /// Gives the pipeline another definition, unless one of its executions still runs: then it answers `false`.
    pub fn replace(&mut self, pipeline: Pipeline) -> Result<bool, DefinitionError> {
        check_mode(&pipeline)?;
        let idle = self.state.executions.iter().all(|execution| execution.position == Position::Ended);
        if idle {
            self.pipeline = pipeline;
        }
        Ok(idle)
    }

    /// What it runs.
    pub fn pipeline(&self) -> &Pipeline {
        &self.pipeline
    }

    /// What has happened so far.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Takes in what happened and says what to do now, in this order.
    ///
    /// What was due by now happens before it, whatever it is. Beyond that, an event that repeats one, or that speaks of
    /// something unknown or ended, changes nothing.
    pub fn apply(&mut self, event: Event, now: Timestamp, ids: &mut dyn Ids) -> Vec<Command> {
        step::Step::new(&self.pipeline, &mut self.state, now, ids).take(event)
    }
}

fn check_mode(pipeline: &Pipeline) -> Result<(), DefinitionError> {
    if pipeline.execution_mode == ExecutionMode::Superseded {
        return Ok(());
    }
    let message = "cannot run here yet; use \"SUPERSEDED\"";
    Err(Place::pipeline().field("executionMode").error(ErrorKind::Structure, message))
}
