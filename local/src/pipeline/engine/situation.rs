//! What a stage needs next: the one place that decides it.

use super::state::{ActionStatus, ConditionStatus, StageRun};
use crate::pipeline::action::ConditionKind;
use crate::pipeline::definition::{Action, Condition, ConditionResult, RetryMode, Stage};

/// How things stand in a stage.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Situation<'a> {
    /// Actions or rules run; whatever else is true, they run to their end.
    Busy,
    /// Nothing runs, and this condition is next: all its rules at once.
    Ask(ConditionKind, &'a Condition),
    /// Nothing runs, nothing failed, and these are next: all of one run order.
    Next(Vec<&'a Action>),
    /// Every action succeeded, and nothing speaks against it.
    Complete,
    /// The execution passes it by.
    Skipped,
    /// Nothing runs, and it failed.
    Failed(Cause<'a>),
    /// It failed, and what succeeded in it last is to come back.
    RollBack(Cause<'a>),
    /// An action failed, and the stage is to be tried again.
    Retry(RetryMode),
}

/// Why a stage failed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Cause<'a> {
    /// This action of it failed.
    Action(&'a str),
    /// This condition of it is not met.
    Condition(ConditionKind),
}

impl Cause<'_> {
    /// One line for people.
    pub(super) fn describe(&self, run: &StageRun) -> String {
        let stage = &run.name;
        let of = |which: &str, kind: ConditionKind| {
            let why = run.condition(kind).and_then(|run| run.summary.as_ref());
            let why = why.map(|why| format!(": {why}")).unwrap_or_default();
            format!("the {which} condition of stage {stage:?} is not met{why}")
        };
        match self {
            Self::Action(action) => format!("action {action:?} of stage {stage:?} failed"),
            Self::Condition(kind @ ConditionKind::BeforeEntry) => of("entry", *kind),
            Self::Condition(kind @ ConditionKind::OnSuccess) => of("success", *kind),
            Self::Condition(kind @ ConditionKind::OnFailure) => of("failure", *kind),
        }
    }
}

/// Names the situation.
pub(super) fn situation<'a>(stage: &'a Stage, run: &StageRun) -> Situation<'a> {
    past(ConditionKind::BeforeEntry, stage, run, || match progress(stage, run) {
        Progress::Busy => Situation::Busy,
        Progress::Next(actions) => Situation::Next(actions),
        Progress::Done => past(ConditionKind::OnSuccess, stage, run, || Situation::Complete),
        Progress::Failed(action) => failed(stage, run, Cause::Action(action)),
    })
}

/// What comes `then`, once this condition does not stand in the way.
fn past<'a>(
    kind: ConditionKind,
    stage: &'a Stage,
    run: &StageRun,
    then: impl FnOnce() -> Situation<'a>,
) -> Situation<'a> {
    let Some(condition) = stage.condition(kind) else { return then() };
    match (verdict(kind, condition, run), condition.result) {
        (Verdict::Open, _) => Situation::Ask(kind, condition),
        (Verdict::Busy, _) => Situation::Busy,
        (Verdict::Met, _) => then(),
        // What could not be found out is no reason to pass by, and an interruption none to go back.
        (Verdict::Unmet, ConditionResult::Skip) => Situation::Skipped,
        (_, ConditionResult::Rollback) if !run.was_interrupted() => Situation::RollBack(Cause::Condition(kind)),
        (Verdict::Unmet | Verdict::Errored, _) => Situation::Failed(Cause::Condition(kind)),
    }
}

/// Of a stage in which an action failed: there the result applies when the condition is met.
fn failed<'a>(stage: &'a Stage, run: &StageRun, cause: Cause<'a>) -> Situation<'a> {
    if run.was_interrupted() {
        return Situation::Failed(cause);
    }
    if let Some(mode) = stage.retry.filter(|_| run.attempts.automatic == 0) {
        return Situation::Retry(mode);
    }
    let kind = ConditionKind::OnFailure;
    let Some(condition) = stage.condition(kind) else { return Situation::Failed(cause) };
    match (verdict(kind, condition, run), condition.result) {
        (Verdict::Open, _) => Situation::Ask(kind, condition),
        (Verdict::Busy, _) => Situation::Busy,
        (Verdict::Met, ConditionResult::Rollback) => Situation::RollBack(cause),
        (Verdict::Met | Verdict::Unmet | Verdict::Errored, _) => Situation::Failed(cause),
    }
}

enum Verdict {
    Open,
    Busy,
    Met,
    Unmet,
    /// It could not be found out.
    Errored,
}

fn verdict(kind: ConditionKind, condition: &Condition, run: &StageRun) -> Verdict {
    match run.counting_condition(kind).map(|run| run.status) {
        _ if condition.rules.is_empty() => Verdict::Met,
        None => Verdict::Open,
        Some(ConditionStatus::InProgress) => Verdict::Busy,
        Some(ConditionStatus::Succeeded | ConditionStatus::Overridden) => Verdict::Met,
        Some(ConditionStatus::Errored) => Verdict::Errored,
        Some(ConditionStatus::Failed | ConditionStatus::Cancelled | ConditionStatus::Abandoned) => Verdict::Unmet,
    }
}

enum Progress<'a> {
    Busy,
    Next(Vec<&'a Action>),
    Done,
    Failed(&'a str),
}

fn progress<'a>(stage: &'a Stage, run: &StageRun) -> Progress<'a> {
    let status = |action: &&Action| run.counting(&action.name).map(|run| run.status);
    if stage.actions.iter().any(|action| status(&action) == Some(ActionStatus::InProgress)) {
        return Progress::Busy;
    }
    let ended_badly = |action: &&Action| matches!(status(action), Some(ActionStatus::Failed | ActionStatus::Abandoned));
    if let Some(failed) = stage.actions.iter().find(ended_badly) {
        return Progress::Failed(&failed.name);
    }
    let to_do = || stage.actions.iter().filter(|action| status(action).is_none());
    match to_do().map(|action| action.run_order).min() {
        Some(order) => Progress::Next(to_do().filter(|action| action.run_order == order).collect()),
        None => Progress::Done,
    }
}
