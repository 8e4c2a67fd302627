//! Everything that is known of a pipeline's executions: plain data, from which the API's answers are made.

mod condition;
mod stages;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::event::{SourceRevision, Trigger};
use crate::pipeline::action::{Approval, Artifact, TypeId};
use crate::pipeline::definition::ExecutionMode;
pub use condition::{ConditionRun, ConditionStatus, RuleRun, RuleStatus};
pub use stages::{Attempts, Disabled, RetryTrigger, Seen, StageRun, StageStatus, Transition};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id!(
    /// A `pipelineExecutionId`, a UUID.
    ExecutionId
);
id!(
    /// An `actionExecutionId`, a UUID: one run of one action.
    RunId
);

/// What must be known of a pipeline's executions to go on. It does not grow with their number: what ended and is needed
/// no more is left to whoever keeps the history.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct State {
    /// Those that run or may still be needed, oldest first: the later of two is the newer one.
    pub executions: Vec<Execution>,
    /// How many there were so far.
    pub started: u64,
    /// What is remembered of each stage that executions have entered, or whose transitions were changed.
    pub stages: BTreeMap<String, Seen>,
}

/// One passage of one change through the pipeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Execution {
    /// Its id.
    pub id: ExecutionId,
    /// Which of the pipeline's executions it is, counted from 1 in the order of their starts.
    pub number: u64,
    /// The version of the pipeline's definition that it runs.
    pub pipeline_version: u32,
    /// How it gets along with others: the mode that the pipeline had when it started.
    pub mode: ExecutionMode,
    /// 1, and one more each time that a stage of it is tried again.
    pub attempt: u32,
    /// Whether it passes through the pipeline, or back.
    pub execution_type: ExecutionType,
    /// The execution that it brings back; only rollbacks have one.
    pub rollback_target: Option<ExecutionId>,
    /// What started it.
    pub trigger: Trigger,
    /// The pipeline-level variables, resolved.
    pub variables: BTreeMap<String, String>,
    /// The revisions it was started with.
    pub source_revisions: Vec<SourceRevision>,
    /// How it is doing.
    pub status: ExecutionStatus,
    /// Why it has that status, where that needs saying.
    pub status_summary: Option<String>,
    /// Where it is.
    pub position: Position,
    /// Why nothing more begins in it, where it has not ended yet.
    pub ending: Option<Ending>,
    /// Why it was stopped, in the words of who did, where somebody did.
    pub stop_reason: Option<String>,
    /// When it started.
    pub started: Timestamp,
    /// When anything of it changed last.
    pub updated: Timestamp,
    /// The stages it has entered, in that order.
    pub stages: Vec<StageRun>,
}

/// The documented types of a pipeline execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ExecutionType {
    /// A change on its way through the stages.
    Standard,
    /// Another execution's passage through one stage, again.
    Rollback,
}

/// Where an execution is; stages are counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Position {
    /// Before a stage that is occupied or closed.
    Waiting(usize),
    /// In a stage.
    In(usize),
    /// Nowhere any more.
    Ended,
}

/// Why nothing more begins in an execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ending {
    /// Somebody stopped it.
    Stopped,
    /// The pipeline's definition was changed.
    Cancelled,
}

/// The documented statuses of a pipeline execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ExecutionStatus {
    /// The pipeline's definition changed under it.
    Cancelled,
    /// It runs or waits.
    InProgress,
    /// Somebody stopped it.
    Stopped,
    /// Somebody is stopping it.
    Stopping,
    /// Every stage succeeded.
    Succeeded,
    /// A newer one took its place before a stage.
    Superseded,
    /// A stage failed.
    Failed,
}

/// One run of one action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ActionRun {
    /// Its id.
    pub id: RunId,
    /// The action's name.
    pub name: String,
    /// What kind of action it is.
    pub type_id: TypeId,
    /// Where later actions find its variables.
    pub namespace: Option<String>,
    /// How it is doing.
    pub status: ActionStatus,
    /// When it started.
    pub started: Timestamp,
    /// When anything changed last.
    pub updated: Timestamp,
    /// When it fails, if it runs on until then; an approval says so itself.
    pub expires: Option<Timestamp>,
    /// When it fails, if nothing is heard of it until then.
    pub silent: Option<Timestamp>,
    /// One line for people.
    pub summary: Option<String>,
    /// 0 to 100.
    pub percent_complete: Option<u8>,
    /// The provider's own id for what it did.
    pub external_execution_id: Option<String>,
    /// Why it failed.
    pub error_details: Option<ErrorDetails>,
    /// The configuration, resolved; empty where it could not be.
    pub resolved_configuration: BTreeMap<String, String>,
    /// The artifacts it reads.
    pub input_artifacts: Vec<Artifact>,
    /// The artifacts it writes: there once it succeeded.
    pub output_artifacts: Vec<Artifact>,
    /// The variables it produced.
    pub output_variables: BTreeMap<String, String>,
    /// The source revision it brought.
    pub revision: Option<String>,
    /// What it waits for, where it is a manual approval.
    pub approval: Option<Approval>,
    /// The ARN of whoever changed it last, where that was a person.
    pub updated_by: Option<String>,
}

/// The documented statuses of an action execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ActionStatus {
    /// It runs.
    InProgress,
    /// Its outcome was not waited for.
    Abandoned,
    /// It did what it should.
    Succeeded,
    /// It did not.
    Failed,
}

/// The error code of what was under way when flowgate ended.
pub(super) const INTERRUPTED: &str = "Interrupted";

/// Why an action failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorDetails {
    /// CodePipeline's failure type.
    pub code: String,
    /// What failed, on what, and what to do.
    pub message: String,
}

