//! What ends by itself, and when.

use jiff::Timestamp;

use super::Engine;
use super::state::{RuleStatus, RunId, State};

impl Engine {
    /// When time alone changes something: the next [`Event::Tick`](super::Event::Tick) is due then.
    pub fn due(&self) -> Option<Timestamp> {
        self.state().deadlines().map(|(at, _)| at).min()
    }
}

impl State {
    /// Every approval and every rule that runs until a certain time.
    pub(super) fn deadlines(&self) -> impl Iterator<Item = (Timestamp, &RunId)> {
        let approvals = self.approvals().filter_map(|(_, run)| Some((run.approval.as_ref()?.expires, &run.id)));
        let stages = self.executions.iter().filter_map(|execution| execution.stages.last());
        let rules = stages.flat_map(|stage| &stage.conditions).flat_map(|condition| &condition.rules);
        let rules = rules.filter(|rule| rule.status == RuleStatus::InProgress);
        approvals.chain(rules.filter_map(|rule| Some((rule.expires?, &rule.id))))
    }
}
