//! What people ask of executions, and whether it can be done: each check makes the event that does it.

use super::Engine;
use super::event::{Event, Override, Retry, RollBack, Stop, TransitionChange, Trigger, Way};
use super::state::{ConditionStatus, Ending, Execution, ExecutionId, ExecutionType, Position, StageRun, StageStatus};
use crate::pipeline::action::ConditionKind;
use crate::pipeline::definition::{ConditionResult, ExecutionMode, RetryMode};

/// So many executions of a pipeline may run and wait at once where they queue or run side by side.
const CONCURRENT: usize = 50;

/// Why what somebody asks of an execution is not done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// As many executions as there may be.
    #[error("{CONCURRENT} executions of the pipeline run or wait already; wait until one has ended, or stop one")]
    TooMany,
    /// The pipeline has no stage of this name.
    #[error("the pipeline has no stage {0:?}")]
    StageNotFound(String),
    /// It has ended.
    #[error("execution {0} cannot be stopped: it is no longer in progress")]
    NotStoppable(ExecutionId),
    /// It is being stopped so already.
    #[error("execution {0} is being stopped already; it can still be abandoned, once")]
    DuplicateStop(ExecutionId),
    /// The stage of the execution is not one that can be tried again.
    #[error("stage {stage:?} of execution {execution} cannot be retried: {why}")]
    NotRetryable {
        /// The stage.
        stage: String,
        /// The execution.
        execution: ExecutionId,
        /// Why not.
        why: &'static str,
    },
    /// Others have been in the stage since.
    #[error("execution {execution} is not the latest in stage {stage:?}; ask for the pipeline's state")]
    NotLatest {
        /// The stage.
        stage: String,
        /// The execution.
        execution: ExecutionId,
    },
    /// The stage cannot go back to it.
    #[error("stage {stage:?} cannot be rolled back to execution {target}: {why}")]
    NoRollback {
        /// The stage.
        stage: String,
        /// What it was to go back to.
        target: ExecutionId,
        /// Why not.
        why: &'static str,
    },
    /// The pipeline was another when the execution ran.
    #[error("execution {0} is outdated: the pipeline has changed since it started")]
    Outdated(ExecutionId),
    /// Nothing there can be overridden.
    #[error("the condition of stage {stage:?} cannot be overridden: {why}")]
    NotOverridable {
        /// The stage.
        stage: String,
        /// Why not.
        why: &'static str,
    },
}

impl Engine {
    /// Whether one more execution may begin. Where they supersede each other there is always room.
    pub fn has_room(&self) -> Result<(), Refusal> {
        let bounded = self.pipeline().execution_mode != ExecutionMode::Superseded;
        if bounded && self.state().live().count() >= CONCURRENT { Err(Refusal::TooMany) } else { Ok(()) }
    }

    /// Stops an execution: what runs of it ends first, or is abandoned.
    pub fn stop(&self, execution: &Execution, abandon: bool, reason: Option<String>) -> Result<Event, Refusal> {
        let id = execution.id.clone();
        match (execution.position, execution.ending) {
            (Position::Ended, _) => Err(Refusal::NotStoppable(id)),
            (_, Some(Ending::Stopped)) if !abandon => Err(Refusal::DuplicateStop(id)),
            _ => Ok(Event::Stop(Stop { execution: id, abandon, reason })),
        }
    }

    /// Has the last stage of an execution, which failed or was stopped in it, tried again.
    pub fn retry(&self, execution: &Execution, stage: &str, mode: RetryMode) -> Result<Event, Refusal> {
        let place = self.place(stage)?;
        let refuse = |why| {
            let (stage, execution) = (stage.to_owned(), execution.id.clone());
            Err(Refusal::NotRetryable { stage, execution, why })
        };
        if execution.pipeline_version != self.pipeline().version {
            return refuse("the pipeline has changed since");
        }
        let Some(run) = execution.stages.iter().rfind(|run| run.name == stage) else {
            return refuse("it was never in it");
        };
        match run.status {
            StageStatus::Failed | StageStatus::Stopped => {}
            StageStatus::InProgress | StageStatus::Stopping => return refuse("it is in progress"),
            StageStatus::Succeeded => return refuse("it succeeded"),
            StageStatus::Skipped => return refuse("it was skipped"),
            StageStatus::Cancelled => return refuse("the pipeline has changed since"),
        }
        let latest = self.state().stages.get(stage).and_then(|seen| seen.latest);
        if execution.in_turn() && latest != Some(execution.number) {
            return Err(Refusal::NotLatest { stage: stage.to_owned(), execution: execution.id.clone() });
        }
        self.has_room()?;
        Ok(Event::Retry(Retry { execution: Box::new(execution.clone()), stage: place, mode }))
    }

