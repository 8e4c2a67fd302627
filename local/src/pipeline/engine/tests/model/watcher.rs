//! Checks every command against the rules, from the outside: it never looks into the engine.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::pipeline::action::{Artifact, Request};
use crate::pipeline::definition::{Action, Stage};

pub(super) struct Watcher {
    pipeline: Pipeline,
    /// In the order of their starts.
    order: Vec<String>,
    executions: BTreeMap<String, Seen>,
    runs: BTreeMap<RunId, Request>,
    keys: BTreeSet<String>,
}

/// What was seen of one execution.
#[derive(Default)]
struct Seen {
    end: Option<ExecutionStatus>,
    /// How many stages it left successfully.
    stages_done: usize,
    in_stage: bool,
    running: BTreeSet<RunId>,
    /// The actions of the current stage that were started, and whether each succeeded.
    begun: BTreeMap<String, Option<bool>>,
    failed: bool,
    artifacts: BTreeMap<String, Artifact>,
    variables: BTreeMap<String, String>,
}

impl Watcher {
    pub(super) fn new(pipeline: Pipeline) -> Self {
        let (order, executions, runs, keys) = Default::default();
        Self { pipeline, order, executions, runs, keys }
    }

    pub(super) fn running(&self) -> Vec<RunId> {
        self.executions.values().flat_map(|seen| seen.running.iter().cloned()).collect()
    }

    pub(super) fn ended(&self) -> Vec<RunId> {
        let running = self.running();
        self.runs.keys().filter(|run| !running.contains(run)).cloned().collect()
    }

    pub(super) fn everything_ended(&self) {
        for (id, seen) in &self.executions {
            let end = seen.end.unwrap_or_else(|| panic!("{id} did not end"));
            assert_eq!(end == ExecutionStatus::Failed, seen.failed, "{id} fails if and only if an action of it failed");
            let all = seen.stages_done == self.pipeline.stages.len();
            assert_eq!(end == ExecutionStatus::Succeeded, all, "{id} succeeds if and only if every stage did");
        }
        if let Some(newest) = self.order.last() {
            let end = self.executions[newest].end;
            assert_ne!(end, Some(ExecutionStatus::Superseded), "nothing is newer than {newest}");
        }
    }

    pub(super) fn see(&mut self, event: &Event, now: Timestamp, commands: &[Command]) {
        self.happened(event);
        for command in commands {
            match command {
                Command::Run(request) => self.run(request),
                Command::RunRule(request) => panic!("{request:?}"),
                Command::Changed(change) => {
                    assert_eq!(change.at, now);
                    self.changed(change);
                }
            }
        }
        self.rest();
    }

    fn happened(&mut self, event: &Event) {
        match event {
            Event::Start(start) => {
                self.order.push(start.execution.0.clone());
                self.executions.insert(start.execution.0.clone(), Seen::default());
            }
            Event::ActionFinished { run, outcome } => {
                let request = self.runs[run].clone();
                let action = self.action(&request.stage, &request.action).clone();
                let seen = self.executions.get_mut(&request.execution).unwrap();
                assert!(seen.running.remove(run));
                seen.begun.insert(request.action.clone(), Some(matches!(outcome, Outcome::Succeeded(_))));
                match outcome {
                    Outcome::Succeeded(success) => seen.keep(&request, &action, success),
                    Outcome::Failed(_) => seen.failed = true,
                    Outcome::Waiting => {}
                }
            }
            Event::ActionProgressed { .. } | Event::Answered { .. } | Event::RuleFinished { .. } | Event::Tick => {}
        }
    }

    fn changed(&mut self, change: &Change) {
        let id = change.execution.0.clone();
        assert_eq!(self.executions[&id].end, None, "{id} is over, and yet {change:?}");
        match &change.subject {
            Subject::Pipeline { status, .. } => self.pipeline_changed(&id, *status),
            Subject::Stage { stage, status } => self.stage_changed(&id, stage, *status),
            Subject::Action(action) => self.action_changed(&id, action),
            Subject::Rule(_) => {}
        }
    }

    fn pipeline_changed(&mut self, id: &str, status: ExecutionStatus) {
        if status == ExecutionStatus::Superseded {
            let newer = self.order.iter().skip_while(|other| *other != id).skip(1);
            let there = newer.filter(|other| self.waits_for(other) == self.waits_for(id));
            assert!(there.count() > 0 && self.waits_for(id).is_some(), "{id} is superseded by nobody newer");
        }
        let seen = self.executions.get_mut(id).unwrap();
        assert!(!seen.in_stage && seen.running.is_empty(), "{id} is {status:?} while something of it runs");
        seen.end = (status != ExecutionStatus::InProgress).then_some(status);
    }

    fn stage_changed(&mut self, id: &str, stage: &str, status: StageStatus) {
        if status == StageStatus::InProgress {
            let occupied = self.executions.values().any(|seen| seen.in_stage && self.stage_of(seen) == stage);
            assert!(!occupied, "{id} enters {stage}, where another execution is");
        }
        let (declared, seen) = (self.stage_of(&self.executions[id]), self.executions.get_mut(id).unwrap());
        assert_eq!(stage, declared, "{id} takes the stages in order");
        assert_eq!(seen.in_stage, status != StageStatus::InProgress);
        assert!(seen.running.is_empty(), "{id} {stage} is {status:?} while actions run");
        match status {
            StageStatus::InProgress => {
                assert!(!seen.failed, "{id} enters {stage} after a failure");
                seen.begun.clear();
            }
            StageStatus::Succeeded => {
                let actions = &self.pipeline.stages[seen.stages_done].actions;
                let all = actions.iter().all(|action| seen.begun.get(&action.name) == Some(&Some(true)));
                assert!(all, "{id} {stage} succeeds without all its actions: {:?}", seen.begun);
                seen.stages_done += 1;
            }
            StageStatus::Failed => assert!(seen.failed, "{id} {stage} fails for no reason"),
            other => panic!("{id} {stage} is {other:?}"),
        }
        seen.in_stage = status == StageStatus::InProgress;
    }

