//! Changes of the state, and the news of them.

use super::Step;
use crate::pipeline::action::ConditionKind;
use crate::pipeline::engine::change::{Change, Command, Subject};
use crate::pipeline::engine::condition::settle;
use crate::pipeline::engine::state::{ActionRun, ConditionRun, Execution, RuleRun, StageRun};

impl Step<'_> {
    /// Changes a run of the current stage and says so, unless it stays as it was.
    pub(super) fn change_run(&mut self, index: usize, action: usize, change: impl FnOnce(&mut ActionRun)) {
        let Some(stage) = self.state.executions[index].stages.last_mut() else { return };
        let before = stage.actions[action].clone();
        change(&mut stage.actions[action]);
        if stage.actions[action] != before {
            stage.actions[action].updated = self.now;
            let after = stage.actions[action].clone();
            self.changed_action(index, &after);
        }
    }

    /// Changes a condition's run of the current stage, and says so of each of its rules that did not stay as it was.
    pub(super) fn change_condition(&mut self, index: usize, place: usize, change: impl FnOnce(&mut ConditionRun)) {
        let Some(stage) = self.state.executions[index].stages.last_mut() else { return };
        let condition = &mut stage.conditions[place];
        let before = condition.rules.clone();
        change(condition);
        settle(condition);
        let mut changed = Vec::new();
        for (rule, _) in condition.rules.iter_mut().zip(before).filter(|(rule, before)| **rule != *before) {
            rule.updated = self.now;
            condition.updated = self.now;
            changed.push(rule.clone());
        }
        let kind = condition.kind;
        for rule in &changed {
            self.changed_rule(index, kind, rule);
        }
    }

    pub(super) fn changed_action(&mut self, index: usize, run: &ActionRun) {
        self.touch_stage(index, |stage| Subject::action(stage, run));
    }

    pub(super) fn changed_rule(&mut self, index: usize, kind: ConditionKind, run: &RuleRun) {
        self.touch_stage(index, |stage| Subject::rule(stage, kind, run));
    }

    pub(super) fn stage_changed(&mut self, index: usize) {
        self.touch_stage(index, Subject::stage);
    }

    fn touch_stage(&mut self, index: usize, subject: impl FnOnce(&StageRun) -> Subject) {
        let now = self.now;
        if let Some(stage) = self.state.executions[index].stages.last_mut() {
            stage.updated = now;
            let subject = subject(stage);
            self.changed(index, |_| subject);
        }
    }

    pub(super) fn changed(&mut self, index: usize, subject: impl FnOnce(&Execution) -> Subject) {
        let execution = &mut self.state.executions[index];
        execution.updated = self.now;
        self.commands.push(Command::Changed(Change {
            at: self.now,
            pipeline: self.definitions.current.name.clone(),
            version: execution.pipeline_version,
            execution: execution.id.clone(),
            attempt: execution.attempt,
            subject: subject(execution),
        }));
    }
}
