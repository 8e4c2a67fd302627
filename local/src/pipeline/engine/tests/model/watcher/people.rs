//! What people do to executions and to the pipeline.

use super::*;
use crate::pipeline::engine::event::{Override, Retry, Stop, TransitionChange};

/// Documented: what waited for longer does not go on.
const PATIENCE: SignedDuration = SignedDuration::from_hours(30 * 24);

impl Watcher {
    pub(super) fn stopped(&mut self, stop: &Stop) {
        let id = &stop.execution.0;
        self.executions.get_mut(id).unwrap().ending = Some(Ending::Stopped);
        self.give_up(id, |started| stop.abandon || started.is_rule());
    }

    pub(super) fn tried_again(&mut self, retry: &Retry) {
        let seen = self.executions.get_mut(&retry.execution.id.0).unwrap();
        let ended = [Some(ExecutionStatus::Failed), Some(ExecutionStatus::Stopped)];
        assert!(ended.contains(&seen.end), "{:?} goes on", seen.end);
        (seen.end, seen.ending, seen.left) = (None, None, None);
        (seen.begins, seen.resumes) = (true, true);
        seen.try_again(retry.mode, self.now);
    }

    pub(super) fn overridden(&mut self, event: &Override) {
        let What::Rule(rule) = &self.started[&event.rule].what else { panic!("{event:?}") };
        self.executions.get_mut(&event.execution.0).unwrap().overridden.insert(rule.kind);
        self.give_up(&event.execution.0, Started::is_rule);
    }

    pub(super) fn transition(&mut self, change: &TransitionChange) {
        let transition = (change.stage.clone(), change.way == Way::Inbound);
        if change.closed.is_some() {
            self.closed.entry(transition).or_insert(self.now);
            return;
        }
        let since = self.closed.remove(&transition);
        if since.is_some_and(|since| self.now.duration_since(since) > PATIENCE) {
            let behind = |seen: &Seen| {
                let gate = if transition.1 { Some(seen.stage) } else { seen.stage.checked_sub(1) };
                seen.waits() && gate.is_some_and(|gate| seen.pipeline.stages[gate].name == transition.0)
            };
            self.given_up = self.executions.iter().filter(|(_, seen)| behind(seen)).map(|(id, _)| id.clone()).collect();
        }
    }

    /// Who takes turns comes to an end; nobody answers questions any more of what comes to an end.
    pub(super) fn replaced(&mut self, pipeline: &Pipeline) {
        let take_turns = |seen: &Seen| seen.end.is_none() && seen.in_turn();
        let ending = self.executions.iter().filter(|(_, seen)| take_turns(seen));
        for id in ending.map(|(id, _)| id.clone()).collect::<Vec<_>>() {
            self.executions.get_mut(&id).unwrap().ending.get_or_insert(Ending::Cancelled);
            self.give_up(&id, |started| !started.is_work());
        }
        self.pipeline = Rc::new(pipeline.clone());
        self.open_what_is_gone();
        self.referred.retain(|(stage, part), _| match (pipeline.stage(stage), part) {
            (None, _) | (_, Part::Succeeded) => false,
            (Some(_), Part::Entered) => true,
            (Some(stage), Part::Action(action)) => stage.has(action),
            (Some(stage), Part::Condition(kind)) => stage.condition(*kind).is_some(),
        });
    }

    /// Nobody comes there any more.
    pub(super) fn open_what_is_gone(&mut self) {
        let mut closed = std::mem::take(&mut self.closed);
        closed.retain(|(stage, _), _| self.somebody_comes_to(stage));
        self.closed = closed;
    }

    pub(super) fn lost(&mut self) {
        let mut lost = self.pick(true, Started::is_lost);
        lost.sort_by_key(number);
        for run in lost {
            let id = self.started[&run].execution().to_owned();
            self.executions.get_mut(&id).unwrap().lost.insert(run.clone());
            self.errs(&run);
        }
    }
}
