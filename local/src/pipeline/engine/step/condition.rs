//! Conditions: how their rules begin, and how they end.

use jiff::Timestamp;

use super::Step;
use super::end::give_up;
use crate::pipeline::action::{ConditionKind, Outcome};
use crate::pipeline::definition::Condition;
use crate::pipeline::engine::change::Command;
use crate::pipeline::engine::condition::{expire, finish, settle};
use crate::pipeline::engine::event::Override;
use crate::pipeline::engine::state::{ConditionRun, ConditionStatus, RuleRun, RuleStatus, RunId};

impl Step<'_> {
    /// Begins all rules of a condition. One that cannot begin decides it at once.
    pub(super) fn ask(&mut self, index: usize, kind: ConditionKind, condition: &Condition) {
        let (view, ids) = self.prepare(index);
        let rules = condition.rules.iter().map(|rule| view.rule(rule, ids)).collect();
        let (status, started) = (ConditionStatus::InProgress, self.now);
        let mut run =
            ConditionRun { kind, result: condition.result, status, summary: None, started, updated: started, rules };
        settle(&mut run);
        let Some(stage) = self.state.executions[index].stages.last_mut() else { return };
        let name = stage.name.clone();
        stage.conditions.push(run.clone());
        self.note(index, |seen, number| _ = seen.conditions.insert(kind, number));
        for rule in &run.rules {
            self.changed_rule(index, kind, rule);
            if rule.status == RuleStatus::InProgress {
                let request = self.view(index).rule_request(&name, kind, rule);
                self.commands.push(Command::RunRule(request));
            }
        }
    }

    pub(super) fn rule_progressed(&mut self, run: &RunId, summary: String) {
        self.change_rule(run, |rule| rule.summary = Some(summary));
    }

    pub(super) fn rule_finished(&mut self, run: &RunId, outcome: Outcome) {
        self.change_rule(run, |rule| finish(rule, outcome));
    }

    pub(super) fn rule_expired(&mut self, run: &RunId, at: Timestamp) {
        self.change_rule(run, |rule| expire(rule, at));
    }

    /// Whatever its rules would have said, the condition stands in the way no more.
    pub(super) fn override_condition(&mut self, overridden: Override) {
        let Override { execution, rule, by } = overridden;
        let Some(index) = self.state.index(&execution) else { return };
        let is_it = |run: &RuleRun| run.id == rule;
        let asked = |run: &ConditionRun| run.status == ConditionStatus::InProgress && run.rules.iter().any(is_it);
        let stage = self.state.executions[index].stages.last();
        let Some(place) = stage.and_then(|stage| stage.conditions.iter().position(asked)) else { return };
        self.change_condition(index, place, |condition| {
            give_up(condition, ConditionStatus::Overridden);
            condition.summary = Some(format!("overridden by {by}"));
        });
        self.advance(index);
    }

    fn change_rule(&mut self, run: &RunId, change: impl FnOnce(&mut RuleRun)) {
        if let Some((index, place)) = self.state.running_rule(run) {
            self.change_condition(index, place, |condition| {
                condition.rules.iter_mut().find(|rule| rule.id == *run).map(change);
            });
            self.advance(index);
        }
    }
}
