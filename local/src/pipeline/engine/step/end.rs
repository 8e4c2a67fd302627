//! Executions that end before their time: stopped by somebody, or cancelled with the definition that they went by.

use super::Step;
use crate::pipeline::definition::Pipeline;
use crate::pipeline::engine::change::Subject;
use crate::pipeline::engine::event::Stop;
use crate::pipeline::engine::state::{
    ActionRun, ActionStatus, ConditionRun, ConditionStatus, Ending, Execution, ExecutionStatus, Position, RuleStatus,
    StageStatus,
};

/// What is said of executions that go by another definition.
const CHANGED: &str = "the pipeline was changed";

impl Step<'_> {
    /// Nothing more begins in the execution; what runs is waited for, unless it is abandoned.
    pub(super) fn stop(&mut self, stop: Stop) {
        let Some(index) = self.state.index(&stop.execution) else { return };
        let execution = &mut self.state.executions[index];
        let (position, stopping) = (execution.position, execution.ending == Some(Ending::Stopped));
        if position == Position::Ended {
            return;
        }
        execution.stop_reason = stop.reason.or(execution.stop_reason.take());
        if !stopping {
            self.begin_to_stop(index);
        }
        if let Position::Waiting(_) = position {
            return self.stopped(index);
        }
        if stop.abandon {
            self.abandon(index, |_| true);
        }
        self.advance(index);
    }

    fn begin_to_stop(&mut self, index: usize) {
        let execution = &mut self.state.executions[index];
        execution.status = ExecutionStatus::Stopping;
        execution.status_summary.clone_from(&execution.stop_reason);
        execution.ending = Some(Ending::Stopped);
        self.changed(index, Subject::pipeline);
        if let Position::In(_) = self.state.executions[index].position {
            self.leave(index, StageStatus::Stopping);
            self.give_up_conditions(index, ConditionStatus::Abandoned);
        }
    }

    /// The pipeline is another from now on. Who takes turns comes to an end as it was; who runs beside others goes on.
    pub(super) fn replace(&mut self, pipeline: Pipeline) {
        self.definitions.replace(pipeline);
        self.state.keep_stages_of(&self.definitions.current);
        self.state.forget_stages(self.definitions);
        self.cancel_outdated();
    }

    /// Who takes turns goes by the current definition, or comes to an end.
    pub(super) fn cancel_outdated(&mut self) {
        let current = self.definitions.current.version;
        for index in 0..self.state.executions.len() {
            let execution = &self.state.executions[index];
            if execution.in_turn() && execution.pipeline_version != current {
                self.cancel(index);
            }
        }
    }

    fn cancel(&mut self, index: usize) {
        match self.state.executions[index].position {
            Position::Ended => {}
            Position::Waiting(_) => self.cancelled(index),
            Position::In(_) => {
                self.state.executions[index].ending.get_or_insert(Ending::Cancelled);
                self.give_up_conditions(index, ConditionStatus::Cancelled);
                // Nobody works on an approval, and nobody would know any more what it is for.
                self.abandon(index, |run| run.approval.is_some());
                self.advance(index);
            }
        }
    }

    /// Ends an execution in which nothing more begins, once nothing runs.
    pub(super) fn come_to_rest(&mut self, index: usize, ending: Ending) {
        let Some(stage) = self.state.executions[index].stages.last() else { return };
        if stage.actions.iter().any(|run| run.status == ActionStatus::InProgress) {
            return;
        }
        match ending {
            Ending::Stopped => {
                self.leave(index, StageStatus::Stopped);
                self.stopped(index);
            }
            Ending::Cancelled => {
                self.leave(index, StageStatus::Cancelled);
                self.cancelled(index);
            }
        }
    }

    fn stopped(&mut self, index: usize) {
        let reason = self.state.executions[index].stop_reason.clone();
        self.end(index, ExecutionStatus::Stopped, reason);
    }

    fn cancelled(&mut self, index: usize) {
        self.end(index, ExecutionStatus::Cancelled, Some(CHANGED.to_owned()));
    }

    /// Its outcome is not waited for, whatever its provider still does.
    pub(super) fn abandon(&mut self, index: usize, which: impl Fn(&ActionRun) -> bool) {
        for place in 0..running(&self.state.executions[index], |stage| stage.0) {
            self.change_run(index, place, |run| {
                if run.status == ActionStatus::InProgress && which(run) {
                    run.status = ActionStatus::Abandoned;
                }
            });
        }
    }

    /// Its rules are not waited for.
    fn give_up_conditions(&mut self, index: usize, status: ConditionStatus) {
        for place in 0..running(&self.state.executions[index], |stage| stage.1) {
            self.change_condition(index, place, |condition| give_up(condition, status));
        }
    }
}

/// How many actions, and evaluations of conditions, the current stage has had.
fn running(execution: &Execution, which: impl Fn((usize, usize)) -> usize) -> usize {
    execution.stages.last().map_or(0, |stage| which((stage.actions.len(), stage.conditions.len())))
}

/// Ends an evaluation without a verdict of its rules.
pub(super) fn give_up(condition: &mut ConditionRun, status: ConditionStatus) {
    if condition.status != ConditionStatus::InProgress {
        return;
    }
    condition.status = status;
    for rule in condition.rules.iter_mut().filter(|rule| rule.status == RuleStatus::InProgress) {
        rule.status = RuleStatus::Abandoned;
        rule.summary = None;
    }
}
