//! Actions: how they begin, what is heard of them, and how they end.

use jiff::Timestamp;

use super::Step;
use crate::pipeline::action::{Failure, Outcome, Progress, Success};
use crate::pipeline::definition::{Action, Provider};
use crate::pipeline::engine::approval::{self, TIMED_OUT};
use crate::pipeline::engine::change::Command;
use crate::pipeline::engine::event::Answer;
use crate::pipeline::engine::prepare::after;
use crate::pipeline::engine::state::{ActionRun, ActionStatus, ErrorDetails, RunId};

impl Step<'_> {
    pub(super) fn run(&mut self, index: usize, action: &Action) {
        let (view, ids) = self.prepare(index);
        let run = view.action(action, ids);
        let Some(stage) = self.state.executions[index].stages.last_mut() else { return };
        let name = stage.name.clone();
        stage.actions.push(run.clone());
        self.note(index, |seen, number| _ = seen.actions.insert(action.name.clone(), number));
        self.changed_action(index, &run);
        if run.status == ActionStatus::InProgress {
            let request = self.view(index).request(&name, &run);
            self.commands.push(Command::Run(request));
        }
    }

    pub(super) fn progressed(&mut self, run: &RunId, progress: Progress) {
        let Some((index, action)) = self.state.running(run) else { return };
        let news = |run: &mut ActionRun| {
            run.summary = progress.summary.or(run.summary.take());
            run.percent_complete = progress.percent.or(run.percent_complete);
            run.external_execution_id = progress.external_execution_id.or(run.external_execution_id.take());
        };
        self.change_run(index, action, news);
    }

    /// Its silence begins anew.
    pub(super) fn continued(&mut self, run: &RunId, progress: Progress) {
        let Some((index, action)) = self.state.running(run) else { return };
        let now = self.now;
        self.progressed(run, progress);
        if let Some(stage) = self.state.executions[index].stages.last_mut() {
            let run = &mut stage.actions[action];
            let minutes = Provider::find(&run.type_id).and_then(|provider| provider.silence_minutes);
            run.silent = minutes.map(|minutes| after(now, minutes));
        }
    }

    pub(super) fn finished(&mut self, run: &RunId, outcome: Outcome) {
        let end = |run: &mut ActionRun| match outcome {
            // Only a person's answer lets an approval succeed.
            Outcome::Succeeded(success) if run.approval.is_none() => succeed(run, success),
            Outcome::Failed(failure) => fail(run, failure),
            Outcome::Succeeded(_) | Outcome::Waiting => {}
        };
        self.change_and_advance(run, end);
    }

    pub(super) fn answered(&mut self, run: &RunId, answer: Answer) {
        self.change_and_advance(run, |run| approval::answered(run, answer));
    }

    pub(super) fn action_expired(&mut self, run: &RunId, at: Timestamp) {
        self.change_and_advance(
            run,
            |run| if run.approval.is_some() { approval::expire(run) } else { expire(run, at) },
        );
    }

    fn change_and_advance(&mut self, run: &RunId, change: impl FnOnce(&mut ActionRun)) {
        if let Some((index, action)) = self.state.running(run) {
            self.change_run(index, action, change);
            self.advance(index);
        }
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

/// Ends what went on for too long, or was silent for too long.
fn expire(run: &mut ActionRun, at: Timestamp) {
    let of = |minutes: Option<u32>| minutes.map_or_else(String::new, length);
    let provider = Provider::find(&run.type_id);
    let message = if run.expires.is_some_and(|expires| expires <= at) {
        format!("it did not end within {}", of(provider.map(|provider| provider.timeout_minutes)))
    } else {
        let silence = of(provider.and_then(|provider| provider.silence_minutes));
        format!("no reply for {silence}: whoever does the work must report success, failure or progress before that")
    };
    run.status = ActionStatus::Failed;
    run.error_details = Some(ErrorDetails { code: TIMED_OUT.to_owned(), message });
}

fn length(minutes: u32) -> String {
    match minutes {
        0..60 => format!("{minutes} minutes"),
        _ => format!("{} hours", minutes / 60),
    }
}
