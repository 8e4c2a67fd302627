//! What becomes of executions when whoever carried out the commands is gone.

use super::Step;
use crate::pipeline::action::{Failure, Outcome};
use crate::pipeline::engine::change::Command;
use crate::pipeline::engine::state::{ActionStatus, ErrorDetails, Execution, INTERRUPTED, RuleRun, RuleStatus, RunId};

/// The rules that do more than look.
const ONCE: [&str; 1] = ["LambdaInvoke"];

impl Step<'_> {
    /// Work that was under way is lost, and fails. Approvals wait on, and rules are asked again where they only look.
    pub(super) fn restart(mut self) -> Vec<Command> {
        // The definition may have been replaced just before, and nobody may have kept what came of that.
        self.cancel_outdated();
        let lost = (self.lost(), self.rules_in_progress(&|rule| ONCE.contains(&rule.type_id.provider.as_str())));
        let looking = self.rules_in_progress(&|rule| !ONCE.contains(&rule.type_id.provider.as_str()));
        // Before anything that has come due meanwhile begins: that is not lost.
        for run in lost.0 {
            self.finished(&run, interrupted("action"));
        }
        for rule in lost.1 {
            self.rule_finished(&rule, interrupted("rule"));
        }
        self.expire();
        for index in 0..self.state.executions.len() {
            self.ask_again(index, &looking);
        }
        self.commands
    }

    fn lost(&self) -> Vec<RunId> {
        let stages = self.state.executions.iter().filter_map(|execution| execution.stages.last());
        let runs = stages.flat_map(|stage| &stage.actions);
        let lost = runs.filter(|run| run.status == ActionStatus::InProgress && run.approval.is_none());
        lost.map(|run| run.id.clone()).collect()
    }

    fn rules_in_progress(&self, which: &dyn Fn(&RuleRun) -> bool) -> Vec<RunId> {
        let rules = self.state.executions.iter().flat_map(rules_of);
        rules.filter(|rule| rule.status == RuleStatus::InProgress && which(rule)).map(|rule| rule.id.clone()).collect()
    }

    fn ask_again(&mut self, index: usize, looking: &[RunId]) {
        let Some(stage) = self.state.executions[index].stages.last() else { return };
        let (name, conditions) = (stage.name.clone(), stage.conditions.clone());
        for condition in &conditions {
            let goes_on = |rule: &&RuleRun| rule.status == RuleStatus::InProgress && looking.contains(&rule.id);
            for rule in condition.rules.iter().filter(goes_on) {
                let request = self.prepare(index).0.rule_request(&name, condition.kind, rule);
                self.commands.push(Command::RunRule(request));
            }
        }
    }
}

fn rules_of(execution: &Execution) -> impl Iterator<Item = &RuleRun> {
    let conditions = execution.stages.last().into_iter().flat_map(|stage| &stage.conditions);
    conditions.flat_map(|condition| &condition.rules)
}

fn interrupted(what: &str) -> Outcome {
    let message = format!("flowgate ended while the {what} ran; what it had begun may have gone on: look, then retry");
    Outcome::Failed(Failure { code: INTERRUPTED.to_owned(), message, external_execution_id: None })
}

impl ErrorDetails {
    /// Whether nothing failed but whoever carried it out: no reason to do anything about it without being asked.
    pub(in crate::pipeline::engine) fn is_interruption(&self) -> bool {
        self.code == INTERRUPTED
    }
}