    /// An action that fails before it ran wants a variable that nobody produced.
    fn action_changed(&mut self, id: &str, change: &ActionChange) {
        if change.status != ActionStatus::Failed || self.executions[id].begun.contains_key(&change.action) {
            return;
        }
        self.may_begin(id, &change.stage, &change.action);
        let wanted = &self.action(&change.stage, &change.action).configuration["UserParameters"];
        assert!(!self.executions[id].variables.contains_key(wanted), "{id} fails for want of {wanted}, which is there");
        let seen = self.executions.get_mut(id).unwrap();
        seen.begun.insert(change.action.clone(), Some(false));
        seen.failed = true;
    }

    fn run(&mut self, request: &Request) {
        let id = &request.execution;
        assert_eq!(self.executions[id].end, None, "{id} is over, and yet {request:?}");
        self.may_begin(id, &request.stage, &request.action);
        self.asks_what_it_should(request);
        assert!(request.outputs.iter().all(|output| self.keys.insert(output.location.key.clone())), "a key twice");
        let run = RunId(request.id.clone());
        assert!(self.runs.insert(run.clone(), request.clone()).is_none(), "a run's id twice");
        let seen = self.executions.get_mut(id).unwrap();
        seen.running.insert(run);
        assert!(seen.begun.insert(request.action.clone(), None).is_none(), "{} runs twice", request.action);
    }

    /// It is in the current stage, nothing failed, all of lower run order succeeded, and none of higher began.
    fn may_begin(&self, id: &str, stage: &str, action: &str) {
        let seen = &self.executions[id];
        assert!(seen.in_stage && self.stage_of(seen) == stage, "{id} {action} begins outside of its stage");
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
        let produced: Vec<Artifact> = action.inputs.iter().map(|input| seen.artifacts[input].clone()).collect();
        assert_eq!(request.inputs, produced, "inputs are what this execution produced");
        let names: Vec<&String> = request.outputs.iter().map(|output| &output.name).collect();
        assert_eq!(names, action.outputs.iter().collect::<Vec<_>>());
        let expected = action.configuration.get("UserParameters").map(|reference| &seen.variables[reference]);
        assert_eq!(request.configuration.get("UserParameters"), expected);
    }

    /// What holds whenever the engine has nothing more to say.
    fn rest(&self) {
        for stage in 0..self.pipeline.stages.len() {
            let waiting: Vec<&String> = self.order.iter().filter(|id| self.waits_for(id) == Some(stage)).collect();
            assert!(waiting.len() <= 1, "{waiting:?} wait for one stage");
            let name = &self.pipeline.stages[stage].name;
            let occupied = self.executions.values().any(|seen| seen.in_stage && self.stage_of(seen) == *name);
            assert!(occupied || waiting.is_empty(), "{waiting:?} waits for {name}, which is free");
        }
        for (id, seen) in self.executions.iter().filter(|(_, seen)| seen.in_stage) {
            assert!(!seen.running.is_empty(), "{id} is in a stage, and nothing of it runs");
            let orders: BTreeSet<u32> = seen
                .running
                .iter()
                .map(|run| self.action(&self.runs[run].stage, &self.runs[run].action).run_order)
                .collect();
            let stage = &self.pipeline.stages[seen.stages_done];
            let group = stage.actions.iter().filter(|action| orders.contains(&action.run_order));
            assert!(
                group.into_iter().all(|action| seen.begun.contains_key(&action.name)),
                "{id}: a group starts as one"
            );
        }
    }

    fn waits_for(&self, id: &str) -> Option<usize> {
        let seen = &self.executions[id];
        (seen.end.is_none() && !seen.in_stage).then_some(seen.stages_done)
    }

    /// The stage an execution is in or will enter next.
    fn stage_of(&self, seen: &Seen) -> String {
        self.pipeline.stages.get(seen.stages_done).map(|stage| stage.name.clone()).unwrap_or_default()
    }

    fn stage(&self, name: &str) -> &Stage {
        self.pipeline.stages.iter().find(|stage| stage.name == name).unwrap()
    }

    fn action(&self, stage: &str, name: &str) -> &Action {
        self.stage(stage).actions.iter().find(|action| action.name == name).unwrap()
    }
}

impl Seen {
    fn keep(&mut self, request: &Request, action: &Action, success: &Success) {
        let revision = success.revision.clone().filter(|_| request.type_id.category == "Source");
        for output in &request.outputs {
            self.artifacts.insert(output.name.clone(), Artifact { revision: revision.clone(), ..output.clone() });
        }
        for (name, value) in &success.variables {
            let namespace = action.namespace.as_deref().unwrap_or_default();
            self.variables.insert(format!("#{{{namespace}.{name}}}"), value.clone());
        }
    }
}
