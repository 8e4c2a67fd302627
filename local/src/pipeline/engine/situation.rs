//! What a stage needs next: the one place that decides it.

use super::state::{ActionStatus, StageRun};
use crate::pipeline::definition::{Action, Stage};

/// How things stand in a stage.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Situation<'a> {
    /// Actions run; whatever else is true, they run to their end.
    Busy,
    /// Nothing runs, and this action failed.
    Failed(&'a str),
    /// Nothing runs, nothing failed, and these are next: all of one run order.
    Next(Vec<&'a Action>),
    /// Every action succeeded.
    Complete,
}

/// Names the situation.
pub(super) fn situation<'a>(stage: &'a Stage, run: &StageRun) -> Situation<'a> {
    let status = |action: &&Action| run.latest(&action.name).map(|run| run.status);
    if stage.actions.iter().any(|action| status(&action) == Some(ActionStatus::InProgress)) {
        return Situation::Busy;
    }
    let ended_badly = |action: &&Action| matches!(status(action), Some(ActionStatus::Failed | ActionStatus::Abandoned));
    if let Some(failed) = stage.actions.iter().find(ended_badly) {
        return Situation::Failed(&failed.name);
    }
    let to_do = || stage.actions.iter().filter(|action| status(action).is_none());
    match to_do().map(|action| action.run_order).min() {
        Some(order) => Situation::Next(to_do().filter(|action| action.run_order == order).collect()),
        None => Situation::Complete,
    }
}
