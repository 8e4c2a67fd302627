//! One event's way through the state.

mod action;
mod condition;
mod end;
mod restart;
mod retry;
mod rollback;
mod tell;
mod transition;

use std::sync::Arc;

use jiff::Timestamp;

use super::Definitions;
use super::change::{Command, Subject};
use super::event::{Event, Ids, Start};
use super::prepare::View;
use super::situation::{Situation, situation};
use super::state::{Execution, ExecutionStatus, ExecutionType, Position, RunId, Seen, StageRun, StageStatus, State};
use crate::pipeline::definition::{ExecutionMode, Pipeline};

/// The state while an event is taken in, and the commands so far. Executions go by their index.
pub(super) struct Step<'a> {
    definitions: &'a mut Definitions,
    state: &'a mut State,
    now: Timestamp,
    ids: &'a mut dyn Ids,
    commands: Vec<Command>,
}

impl<'a> Step<'a> {
    pub(super) fn new(
        definitions: &'a mut Definitions,
        state: &'a mut State,
        now: Timestamp,
        ids: &'a mut dyn Ids,
    ) -> Self {
        Self { definitions, state, now, ids, commands: Vec::new() }
    }

    pub(super) fn take(mut self, event: Event) -> Vec<Command> {
        // Before anything that has come due meanwhile begins: that is not lost.
        let looking = if event == Event::Restarted { self.lose_work() } else { Vec::new() };
        self.expire();
        match event {
            Event::Start(start) => self.start(start),
            Event::Stop(stop) => self.stop(stop),
            Event::Retry(retry) => self.retry(retry),
            Event::RollBack(back) => self.bring_back(back),
            Event::Override(overridden) => self.override_condition(overridden),
            Event::Transition(change) => self.change_transition(change),
            Event::Replaced(pipeline) => self.replace(*pipeline),
            Event::ActionProgressed { run, progress } => self.progressed(&run, progress),
            Event::ActionContinued { run, progress } => self.continued(&run, progress),
            Event::ActionFinished { run, outcome } => self.finished(&run, outcome),
            Event::Answered { run, answer } => self.answered(&run, answer),
            Event::RuleProgressed { run, summary } => self.rule_progressed(&run, summary),
            Event::RuleFinished { run, outcome } => self.rule_finished(&run, outcome),
            Event::Restarted => self.ask_again(looking),
            Event::Tick => {}
        }
        self.admit();
        self.commands
    }

    /// Ends what nobody ended in time, as a tick would have: an answer that comes with the end of the time, or later,
    /// comes too late.
    fn expire(&mut self) {
        let late = self.state.deadlines().filter(|(at, _)| *at <= self.now);
        let mut late: Vec<(Timestamp, RunId)> = late.map(|(at, run)| (at, run.clone())).collect();
        late.sort_by_key(|(at, _)| *at);
        for (at, run) in late {
            self.action_expired(&run, at);
            self.rule_expired(&run, at);
        }
        self.admit();
    }

    fn start(&mut self, start: Start) {
        if self.state.index(&start.execution).is_some() {
            return;
        }
        let execution = self.new_execution(start);
        let index = self.begin(execution);
        self.arrive(index, 0);
    }

    /// Counts a new execution, and tells of it.
    fn begin(&mut self, mut execution: Execution) -> usize {
        self.state.started += 1;
        execution.number = self.state.started;
        let index = self.state.executions.len();
        self.state.executions.push(execution);
        self.changed(index, Subject::pipeline);
        index
    }

    /// Puts an execution before a stage. Where one supersedes another, of those that wait only the newest stays.
    fn arrive(&mut self, index: usize, stage: usize) {
        self.state.executions[index].position = Position::Waiting(stage);
        if self.state.executions[index].mode != ExecutionMode::Superseded {
            return;
        }
        let mut waiting = self.state.waiting(stage);
        if let Some(newest) = waiting.pop() {
            let summary = format!("superseded by execution {}", self.state.executions[newest].id);
            for older in waiting {
                self.end(older, ExecutionStatus::Superseded, Some(summary.clone()));
            }
        }
    }

    /// Lets everyone in whose turn it is, the oldest first.
    fn admit(&mut self) {
        while let Some((index, stage)) = self.admissible() {
            self.enter(index, stage);
        }
    }

    fn admissible(&self) -> Option<(usize, usize)> {
        let mut all = self.state.executions.iter().enumerate();
        all.find_map(|(index, execution)| match execution.position {
            Position::Waiting(stage) if self.may_enter(execution, stage) => Some((index, stage)),
            Position::Waiting(_) | Position::In(_) | Position::Ended => None,
        })
    }

