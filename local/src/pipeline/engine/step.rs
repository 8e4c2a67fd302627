//! One event's way through the state.

use jiff::Timestamp;

use super::approval::{answered, expire};
use super::change::{Change, Command, Subject};
use super::event::{Answer, Event, Ids, Start};
use super::prepare;
use super::situation::{Situation, situation};
use super::state::{
    ActionRun, ActionStatus, ErrorDetails, Execution, ExecutionStatus, ExecutionType, Position, RunId, StageRun,
    StageStatus, State,
};
use crate::pipeline::action::{Failure, Outcome, Progress, Success};
use crate::pipeline::definition::{Action, Pipeline, Provider};

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
        match event {
            Event::Start(start) => self.start(start),
            Event::ActionProgressed { run, progress } => self.progressed(&run, progress),
            Event::ActionFinished { run, outcome } => self.finished(&run, outcome),
            Event::Answered { run, answer } => self.answered(&run, answer),
            Event::RuleFinished { .. } => {}
            Event::Tick => self.expire(),
        }
        self.admit();
        self.commands
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

    fn progressed(&mut self, run: &RunId, progress: Progress) {
        let Some((index, action)) = self.state.running(run) else { return };
        let news = |run: &mut ActionRun| {
            run.summary = progress.summary.or(run.summary.take());
            run.percent_complete = progress.percent.or(run.percent_complete);
            run.external_execution_id = progress.external_execution_id.or(run.external_execution_id.take());
        };
        self.change_run(index, action, news);
    }

    fn finished(&mut self, run: &RunId, outcome: Outcome) {
        let Some((index, action)) = self.state.running(run) else { return };
        self.change_run(index, action, |run| match outcome {
            Outcome::Succeeded(success) => succeed(run, success),
            Outcome::Failed(failure) => fail(run, failure),
            Outcome::Waiting => {}
        });
        self.advance(index);
    }

    fn answered(&mut self, run: &RunId, answer: Answer) {
        let Some((index, action)) = self.state.running(run) else { return };
        self.change_run(index, action, |run| answered(run, answer));
        self.advance(index);
    }

    /// Fails every approval that was not answered in time.
    fn expire(&mut self) {
        let late = |run: &ActionRun| run.approval.as_ref().is_some_and(|approval| approval.expires <= self.now);
        let approvals = self.state.approvals().filter(|(_, run)| late(run));
        let runs: Vec<RunId> = approvals.map(|(_, run)| run.id.clone()).collect();
        for run in runs {
            let Some((index, action)) = self.state.running(&run) else { continue };
            self.change_run(index, action, expire);
            self.advance(index);
        }
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
    }

    fn admissible(&self) -> Option<(usize, usize)> {
        let mut waiting =
            self.state.executions.iter().enumerate().filter_map(|(index, execution)| match execution.position {
                Position::Waiting(stage) => Some((index, stage)),
                Position::In(_) | Position::Ended => None,
            });
        waiting.find(|(_, stage)| self.state.at(Position::In(*stage)).is_empty())
    }

    /// Does what the execution's stage needs next, until an action runs or the execution leaves the stage.
    fn advance(&mut self, index: usize) {
        let pipeline = self.pipeline;
        loop {
            let execution = &self.state.executions[index];
            let (Position::In(stage), Some(run)) = (execution.position, execution.stages.last()) else { return };
            match situation(&pipeline.stages[stage], run) {
                Situation::Busy => return,
                Situation::Next(actions) => actions.into_iter().for_each(|action| self.run(index, action)),
                Situation::Failed(action) => {
                    let summary = format!("action {action:?} of stage {:?} failed", pipeline.stages[stage].name);
                    self.leave(index, StageStatus::Failed);
                    return self.end(index, ExecutionStatus::Failed, Some(summary));
                }
                Situation::Complete => {
                    self.leave(index, StageStatus::Succeeded);
                    return match stage + 1 {
                        next if next < pipeline.stages.len() => self.arrive(index, next),
                        _ => self.end(index, ExecutionStatus::Succeeded, None),
                    };
                }
            }
        }
    }

    fn run(&mut self, index: usize, action: &Action) {
        let execution = &mut self.state.executions[index];
        let run = prepare::prepare(self.pipeline, execution, action, self.now, self.ids);
        let Some(stage) = execution.stages.last_mut() else { return };
        let name = stage.name.clone();
        stage.actions.push(run.clone());
        self.changed_action(index, &run);
        if run.status == ActionStatus::InProgress {
            let request = prepare::request(self.pipeline, &self.state.executions[index], &name, &run);
            self.commands.push(Command::Run(request));
        }
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

    /// Changes a run of the current stage and says so, unless it stays as it was.
    fn change_run(&mut self, index: usize, action: usize, change: impl FnOnce(&mut ActionRun)) {
        let Some(stage) = self.state.executions[index].stages.last_mut() else { return };
        let before = stage.actions[action].clone();
        change(&mut stage.actions[action]);
        if stage.actions[action] != before {
            stage.actions[action].updated = self.now;
            let after = stage.actions[action].clone();
            self.changed_action(index, &after);
        }
    }

    fn changed_action(&mut self, index: usize, run: &ActionRun) {
        self.touch_stage(index, |stage| Subject::action(stage, run));
    }

    fn stage_changed(&mut self, index: usize) {
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

    fn changed(&mut self, index: usize, subject: impl FnOnce(&Execution) -> Subject) {
        let execution = &mut self.state.executions[index];
        execution.updated = self.now;
        self.commands.push(Command::Changed(Change {
            at: self.now,
            pipeline: self.pipeline.name.clone(),
            version: execution.pipeline_version,
            execution: execution.id.clone(),
            subject: subject(execution),
        }));
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

fn succeed(run: &mut ActionRun, success: Success) {
    run.status = ActionStatus::Succeeded;
    run.summary = success.summary.or(run.summary.take());
    run.external_execution_id = success.external_execution_id.or(run.external_execution_id.take());
    run.output_variables = success.variables;
    let is_source = Provider::find(&run.type_id).is_some_and(Provider::is_source);
    if let Some(revision) = success.revision.filter(|_| is_source) {
        run.output_artifacts.iter_mut().for_each(|artifact| artifact.revision = Some(revision.clone()));
        run.revision = Some(revision);
    }
}

fn fail(run: &mut ActionRun, failure: Failure) {
    run.status = ActionStatus::Failed;
    run.external_execution_id = failure.external_execution_id.or(run.external_execution_id.take());
    run.error_details = Some(ErrorDetails { code: failure.code, message: failure.message });
}
