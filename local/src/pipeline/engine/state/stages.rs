//! Stages: an execution's passage through one, and what is remembered of one.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{ActionRun, ActionStatus, ConditionRun, ConditionStatus, ErrorDetails};
use crate::pipeline::action::ConditionKind;
use crate::pipeline::definition::RetryMode;

/// An execution's passage through a stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StageRun {
    /// The stage's name.
    pub name: String,
    /// How it is doing.
    pub status: StageStatus,
    /// When the execution entered.
    pub started: Timestamp,
    /// When anything changed last.
    pub updated: Timestamp,
    /// Every run of an action, in the order of their starts; of several runs of one action the last counts.
    pub actions: Vec<ActionRun>,
    /// Every evaluation of a condition, in the order of their starts.
    pub conditions: Vec<ConditionRun>,
    /// How often it was tried again.
    pub attempts: Attempts,
}

/// The documented statuses of a stage execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum StageStatus {
    /// The pipeline's definition changed under it.
    Cancelled,
    /// Its actions run.
    InProgress,
    /// An action failed.
    Failed,
    /// Somebody stopped it.
    Stopped,
    /// Somebody is stopping it.
    Stopping,
    /// Every action succeeded.
    Succeeded,
    /// A condition skipped it.
    Skipped,
}

/// How often a stage was tried again, and what of it counts no more.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attempts {
    /// By itself, when an action failed.
    pub automatic: u32,
    /// By hand.
    pub manual: u32,
    /// When that was last.
    pub last: Option<(RetryTrigger, Timestamp)>,
    /// Where the runs of actions begin that count.
    actions: usize,
    /// Where the evaluations of conditions begin that count.
    conditions: usize,
    /// Before that, only what did well counts.
    failures: (usize, usize),
}

/// Who had a stage tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum RetryTrigger {
    /// The stage's declaration.
    AutomatedStageRetry,
    /// A call of `RetryStageExecution`.
    ManualStageRetry,
}

impl StageRun {
    /// The execution enters it.
    pub(in crate::pipeline::engine) fn new(name: String, now: Timestamp) -> Self {
        let (actions, conditions, attempts) = Default::default();
        Self { name, status: StageStatus::InProgress, started: now, updated: now, actions, conditions, attempts }
    }

    /// The last run of an action of the stage.
    pub fn latest(&self, action: &str) -> Option<&ActionRun> {
        self.actions.iter().rev().find(|run| run.name == action)
    }

    /// The last evaluation of a condition of the stage.
    pub fn condition(&self, kind: ConditionKind) -> Option<&ConditionRun> {
        self.conditions.iter().rev().find(|run| run.kind == kind)
    }

    /// The run of an action that says whether it is still to be done.
    pub(in crate::pipeline::engine) fn counting(&self, action: &str) -> Option<&ActionRun> {
        let (index, run) = self.actions.iter().enumerate().rfind(|(_, run)| run.name == action)?;
        let past = index < self.attempts.failures.0 && run.status != ActionStatus::Succeeded;
        (index >= self.attempts.actions && !past).then_some(run)
    }

    /// The evaluation of a condition that says whether it is met.
    pub(in crate::pipeline::engine) fn counting_condition(&self, kind: ConditionKind) -> Option<&ConditionRun> {
        let (index, run) = self.conditions.iter().enumerate().rfind(|(_, run)| run.kind == kind)?;
        // It was asked of a failure that is over.
        let entered = kind == ConditionKind::BeforeEntry;
        let well = entered && matches!(run.status, ConditionStatus::Succeeded | ConditionStatus::Overridden);
        let past = index < self.attempts.failures.1 && !well;
        (index >= self.attempts.conditions && !past).then_some(run)
    }

    /// Whether something of it that counts was under way when flowgate ended.
    pub(in crate::pipeline::engine) fn was_interrupted(&self) -> bool {
        let Attempts { actions, conditions, failures, .. } = &self.attempts;
        let actions = self.actions.iter().skip(*actions.max(&failures.0));
        let conditions = self.conditions.iter().skip(*conditions.max(&failures.1));
        let rules = conditions.flat_map(|condition| &condition.rules).map(|rule| &rule.error_details);
        let errors = actions.map(|run| &run.error_details).chain(rules);
        errors.flatten().any(ErrorDetails::is_interruption)
    }

    /// From now on, of what there was only that counts which the mode leaves.
    pub(in crate::pipeline::engine) fn try_again(&mut self, mode: RetryMode, trigger: RetryTrigger, now: Timestamp) {
        let (actions, conditions) = (self.actions.len(), self.conditions.len());
        let attempts = &mut self.attempts;
        match mode {
            RetryMode::FailedActions => attempts.failures = (actions, conditions),
            RetryMode::AllActions => (attempts.actions, attempts.conditions) = (actions, conditions),
        }
        match trigger {
            RetryTrigger::AutomatedStageRetry => attempts.automatic += 1,
            RetryTrigger::ManualStageRetry => attempts.manual += 1,
        }
        attempts.last = Some((trigger, now));
        self.status = StageStatus::InProgress;
    }

    /// Of every action the last run that succeeded: it overrides what earlier ones left.
    pub(super) fn succeeded(&self) -> impl DoubleEndedIterator<Item = &ActionRun> {
        let well = |run: &ActionRun| run.status == ActionStatus::Succeeded;
        let again = move |from: usize, name: &str| self.actions[from..].iter().any(|run| well(run) && run.name == name);
        let all = self.actions.iter().enumerate();
        all.filter(move |(place, run)| well(run) && !again(place + 1, &run.name)).map(|(_, run)| run)
    }
}

/// What is remembered of a stage: by their numbers, the executions that say how it is doing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Seen {
    /// Into the stage.
    pub inbound: Transition,
    /// Out of the stage.
    pub outbound: Transition,
    /// Who entered it last.
    pub latest: Option<u64>,
    /// Who succeeded in it last on the way through the pipeline: what a rollback brings back.
    pub succeeded: Option<u64>,
    /// In whose passage each action began last.
    pub actions: BTreeMap<String, u64>,
    /// In whose passage each condition was asked last.
    pub conditions: BTreeMap<ConditionKind, u64>,
}

/// A way into a stage, or out of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Transition {
    /// Who closed it and why, while it is closed.
    pub disabled: Option<Disabled>,
    /// Who changed it last, and when.
    pub changed: Option<(String, Timestamp)>,
}

/// Why a transition is closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Disabled {
    /// In the words of who closed it.
    pub reason: String,
    /// Since when.
    pub since: Timestamp,
}

impl Seen {
    pub(super) fn refers_to(&self, number: u64) -> bool {
        let own = [self.latest, self.succeeded].into_iter().flatten();
        own.chain(self.actions.values().copied()).chain(self.conditions.values().copied()).any(|one| one == number)
    }
}
