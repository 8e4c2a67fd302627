//! Checks every command against the rules, from the outside: it never looks into the engine.

mod allowed;
mod begins;
mod people;
mod rest;
mod told;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::seen::{End, Seen, rule_name};
use super::started::{Started, What};
use super::*;
use crate::pipeline::action::{ConditionKind, Outcome, Success};

pub(super) struct Watcher {
    /// What those go through that start now.
    pub(super) pipeline: Rc<Pipeline>,
    now: Timestamp,
    /// Every execution that was started and not to bring something back, in the order of their starts.
    order: Vec<String>,
    executions: BTreeMap<String, Seen>,
    pub(super) started: BTreeMap<RunId, Started>,
    keys: BTreeSet<String>,
    /// What the next execution must bring back, and in which stage.
    back: Option<(String, usize)>,
    /// What must be asked again.
    again: BTreeSet<RunId>,
    /// Who waited for too long.
    given_up: BTreeSet<String>,
    /// The transitions that are closed, and since when: into the stage, or out of it.
    closed: BTreeMap<(String, bool), Timestamp>,
    /// Who says how a stage is doing.
    referred: BTreeMap<(String, Part), String>,
}

/// What of a stage an execution may have been the last to do.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Entered,
    Succeeded,
    Action(String),
    Condition(ConditionKind),
}

/// Which one it is, in the order of their starts.
fn number(run: &RunId) -> usize {
    run.0[4..].parse().unwrap()
}

impl Watcher {
    pub(super) fn new(pipeline: Pipeline) -> Self {
        let (order, executions, started, keys, again, given_up, closed, referred) = Default::default();
        let pipeline = Rc::new(pipeline);
        Self { pipeline, now: at(0), order, executions, started, keys, back: None, again, given_up, closed, referred }
    }

    pub(super) fn runs(&self, run: &RunId) -> bool {
        self.executions[self.started[run].execution()].running.contains(run)
    }

    /// What runs, or no longer does, and is of this kind.
    pub(super) fn pick(&self, running: bool, kind: impl Fn(&Started) -> bool) -> Vec<RunId> {
        let all = self.started.iter().filter(|(run, started)| self.runs(run) == running && kind(started));
        all.map(|(run, _)| run.clone()).collect()
    }

    /// When time alone changes something.
    pub(super) fn due(&self) -> Option<Timestamp> {
        self.started.iter().filter(|(run, _)| self.runs(run)).filter_map(|(_, started)| started.until()).min()
    }

    pub(super) fn see(&mut self, event: &Event, now: Timestamp, commands: &[Command]) {
        self.now = now;
        self.open_what_is_gone();
        if *event == Event::Restarted {
            self.lost();
        }
        self.time_is_over();
        self.happened(event);
        for command in commands {
            match command {
                Command::Run(request) => self.run(request),
                Command::RunRule(request) => self.ask(request),
                Command::Changed(change) => {
                    assert_eq!(change.at, now);
                    self.changed(change);
                }
            }
        }
        self.rest();
    }

    /// In the order of their times, and of what ends together what began first.
    fn time_is_over(&mut self) {
        let mut late = self.pick(true, |started| started.until().is_some_and(|until| until <= self.now));
        late.sort_by_key(|run| (self.started[run].until(), number(run)));
        for run in late {
            self.errs(&run);
        }
    }

    fn happened(&mut self, event: &Event) {
        match event {
            Event::Start(start) => {
                self.order.push(start.execution.0.clone());
                self.executions.insert(start.execution.0.clone(), Seen::new(self.pipeline.clone()));
            }
            Event::Stop(stop) => self.stopped(stop),
            Event::Retry(retry) => self.tried_again(retry),
            Event::RollBack(back) => self.back = Some((back.target.id.0.clone(), back.stage)),
            Event::Override(overridden) => self.overridden(overridden),
            Event::Transition(change) => self.transition(change),
            Event::Replaced(pipeline) => self.replaced(pipeline),
            Event::Restarted => self.again = self.pick(true, Started::is_rule).into_iter().collect(),
            Event::RuleFinished { run, outcome: Outcome::Failed(failure) } if failure.code != "JobFailed" => {
                self.errs(run);
            }
            Event::ActionFinished { run, outcome } | Event::RuleFinished { run, outcome } => {
                let success = if let Outcome::Succeeded(success) = outcome { Some(success) } else { None };
                self.ended(run, success);
            }
            Event::Answered { run, answer } => self.ended(run, answer.approved.then(Success::default).as_ref()),
            Event::ActionContinued { run, .. } => self.started.get_mut(run).unwrap().goes_on(self.now),
            Event::ActionProgressed { .. } | Event::RuleProgressed { .. } | Event::Tick => {}
        }
    }

    /// It ends without a verdict.
    fn errs(&mut self, run: &RunId) {
        if self.runs(run) {
            let started = &self.started[run];
            if let What::Rule(rule) = &started.what {
                self.executions.get_mut(started.execution()).unwrap().errored.insert(rule.kind);
            }
            self.ended(run, None);
        }
    }

    /// It may have ended already, of itself or because another rule decided: then nothing happens.
    fn ended(&mut self, run: &RunId, success: Option<&Success>) {
        if !self.runs(run) {
            return;
        }
        let started = self.started[run].clone();
        let end = if success.is_some() { End::Well } else { End::Badly };
        self.executions.get_mut(started.execution()).unwrap().ended(run, &started, end, success);
        if started.is_rule() && success.is_none() {
            // The first rule that fails decides.
            self.give_up(started.execution(), Started::is_rule);
        }
    }

    /// What runs of the execution, and is of this kind, is not waited for.
    fn give_up(&mut self, id: &str, kind: impl Fn(&Started) -> bool) {
        let seen = self.executions.get_mut(id).unwrap();
        let given_up: Vec<RunId> = seen.running.iter().filter(|run| kind(&self.started[*run])).cloned().collect();
        for run in given_up {
            seen.ended(&run, &self.started[&run], End::GivenUp, None);
        }
    }

    pub(super) fn occupied(&self, stage: &str) -> bool {
        self.executions.values().any(|seen| seen.in_turn() && seen.is_in(stage))
    }

    /// Whether the transitions before a stage are open.
    fn open(&self, seen: &Seen, stage: usize) -> bool {
        let closed = |stage: usize, into| self.closed.contains_key(&(seen.pipeline.stages[stage].name.clone(), into));
        !closed(stage, true) && stage.checked_sub(1).is_none_or(|before| !closed(before, false))
    }

    /// It is the last to have done so, if it is one of those that a stage tells of.
    fn refer(&mut self, id: &str, stage: &str, part: Part) {
        if self.executions[id].in_turn() {
            self.referred.insert((stage.to_owned(), part), id.to_owned());
        }
    }
}