    /// Whether the way is open, and nobody in the stage who has it alone.
    fn may_enter(&self, execution: &Execution, stage: usize) -> bool {
        let pipeline = self.definitions.of(execution);
        let free = || !execution.in_turn() || self.state.occupant(&pipeline.stages[stage].name).is_none();
        self.state.is_open(&pipeline, stage) && free()
    }

    fn enter(&mut self, index: usize, stage: usize) {
        let name = self.pipeline(index).stages[stage].name.clone();
        let execution = &mut self.state.executions[index];
        execution.position = Position::In(stage);
        execution.stages.push(StageRun::new(name, self.now));
        self.note(index, |seen, number| seen.latest = Some(number));
        self.stage_changed(index);
        self.advance(index);
    }

    /// Does what the execution's stage needs next, until something runs or the execution leaves the stage.
    fn advance(&mut self, index: usize) {
        let pipeline = self.pipeline(index);
        loop {
            let execution = &self.state.executions[index];
            let (Position::In(stage), Some(run)) = (execution.position, execution.stages.last()) else { return };
            if let Some(ending) = execution.ending {
                return self.come_to_rest(index, ending);
            }
            match situation(&pipeline.stages[stage], run) {
                Situation::Busy => return,
                Situation::Ask(kind, condition) => self.ask(index, kind, condition),
                Situation::Next(actions) => actions.into_iter().for_each(|action| self.run(index, action)),
                Situation::Complete => return self.pass(index, stage, StageStatus::Succeeded),
                Situation::Skipped => return self.pass(index, stage, StageStatus::Skipped),
                Situation::Failed(cause) => return self.fail(index, cause.describe(run)),
                Situation::RollBack(cause) => return self.roll_back(index, stage, &cause.describe(run)),
                Situation::Retry(mode) => self.retry_by_itself(index, mode),
            }
        }
    }

    /// Leaves the stage for the next one; a rollback has none.
    fn pass(&mut self, index: usize, stage: usize, status: StageStatus) {
        self.leave(index, status);
        let (next, stages) = (stage + 1, self.pipeline(index).stages.len());
        match self.state.executions[index].execution_type {
            ExecutionType::Standard => {
                if status == StageStatus::Succeeded {
                    self.note(index, |seen, number| seen.succeeded = Some(number));
                }
                if next < stages { self.arrive(index, next) } else { self.end(index, ExecutionStatus::Succeeded, None) }
            }
            ExecutionType::Rollback if status == StageStatus::Skipped => {
                let why = "the stage was skipped: nothing was brought back".to_owned();
                self.end(index, ExecutionStatus::Failed, Some(why));
            }
            ExecutionType::Rollback => self.end(index, ExecutionStatus::Succeeded, None),
        }
    }

    /// Has the stage remember that this execution was the last to do something there. Of those that run side by side
    /// nobody is the last.
    fn note(&mut self, index: usize, what: impl FnOnce(&mut Seen, u64)) {
        let execution = &self.state.executions[index];
        if let Some(stage) = execution.stages.last().filter(|_| execution.in_turn()) {
            what(self.state.stages.entry(stage.name.clone()).or_default(), execution.number);
        }
    }

    fn fail(&mut self, index: usize, why: String) {
        self.leave(index, StageStatus::Failed);
        self.end(index, ExecutionStatus::Failed, Some(why));
    }

    /// Ends the stage that the execution is in.
    fn leave(&mut self, index: usize, status: StageStatus) {
        if let Some(stage) = self.state.executions[index].stages.last_mut() {
            stage.status = status;
        }
        self.stage_changed(index);
    }

    fn end(&mut self, index: usize, status: ExecutionStatus, summary: Option<String>) {
        let execution = &mut self.state.executions[index];
        execution.status = status;
        execution.status_summary = summary;
        execution.position = Position::Ended;
        execution.ending = None;
        self.changed(index, Subject::pipeline);
    }

    /// What an execution goes through.
    fn pipeline(&self, index: usize) -> Arc<Pipeline> {
        self.definitions.of(&self.state.executions[index])
    }

    /// What the execution sees.
    fn view(&self, index: usize) -> View<'_> {
        let execution = &self.state.executions[index];
        View { pipeline: self.definitions.of(execution), state: self.state, execution, now: self.now }
    }

    /// What the execution sees, and where the ids of what it starts come from.
    fn prepare(&mut self, index: usize) -> (View<'_>, &mut dyn Ids) {
        let Self { definitions, state, now, ids, .. } = self;
        let execution = &state.executions[index];
        (View { pipeline: definitions.of(execution), state, execution, now: *now }, *ids)
    }

    fn new_execution(&self, start: Start) -> Execution {
        Execution {
            id: start.execution,
            trigger: start.trigger,
            variables: start.variables,
            source_revisions: start.source_revisions,
            ..self.blank_execution()
        }
    }
}
