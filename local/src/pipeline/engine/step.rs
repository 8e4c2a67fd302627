//! One event's way through the state.

mod action;
mod condition;
mod rollback;
mod tell;

use jiff::Timestamp;

use super::change::{Command, Subject};
use super::event::{Event, Ids, Start};
use super::prepare::View;
use super::situation::{Situation, situation};
use super::state::{Execution, ExecutionStatus, ExecutionType, Position, RunId, StageRun, StageStatus, State};
use crate::pipeline::definition::Pipeline;

/// The state while an event is taken in, and the commands so far. Executions go by their index.
pub(super) struct Step<'a> {
    pipeline: &'a Pipeline,
    state: &'a mut State,
    now: Timestamp,
    ids: &'a mut dyn Ids,
    commands: Vec<Command>,
}

impl<'a> Step<'a> {
    pub(super) fn new(pipeline: &'a Pipeline, state: &'a mut State, now: Timestamp, ids: &'a mut dyn Ids) -> Self {
        Self { pipeline, state, now, ids, commands: Vec::new() }
    }

    pub(super) fn take(mut self, event: Event) -> Vec<Command> {
        self.expire();
        match event {
            Event::Start(start) => self.start(start),
            Event::ActionProgressed { run, progress } => self.progressed(&run, progress),
            Event::ActionFinished { run, outcome } => self.finished(&run, outcome),
            Event::Answered { run, answer } => self.answered(&run, answer),
            Event::RuleProgressed { run, summary } => self.rule_progressed(&run, summary),
            Event::RuleFinished { run, outcome } => self.rule_finished(&run, outcome),
            Event::Tick => {}
        }
        self.admit();
        self.commands
    }

    /// Ends what nobody ended in time: an answer that comes with the end of the time, or later, comes too late.
    fn expire(&mut self) {
        let late = self.state.deadlines().filter(|(at, _)| *at <= self.now);
        let late: Vec<(Timestamp, RunId)> = late.map(|(at, run)| (at, run.clone())).collect();
        for (at, run) in late {
            self.approval_expired(&run);
            self.rule_expired(&run, at);
        }
    }

    fn start(&mut self, start: Start) {
        if self.state.execution(&start.execution).is_some() {
            return;
        }
        let index = self.state.executions.len();
        self.state.executions.push(new_execution(start, self.pipeline.version, self.now));
        self.changed(index, Subject::pipeline);
        self.arrive(index, 0);
    }

    /// Puts an execution before a stage. Of those that wait there, only the newest stays.
    fn arrive(&mut self, index: usize, stage: usize) {
        let waits = Position::Waiting(stage);
        self.state.executions[index].position = waits;
        let mut waiting = self.state.at(waits);
        if let Some(newest) = waiting.pop() {
            let summary = format!("superseded by execution {}", self.state.executions[newest].id);
            for older in waiting {
                self.end(older, ExecutionStatus::Superseded, Some(summary.clone()));
            }
        }
    }

    /// Lets everyone in who waits for a stage that is free.
    fn admit(&mut self) {
        while let Some((index, stage)) = self.admissible() {
            self.enter(index, stage);
        }
    }

    fn admissible(&self) -> Option<(usize, usize)> {
        let mut waiting =
            self.state.executions.iter().enumerate().filter_map(|(index, execution)| match execution.position {
                Position::Waiting(stage) => Some((index, stage)),
                Position::In(_) | Position::Ended => None,
            });
        waiting.find(|(_, stage)| self.state.at(Position::In(*stage)).is_empty())
    }

    fn enter(&mut self, index: usize, stage: usize) {
        let run = StageRun {
            name: self.pipeline.stages[stage].name.clone(),
            status: StageStatus::InProgress,
            started: self.now,
            updated: self.now,
            actions: Vec::new(),
            conditions: Vec::new(),
        };
        let execution = &mut self.state.executions[index];
        execution.position = Position::In(stage);
        execution.stages.push(run);
        self.stage_changed(index);
        self.advance(index);
    }

    /// Does what the execution's stage needs next, until something runs or the execution leaves the stage.
    fn advance(&mut self, index: usize) {
        let pipeline = self.pipeline;
        loop {
            let execution = &self.state.executions[index];
            let (Position::In(stage), Some(run)) = (execution.position, execution.stages.last()) else { return };
            match situation(&pipeline.stages[stage], run) {
                Situation::Busy => return,
                Situation::Ask(kind, condition) => self.ask(index, kind, condition),
                Situation::Next(actions) => actions.into_iter().for_each(|action| self.run(index, action)),
                Situation::Complete => return self.pass(index, stage, StageStatus::Succeeded),
                Situation::Skipped => return self.pass(index, stage, StageStatus::Skipped),
                Situation::Failed(cause) => return self.fail(index, cause.describe(run)),
                Situation::RollBack(cause) => return self.roll_back(index, stage, &cause.describe(run)),
            }
        }
    }

    /// Leaves the stage for the next one; a rollback has none.
    fn pass(&mut self, index: usize, stage: usize, status: StageStatus) {
        self.leave(index, status);
        let next = stage + 1;
        match self.state.executions[index].execution_type {
            ExecutionType::Standard if next < self.pipeline.stages.len() => self.arrive(index, next),
            ExecutionType::Standard | ExecutionType::Rollback => self.end(index, ExecutionStatus::Succeeded, None),
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
        self.changed(index, Subject::pipeline);
    }

    /// What the execution sees, and where the ids of what it starts come from.
    fn prepare(&mut self, index: usize) -> (View<'_>, &mut dyn Ids) {
        let Self { pipeline, state, now, ids, .. } = self;
        (View { pipeline, state, execution: &state.executions[index], now: *now }, *ids)
    }
}

fn new_execution(start: Start, pipeline_version: u32, now: Timestamp) -> Execution {
    Execution {
        id: start.execution,
        pipeline_version,
        execution_type: ExecutionType::Standard,
        rollback_target: None,
        trigger: start.trigger,
        variables: start.variables,
        source_revisions: start.source_revisions,
        status: ExecutionStatus::InProgress,
        status_summary: None,
        position: Position::Waiting(0),
        started: now,
        updated: now,
        stages: Vec::new(),
    }
}
