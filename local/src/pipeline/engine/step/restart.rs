//! What becomes of executions when whoever carried out the commands is gone.

use super::Step;
use crate::pipeline::action::{Failure, Outcome};
use crate::pipeline::engine::change::Command;
use crate::pipeline::engine::state::{ActionStatus, RuleStatus, RunId};

impl Step<'_> {
    /// Work that was under way is lost, and fails. Approvals wait on, and rules are asked again: they only look.
    pub(super) fn restarted(&mut self) {
        // The definition may have been replaced just before, and nobody may have kept what came of that.
        self.cancel_outdated();
        // Before the work fails: what is asked because of that has not been lost.
        for index in 0..self.state.executions.len() {
            self.ask_again(index);
        }
        for run in self.lost() {
            let message = "flowgate ended while the action ran; what it had begun may have gone on: look, then retry";
            let failure = Failure {
                code: "SystemUnavailable".to_owned(),
                message: message.to_owned(),
                external_execution_id: None,
            };
            self.finished(&run, Outcome::Failed(failure));
        }
    }

    fn lost(&self) -> Vec<RunId> {
        let stages = self.state.executions.iter().filter_map(|execution| execution.stages.last());
        let runs = stages.flat_map(|stage| &stage.actions);
        let lost = runs.filter(|run| run.status == ActionStatus::InProgress && run.approval.is_none());
        lost.map(|run| run.id.clone()).collect()
    }

    fn ask_again(&mut self, index: usize) {
        let Some(stage) = self.state.executions[index].stages.last() else { return };
        let (name, conditions) = (stage.name.clone(), stage.conditions.clone());
        for condition in &conditions {
            for rule in condition.rules.iter().filter(|rule| rule.status == RuleStatus::InProgress) {
                let request = self.prepare(index).0.rule_request(&name, condition.kind, rule);
                self.commands.push(Command::RunRule(request));
            }
        }
    }
}
