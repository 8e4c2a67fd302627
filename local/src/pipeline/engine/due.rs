//! What ends by itself, and when.

use jiff::Timestamp;

use super::Engine;
use super::state::{ActionRun, ActionStatus, RuleStatus, RunId, State};

impl Engine {
    /// When time alone changes something: the next [`Event::Tick`](super::Event::Tick) is due then.
    pub fn due(&self) -> Option<Timestamp> {
        self.state().deadlines().map(|(at, _)| at).min()
    }
}

impl State {
    /// Every approval, action and rule that runs until a certain time.
    pub(super) fn deadlines(&self) -> impl Iterator<Item = (Timestamp, &RunId)> {
        let stages = || self.executions.iter().filter_map(|execution| execution.stages.last());
        let actions = stages().flat_map(|stage| &stage.actions).filter(|run| run.status == ActionStatus::InProgress);
        let rules = stages().flat_map(|stage| &stage.conditions).flat_map(|condition| &condition.rules);
        let rules = rules.filter(|rule| rule.status == RuleStatus::InProgress);
        let actions = actions.filter_map(|run| Some((run.deadline()?, &run.id)));
        actions.chain(rules.filter_map(|rule| Some((rule.expires?, &rule.id))))
    }
}

impl ActionRun {
    /// When it ends, if nothing happens until then.
    pub(super) fn deadline(&self) -> Option<Timestamp> {
        let asked = self.approval.as_ref().map(|approval| approval.expires);
        [asked, self.expires, self.silent].into_iter().flatten().min()
    }
}
