//! Checks every command against the rules, from the outside: it never looks into the engine.

mod rest;

use std::collections::{BTreeMap, BTreeSet};

use super::seen::{Seen, rule_name};
use super::started::Started;
use super::*;
use crate::pipeline::action::{Artifact, Request, RuleRequest};
use crate::pipeline::definition::{Action, Stage};

pub(super) struct Watcher {
    pipeline: Pipeline,
    now: Timestamp,
    /// In the order of their starts; rollbacks are not among them.
    order: Vec<String>,
    executions: BTreeMap<String, Seen>,
    pub(super) started: BTreeMap<RunId, Started>,
    keys: BTreeSet<String>,
    /// What the next execution must bring back, and in which stage.
    back: Option<(String, usize)>,
}

impl Watcher {
    pub(super) fn new(pipeline: Pipeline) -> Self {
        let (order, executions, started, keys) = Default::default();
        Self { pipeline, now: at(0), order, executions, started, keys, back: None }
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

    fn time_is_over(&mut self) {
        let late = |started: &Started| started.until().is_some_and(|until| until <= self.now);
        for run in self.pick(true, late) {
            self.ended(&run, None);
        }
    }

    fn happened(&mut self, event: &Event) {
        match event {
            Event::Start(start) => {
                self.order.push(start.execution.0.clone());
                self.executions.insert(start.execution.0.clone(), Seen::default());
            }
            Event::ActionFinished { run, outcome } | Event::RuleFinished { run, outcome } => {
                let success = if let Outcome::Succeeded(success) = outcome { Some(success) } else { None };
                self.ended(run, success);
            }
            Event::Answered { run, answer } => self.ended(run, answer.approved.then(Success::default).as_ref()),
            _ => {}
        }
    }

    /// It may have ended already, of itself or because another rule decided: then nothing happens.
    fn ended(&mut self, run: &RunId, success: Option<&Success>) {
        let started = self.started[run].clone();
        let seen = self.executions.get_mut(started.execution()).unwrap();
        if !seen.running.remove(run) {
            return;
        }
        match &started {
            Started::Action(request) => {
                seen.begun.insert(request.action.clone(), Some(success.is_some()));
                let action = self.action(&request.stage, &request.action).clone();
                let seen = self.executions.get_mut(&request.execution).unwrap();
                if let Some(success) = success {
                    seen.keep(request, &action, success);
                }
            }
            Started::Rule(request, _) => {
                seen.asked.insert(rule_name(request.kind, &request.rule), Some(success.is_some()));
                let others = |run: &RunId| !self.started[run].is_rule();
                // The first rule that fails decides.
                seen.running.retain(|run| success.is_some() || others(run));
            }
        }
    }

    fn changed(&mut self, change: &Change) {
        let id = change.execution.0.clone();
        if let Some((target, stage)) = self.back.take() {
            let back = Seen::back(&self.executions[&target], stage);
            assert!(self.executions.insert(id.clone(), back).is_none(), "{change:?} comes before what comes back");
        }
        assert_eq!(self.executions[&id].end, None, "{id} is over, and yet {change:?}");
        match &change.subject {
            Subject::Pipeline { status, .. } => self.pipeline_changed(&id, *status),
            Subject::Stage { stage, status } => self.stage_changed(&id, stage, *status),
            Subject::Action(action) => self.action_changed(&id, action),
            Subject::Rule(rule) => self.rule_changed(&id, rule),
        }
    }

    fn pipeline_changed(&mut self, id: &str, status: ExecutionStatus) {
        let seen = &self.executions[id];
        assert!(!seen.in_stage && seen.running.is_empty(), "{id} is {status:?} while something of it runs");
        match status {
            ExecutionStatus::Superseded => {
                let newer = self.order.iter().skip_while(|other| *other != id).skip(1);
                let there = newer.filter(|other| self.waits_for(other) == self.waits_for(id));
                assert!(there.count() > 0 && self.waits_for(id).is_some(), "{id} is superseded by nobody newer");
            }
            ExecutionStatus::Succeeded => {
                let last = self.pipeline.stages.len();
                assert!(!seen.failed && (seen.stage == last || seen.is_rollback), "{id} succeeds too early");
            }
            ExecutionStatus::Failed => {
                assert!(seen.failed, "{id} fails for no reason");
                self.back = self.comes_back(id);
            }
            _ => {}
        }
        let seen = self.executions.get_mut(id).unwrap();
        seen.end = (status != ExecutionStatus::InProgress).then_some(status);
    }

    /// The newest execution that succeeded where this one failed, if it is wanted. Rollbacks want none, and are none.
    fn comes_back(&self, id: &str) -> Option<(String, usize)> {
        let seen = &self.executions[id];
        let earlier = &self.order[..self.order.iter().position(|other| other == id)?];
        let target = earlier.iter().rev().find(|other| self.executions[*other].succeeded.contains(&seen.stage))?;
        seen.wants_back(&self.pipeline.stages[seen.stage]).then(|| (target.clone(), seen.stage))
    }

    fn stage_changed(&mut self, id: &str, name: &str, status: StageStatus) {
        if status == StageStatus::InProgress {
            let occupied = self.executions.values().any(|seen| seen.in_stage && self.stage_of(seen) == name);
            assert!(!occupied, "{id} enters {name}, where another execution is");
        }
        let stage = self.stage(name).clone();
        let (declared, seen) = (self.stage_of(&self.executions[id]), self.executions.get_mut(id).unwrap());
        assert_eq!(name, declared, "{id} takes the stages in order");
        assert_eq!(seen.in_stage, status != StageStatus::InProgress);
        assert!(seen.running.is_empty(), "{id} {name} is {status:?} while something of it runs");
        let decided = seen.abandoned.drain(..).collect::<Vec<_>>();
        assert!(decided.iter().all(|kind| seen.met(&stage, *kind) == Some(false)), "{id} {name} abandons a rule");
        if status == StageStatus::InProgress {
            let is_over = seen.failed || seen.is_rollback && !seen.succeeded.is_empty();
            assert!(!is_over, "{id} goes on to {name}");
            (seen.begun, seen.asked) = Default::default();
        } else {
            assert!(seen.may_end(&stage, status), "{id} {name} is {status:?} after {:?} {:?}", seen.begun, seen.asked);
        }
        seen.in_stage = status == StageStatus::InProgress;
        seen.failed = status == StageStatus::Failed;
        if status == StageStatus::Succeeded {
            seen.succeeded.insert(seen.stage);
        }
        seen.stage += usize::from(matches!(status, StageStatus::Succeeded | StageStatus::Skipped));
    }

    /// An action that fails before it ran wants something that nobody produced.
    fn action_changed(&mut self, id: &str, change: &ActionChange) {
        if change.status != ActionStatus::Failed || self.executions[id].begun.contains_key(&change.action) {
            return;
        }
        self.may_begin(id, &change.stage, &change.action);
        let action = self.action(&change.stage, &change.action).clone();
        let seen = self.executions.get_mut(id).unwrap();
        assert!(!seen.has_what_it_needs(&action), "{id} fails for want of what is there: {action:?}");
        seen.begun.insert(change.action.clone(), Some(false));
    }

    /// So does a rule. One that is abandoned has a neighbour that failed.
    fn rule_changed(&mut self, id: &str, change: &RuleChange) {
        let (stage, name) = (self.stage(&change.stage).clone(), rule_name(change.kind, &change.rule));
        let seen = self.executions.get_mut(id).unwrap();
        match change.status {
            RuleStatus::Failed if !seen.asked.contains_key(&name) => {
                assert!(seen.may_ask(&stage, change.kind), "{id} {name} is out of turn");
                let declared = &stage.condition(change.kind).unwrap().rules;
                let wanted = looked_at(&declared.iter().find(|rule| rule.name == change.rule).unwrap().configuration);
                assert!(!seen.variables.contains_key(wanted), "{id} {name} fails for want of {wanted}, which is there");
                seen.asked.insert(name, Some(false));
            }
            RuleStatus::Abandoned => seen.abandoned.push(change.kind),
            RuleStatus::Failed | RuleStatus::Succeeded | RuleStatus::InProgress => {}
        }
    }

    fn run(&mut self, request: &Request) {
        let id = &request.execution;
        assert_eq!(self.executions[id].end, None, "{id} is over, and yet {request:?}");
        self.may_begin(id, &request.stage, &request.action);
        self.asks_what_it_should(request);
        assert!(request.outputs.iter().all(|output| self.keys.insert(output.location.key.clone())), "a key twice");
        if let Some(approval) = &request.approval {
            assert!(self.keys.insert(approval.token.expose().to_owned()), "a token twice");
        }
        self.begins(&request.id, Started::Action(request.clone()));
        let seen = self.executions.get_mut(id).unwrap();
        assert!(seen.begun.insert(request.action.clone(), None).is_none(), "{} runs twice", request.action);
    }

    fn ask(&mut self, request: &RuleRequest) {
        let (id, stage) = (&request.execution, self.stage(&request.stage).clone());
        let name = rule_name(request.kind, &request.rule);
        let declared = &stage.condition(request.kind).unwrap().rules;
        let rule = declared.iter().find(|rule| rule.name == request.rule).unwrap();
        self.begins(&request.id, Started::rule(request, rule.timeout_minutes, self.now));
        let seen = self.executions.get_mut(id).unwrap();
        assert!(seen.in_stage && self.pipeline.stages[seen.stage].name == stage.name, "{id} {name} is asked elsewhere");
        assert!(seen.may_ask(&stage, request.kind), "{id} {name} is out of turn");
        assert_eq!(*looked_at(&request.configuration), seen.resolved(looked_at(&rule.configuration)));
        assert!(seen.asked.insert(name, None).is_none(), "{} is asked twice", request.rule);
    }

    fn begins(&mut self, id: &str, started: Started) {
        let run = RunId(id.to_owned());
        self.executions.get_mut(started.execution()).unwrap().running.insert(run.clone());
        assert!(self.started.insert(run, started).is_none(), "a run's id twice");
    }

    /// It is in the current stage and let in, nothing failed, all of lower run order succeeded, and none of higher began.
    fn may_begin(&self, id: &str, stage: &str, action: &str) {
        let seen = &self.executions[id];
        assert!(seen.in_stage && self.stage_of(seen) == stage, "{id} {action} begins outside of its stage");
        let let_in = seen.met(self.stage(stage), ConditionKind::BeforeEntry);
        assert_eq!(let_in, Some(true), "{id} {action} begins before it is let in");
        let order = self.action(stage, action).run_order;
        for other in &self.stage(stage).actions {
            let status = seen.begun.get(&other.name);
            match other.run_order.cmp(&order) {
                std::cmp::Ordering::Less => {
                    assert_eq!(status, Some(&Some(true)), "{id} {action} before {}", other.name);
                }
                std::cmp::Ordering::Greater => assert_eq!(status, None, "{id} {action} after {}", other.name),
                // A neighbour may have failed at once, but none can have ended otherwise.
                std::cmp::Ordering::Equal => assert_ne!(status, Some(&Some(true)), "{id} {action} is late"),
            }
        }
    }

    fn asks_what_it_should(&self, request: &Request) {
        let seen = &self.executions[&request.execution];
        let action = self.action(&request.stage, &request.action);
        let produced: Vec<Artifact> = action.inputs.iter().map(|input| seen.artifacts[input].1.clone()).collect();
        assert_eq!(request.inputs, produced, "inputs are what this execution, or what it brings back, produced");
        let names: Vec<&String> = request.outputs.iter().map(|output| &output.name).collect();
        assert_eq!(names, action.outputs.iter().collect::<Vec<_>>());
        let expected = action.configuration.get("UserParameters").map(|reference| seen.resolved(reference));
        assert_eq!(request.configuration.get("UserParameters"), expected.as_ref());
        let minutes = action.timeout_minutes.unwrap_or(7 * 24 * 60);
        let until = action.provider.is_approval().then(|| self.now + SignedDuration::from_mins(minutes.into()));
        assert_eq!(request.approval.as_ref().map(|approval| approval.expires), until);
    }
}
