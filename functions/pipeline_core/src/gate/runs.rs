//! Which run of an action stands.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::gate::{
    observation::ActionRun,
    rules::{Objection, deny},
    say,
};

/// CodePipeline's word for an action that succeeded, and so for an approval that was given.
pub(super) const SUCCEEDED: &str = "Succeeded";
/// And for one that is under way, or waits for its answer.
pub(super) const WAITING: &str = "InProgress";

/// The run that stands: what was asked for again is nothing until it is given again.
pub(super) fn latest(runs: &[ActionRun], of: impl Fn(&ActionRun) -> bool) -> Result<Option<&ActionRun>, Objection> {
    let runs: Vec<&ActionRun> = runs.iter().filter(|run| of(run)).collect();
    let Some(first) = runs.first() else { return Ok(None) };
    let stages: BTreeSet<&str> = runs.iter().map(|run| run.stage.as_str()).collect();
    if stages.len() > 1 {
        return deny(format!("more than one stage has an action named {}; give each a name of its own", first.action));
    }
    if runs.len() > 1 && runs.iter().any(|run| run.asked.is_none()) {
        let again = say::RELEASE_AGAIN;
        return deny(format!("nobody knows which of the runs of {} is the latest: {again}", first.action));
    }
    // Of two that began at once the worse one stands.
    let order = |run: &&ActionRun| -> (Option<Timestamp>, bool) { (run.asked, run.status != SUCCEEDED) };
    Ok(runs.into_iter().max_by_key(order))
}
