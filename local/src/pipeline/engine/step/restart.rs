//! What becomes of everything that was under way when whoever carried it out ended.

use super::Step;
use crate::pipeline::action::{ConditionKind, Failure, Outcome, RuleRequest};
use crate::pipeline::engine::change::Command;
use crate::pipeline::engine::state::{ActionStatus, INTERRUPTED, RuleRun, RuleStatus, RunId, StageRun};

/// The rules that do more than look.
const ONCE: [&str; 1] = ["LambdaInvoke"];

impl Step<'_> {
    /// Fails the work that was under way, and says what is to be asked again: rules that only look. Approvals wait on.
    pub(super) fn lose_work(&mut self) -> Vec<RuleRequest> {
        // The definition may have been replaced just before, and nobody may have kept what came of that.
        self.cancel_outdated();
        for run in self.lost_actions() {
            self.finished(&run, interrupted("action"));
        }
        for run in self.lost_rules() {
            self.rule_finished(&run, interrupted("rule"));
        }
        let looking = self.asked();
        looking.map(|(index, stage, kind, rule)| self.view(index).rule_request(&stage.name, kind, rule)).collect()
    }

    /// Asks what nobody decided meanwhile.
    pub(super) fn ask_again(&mut self, mut looking: Vec<RuleRequest>) {
        looking.retain(|request| self.state.running_rule(&RunId(request.id.clone())).is_some());
        self.commands.extend(looking.into_iter().map(Command::RunRule));
    }

    fn lost_actions(&self) -> Vec<RunId> {
        let runs = self.stages().flat_map(|(_, stage)| &stage.actions);
        let lost = runs.filter(|run| run.status == ActionStatus::InProgress && run.approval.is_none());
        lost.map(|run| run.id.clone()).collect()
    }

    fn lost_rules(&self) -> Vec<RunId> {
        let lost = self.asked().filter(|(.., rule)| ONCE.contains(&rule.type_id.provider.as_str()));
        lost.map(|(.., rule)| rule.id.clone()).collect()
    }

    /// The rules that run: of which execution, where, and of which condition.
    fn asked(&self) -> impl Iterator<Item = (usize, &StageRun, ConditionKind, &RuleRun)> {
        let conditions =
            self.stages().flat_map(|(index, stage)| stage.conditions.iter().map(move |run| (index, stage, run)));
        let rules =
            conditions.flat_map(|(index, stage, run)| run.rules.iter().map(move |rule| (index, stage, run.kind, rule)));
        rules.filter(|(.., rule)| rule.status == RuleStatus::InProgress)
    }

    /// The last stage of every execution.
    fn stages(&self) -> impl Iterator<Item = (usize, &StageRun)> {
        let all = self.state.executions.iter().enumerate();
        all.filter_map(|(index, execution)| Some((index, execution.stages.last()?)))
    }
}

fn interrupted(what: &str) -> Outcome {
    let message = format!("flowgate ended while the {what} ran; what it had begun may have gone on: look, then retry");
    Outcome::Failed(Failure { code: INTERRUPTED.to_owned(), message, external_execution_id: None })
}
