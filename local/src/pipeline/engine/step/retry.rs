//! Stages that are tried again.

use super::Step;
use crate::pipeline::definition::RetryMode;
use crate::pipeline::engine::change::Subject;
use crate::pipeline::engine::event::Retry;
use crate::pipeline::engine::state::{Execution, ExecutionStatus, Position, RetryTrigger};

impl Step<'_> {
    /// The execution, which had ended, goes on in the stage that it ended in.
    pub(super) fn retry(&mut self, retry: Retry) {
        let Retry { execution, stage, mode } = retry;
        if !self.is_as_it_was(&execution) {
            return;
        }
        let index = self.state.recall(*execution);
        let execution = &mut self.state.executions[index];
        execution.position = Position::In(stage);
        execution.status = ExecutionStatus::InProgress;
        execution.status_summary = None;
        execution.stop_reason = None;
        execution.attempt += 1;
        self.changed(index, Subject::pipeline);
        self.again(index, mode, RetryTrigger::ManualStageRetry);
        self.advance(index);
    }

    /// Whether nothing has happened to the execution, its last stage and its pipeline since it ended so.
    fn is_as_it_was(&self, ended: &Execution) -> bool {
        let stage = ended.stages.last().and_then(|run| self.state.stages.get(&run.name));
        let latest = !ended.in_turn() || stage.and_then(|seen| seen.latest) == Some(ended.number);
        let attempt = |execution: &Execution| (execution.position, execution.attempt);
        let same = self.state.execution(&ended.id).is_none_or(|kept| attempt(kept) == attempt(ended));
        latest
            && same
            && ended.position == Position::Ended
            && ended.pipeline_version == self.definitions.current.version
    }

    /// The stage begins again, as its declaration says.
    pub(super) fn retry_by_itself(&mut self, index: usize, mode: RetryMode) {
        self.state.executions[index].attempt += 1;
        self.again(index, mode, RetryTrigger::AutomatedStageRetry);
    }

    fn again(&mut self, index: usize, mode: RetryMode, trigger: RetryTrigger) {
        let now = self.now;
        if let Some(stage) = self.state.executions[index].stages.last_mut() {
            stage.try_again(mode, trigger, now);
        }
        self.stage_changed(index);
    }
}
