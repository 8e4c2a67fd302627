//! Actions and rules that begin.

use std::cmp::Ordering;

use super::*;
use crate::pipeline::action::{Artifact, Request, RuleRequest};

impl Watcher {
    pub(super) fn run(&mut self, request: &Request) {
        let id = &request.execution;
        assert_eq!(self.executions[id].end, None, "{id} is over, and yet {request:?}");
        self.may_begin(id, &request.stage, &request.action);
        self.asks_what_it_should(request);
        assert!(request.outputs.iter().all(|output| self.keys.insert(output.location.key.clone())), "a key twice");
        if let Some(approval) = &request.approval {
            assert!(self.keys.insert(approval.token.expose().to_owned()), "a token twice");
        }
        let started = Started::action(request, self.executions[id].action(&request.action), self.now);
        self.begins(&request.id, started);
        let seen = self.executions.get_mut(id).unwrap();
        assert!(seen.begun.insert(request.action.clone(), None).is_none(), "{} runs twice", request.action);
        self.refer(id, &request.stage, Part::Action(request.action.clone()));
    }

    pub(super) fn ask(&mut self, request: &RuleRequest) {
        let (id, run) = (&request.execution, RunId(request.id.clone()));
        if self.again.remove(&run) {
            assert_eq!(self.started[&run].what, What::Rule(request.clone()));
            return;
        }
        let (name, seen) = (rule_name(request.kind, &request.rule), &self.executions[id]);
        assert!(seen.is_in(&request.stage), "{id} {name} is asked elsewhere");
        assert!(seen.may_ask(request.kind), "{id} {name} is out of turn");
        let declared = &seen.current().unwrap().condition(request.kind).unwrap().rules;
        let rule = declared.iter().find(|rule| rule.name == request.rule).unwrap();
        assert_eq!(*looked_at(&request.configuration), seen.resolved(looked_at(&rule.configuration)));
        let started = Started::rule(request, rule, self.now);
        self.begins(&request.id, started);
        let seen = self.executions.get_mut(id).unwrap();
        assert!(seen.asked.insert(name, None).is_none(), "{} is asked twice", request.rule);
        self.refer(id, &request.stage, Part::Condition(request.kind));
    }

    fn begins(&mut self, id: &str, started: Started) {
        let run = RunId(id.to_owned());
        self.executions.get_mut(started.execution()).unwrap().running.insert(run.clone());
        assert!(self.started.insert(run, started).is_none(), "a run's id twice");
    }

    /// It is in the current stage and let in, nothing failed, all of lower run order succeeded, and none of higher began.
    pub(super) fn may_begin(&self, id: &str, stage: &str, action: &str) {
        let seen = &self.executions[id];
        assert!(seen.is_in(stage), "{id} {action} begins outside of its stage");
        assert_eq!(seen.ending, None, "{id} {action} begins, though nothing should");
        assert_eq!(seen.met(ConditionKind::BeforeEntry), Some(true), "{id} {action} begins before it is let in");
        let order = seen.action(action).run_order;
        for other in &seen.current().unwrap().actions {
            let status = seen.begun.get(&other.name);
            match other.run_order.cmp(&order) {
                Ordering::Less => assert_eq!(status, Some(&Some(true)), "{id} {action} before {}", other.name),
                Ordering::Greater => assert_eq!(status, None, "{id} {action} after {}", other.name),
                // A neighbour may have failed at once, but none can have ended otherwise since the stage began.
                Ordering::Equal if seen.kept.contains(&other.name) => {}
                Ordering::Equal => assert_ne!(status, Some(&Some(true)), "{id} {action} is late"),
            }
        }
    }

    fn asks_what_it_should(&self, request: &Request) {
        let seen = &self.executions[&request.execution];
        let action = seen.action(&request.action);
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
