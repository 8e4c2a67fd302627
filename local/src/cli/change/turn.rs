//! How far a gate is with an execution.

use std::collections::BTreeSet;

use super::set_aside::Judged;
use crate::cli::gate::Gate;
use crate::report::view::Action;

/// How far the gates of a stage are that have the rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// One decides, or is yet to.
    Ahead,
    /// One did not let it pass, and others of the stage still run.
    Denied,
    /// The stage is over: they decide again when it is tried again.
    Over,
    /// They let it pass.
    Passed,
}

impl Turn {
    pub(super) fn of(judged: &Judged, rules: &BTreeSet<String>) -> Self {
        let has = |gate: &&Gate| !gate.rules.is_disjoint(rules);
        let runs: Vec<Option<&Action>> =
            judged.gates.iter().filter(has).map(|gate| run(judged, &gate.action)).collect();
        let is_over = judged.stage.status.as_deref() != Some("InProgress");
        if runs.iter().all(|run| run.is_some_and(Action::succeeded)) {
            Self::Passed
        } else if is_over {
            Self::Over
        } else if runs.into_iter().flatten().any(|run| has_failed(run) && is_last_word(judged, run)) {
            Self::Denied
        } else {
            Self::Ahead
        }
    }
}

fn run<'a>(judged: &'a Judged, name: &str) -> Option<&'a Action> {
    judged.stage.actions.iter().find(|action| action.name == name)
}

fn has_failed(run: &Action) -> bool {
    run.status.as_deref() == Some("Failed")
}

/// Whether nothing of the stage has happened since: else all of it is being tried again, and the gate decides again.
fn is_last_word(judged: &Judged, run: &Action) -> bool {
    judged.stage.actions.iter().all(|action| action.at <= run.at)
}

/// The stage's approvals that nobody has given.
pub(super) fn unanswered(judged: &Judged) -> Vec<&str> {
    let is_given = |name: &&String| run(judged, name).is_some_and(Action::succeeded);
    judged.approvals.iter().filter(|name| !is_given(name)).map(String::as_str).collect()
}