impl ErrorDetails {
    /// Whether nothing failed but whoever carried it out: no reason to do anything about it without being asked.
    fn is_interruption(&self) -> bool {
        self.code == INTERRUPTED
    }
}

impl State {
    /// The execution of this id, where it is still kept.
    pub fn execution(&self, id: &ExecutionId) -> Option<&Execution> {
        self.executions.iter().find(|execution| execution.id == *id)
    }

    /// Those that have not ended.
    pub fn live(&self) -> impl Iterator<Item = &Execution> {
        self.executions.iter().filter(|execution| execution.position != Position::Ended)
    }

    /// Where this execution stands among those that are kept.
    pub(super) fn index(&self, id: &ExecutionId) -> Option<usize> {
        self.executions.iter().position(|execution| execution.id == *id)
    }

    /// Who waits for a stage in turn with others, as indexes, oldest first.
    pub(super) fn waiting(&self, stage: usize) -> Vec<usize> {
        let waits = |execution: &Execution| execution.in_turn() && execution.position == Position::Waiting(stage);
        let all = self.executions.iter().enumerate();
        all.filter(|(_, execution)| waits(execution)).map(|(index, _)| index).collect()
    }

    /// Who has a stage for itself.
    pub fn occupant(&self, stage: &str) -> Option<&Execution> {
        self.executions.iter().find(|execution| execution.in_turn() && execution.is_in(stage))
    }

    /// Which execution this running action belongs to, and where it stands in its current stage.
    pub(super) fn running(&self, run: &RunId) -> Option<(usize, usize)> {
        self.executions.iter().enumerate().find_map(|(index, execution)| {
            let actions = &execution.stages.last()?.actions;
            let is_it = |action: &ActionRun| action.id == *run && action.status == ActionStatus::InProgress;
            Some((index, actions.iter().position(is_it)?))
        })
    }

    /// Which execution this running rule belongs to, and of which condition's run in its current stage.
    pub(super) fn running_rule(&self, run: &RunId) -> Option<(usize, usize)> {
        self.executions.iter().enumerate().find_map(|(index, execution)| {
            let conditions = &execution.stages.last()?.conditions;
            let is_it = |rule: &RuleRun| rule.id == *run && rule.status == RuleStatus::InProgress;
            Some((index, conditions.iter().position(|condition| condition.rules.iter().any(is_it))?))
        })
    }

    /// Of every action the run whose products the execution may read, in the order of their starts: its own, and of a
    /// rollback before them those of the target's earlier stages.
    pub(super) fn readable<'a>(&'a self, execution: &'a Execution) -> impl DoubleEndedIterator<Item = &'a ActionRun> {
        let target = execution.rollback_target.as_ref().and_then(|target| self.execution(target));
        let earlier = target.zip(execution.stages.first()).map(|(target, again)| target.before(&again.name));
        earlier.unwrap_or_default().iter().flat_map(StageRun::succeeded).chain(execution.succeeded())
    }

    /// The artifact of this name, as the execution may read it.
    pub(super) fn artifact<'a>(&'a self, execution: &'a Execution, name: &str) -> Option<&'a Artifact> {
        self.readable(execution).rev().flat_map(|run| &run.output_artifacts).find(|artifact| artifact.name == name)
    }

    /// The newest execution that a rollback of this one's current stage can bring back.
    pub(super) fn rollback_target(&self, index: usize) -> Option<&Execution> {
        let failed = &self.executions[index];
        let stage = &failed.stages.last()?.name;
        let newest = self.stages.get(stage)?.succeeded?;
        let target = self.executions[..index].iter().find(|execution| execution.number == newest)?;
        (target.pipeline_version == failed.pipeline_version).then_some(target)
    }

    /// Takes in an execution that was forgotten, at its place.
    pub(super) fn recall(&mut self, execution: Execution) -> usize {
        let later = |kept: &Execution| kept.number >= execution.number;
        let index = self.executions.iter().position(later).unwrap_or(self.executions.len());
        if self.executions.get(index).is_none_or(|kept| kept.number != execution.number) {
            self.executions.insert(index, execution);
        }
        index
    }

    /// Forgets what ended, unless a stage refers to it, or a rollback that is kept: that may be tried again.
    pub(super) fn forget(&mut self) {
        let stages = &self.stages;
        let needed = |execution: &Execution| {
            execution.position != Position::Ended || stages.values().any(|seen| seen.refers_to(execution.number))
        };
        let kept = self.executions.iter().filter(|execution| needed(execution));
        let targets: BTreeSet<ExecutionId> = kept.filter_map(|execution| execution.rollback_target.clone()).collect();
        self.executions.retain(|execution| needed(execution) || targets.contains(&execution.id));
    }
}

impl Execution {
    /// Of every action the last run that succeeded, in the order of their starts.
    pub fn succeeded(&self) -> impl DoubleEndedIterator<Item = &ActionRun> {
        self.stages.iter().flat_map(StageRun::succeeded)
    }

    /// Whether it takes its turn in stages; others run beside each other.
    pub fn in_turn(&self) -> bool {
        self.mode != ExecutionMode::Parallel
    }

    /// Whether it is in the stage of this name.
    pub fn is_in(&self, stage: &str) -> bool {
        matches!(self.position, Position::In(_)) && self.stages.last().is_some_and(|run| run.name == stage)
    }

    /// What it went through before this stage.
    fn before(&self, stage: &str) -> &[StageRun] {
        let end = self.stages.iter().position(|run| run.name == stage).unwrap_or(self.stages.len());
        &self.stages[..end]
    }
}