    /// Brings a stage back to what an earlier execution made of it.
    pub fn roll_back(&self, target: &Execution, stage: &str, trigger: Trigger) -> Result<Event, Refusal> {
        let place = self.place(stage)?;
        let refuse = |why| Err(Refusal::NoRollback { stage: stage.to_owned(), target: target.id.clone(), why });
        if !self.in_turn() {
            return refuse("a pipeline in mode PARALLEL has no rollback");
        }
        if place == 0 {
            return refuse("the stage of source actions has nothing to go back to");
        }
        if target.execution_type == ExecutionType::Rollback {
            return refuse("that is a rollback itself");
        }
        if target.pipeline_version != self.pipeline().version {
            return Err(Refusal::Outdated(target.id.clone()));
        }
        let passed = |run: &StageRun| run.name == stage && run.status == StageStatus::Succeeded;
        if !target.stages.iter().any(passed) {
            return refuse("it did not succeed there");
        }
        if self.state().occupant(stage).is_some() {
            return refuse("the stage is in progress");
        }
        if self.latest(stage).is_some_and(|run| run.status == StageStatus::Skipped) {
            return refuse("the stage was skipped");
        }
        self.has_room()?;
        Ok(Event::RollBack(RollBack { target: Box::new(target.clone()), stage: place, trigger }))
    }

    /// Lets an execution go on whatever a condition, which is being evaluated, would say.
    pub fn override_condition(
        &self,
        execution: &ExecutionId,
        stage: &str,
        kind: ConditionKind,
        by: String,
    ) -> Result<Event, Refusal> {
        let refuse = |why| Err(Refusal::NotOverridable { stage: stage.to_owned(), why });
        let Some(found) = self.state().execution(execution).filter(|execution| execution.is_in(stage)) else {
            // Only now: the execution may go by an earlier definition, which had other stages.
            self.place(stage)?;
            return Err(Refusal::NotLatest { stage: stage.to_owned(), execution: execution.clone() });
        };
        let run = found.stages.last().and_then(|run| run.counting_condition(kind));
        let run = run.filter(|run| run.status == ConditionStatus::InProgress);
        let Some((run, rule)) = run.and_then(|run| Some((run, run.rules.first()?))) else {
            return refuse("it is not being evaluated");
        };
        if kind == ConditionKind::OnFailure {
            return refuse("only those of entry and success can be");
        }
        if run.result == ConditionResult::Skip {
            return refuse("its result is SKIP");
        }
        Ok(Event::Override(Override { execution: execution.clone(), rule: rule.id.clone(), by }))
    }

    /// Opens a transition.
    pub fn enable(&self, stage: &str, way: Way, by: String) -> Result<Event, Refusal> {
        self.transition(stage, way, by, None)
    }

    /// Closes a transition: executions wait before it.
    pub fn disable(&self, stage: &str, way: Way, by: String, reason: String) -> Result<Event, Refusal> {
        self.transition(stage, way, by, Some(reason))
    }

    fn transition(&self, stage: &str, way: Way, by: String, closed: Option<String>) -> Result<Event, Refusal> {
        if !self.definitions.have_stage(stage, self.state()) {
            return Err(Refusal::StageNotFound(stage.to_owned()));
        }
        Ok(Event::Transition(TransitionChange { stage: stage.to_owned(), way, by, closed }))
    }

    fn place(&self, stage: &str) -> Result<usize, Refusal> {
        let place = self.pipeline().stages.iter().position(|known| known.name == stage);
        place.ok_or_else(|| Refusal::StageNotFound(stage.to_owned()))
    }

    /// The last passage through a stage.
    fn latest(&self, stage: &str) -> Option<&StageRun> {
        let latest = self.state().stages.get(stage)?.latest?;
        let execution = self.state().executions.iter().find(|execution| execution.number == latest)?;
        execution.stages.iter().rfind(|run| run.name == stage)
    }
}
