//! What is told of executions, stages, actions and rules.

use super::*;

impl Watcher {
    pub(super) fn changed(&mut self, change: &Change) {
        let id = change.execution.0.clone();
        if let Some((target, stage)) = self.back.take() {
            let back = Seen::back(&target, &self.executions[&target], stage);
            assert!(self.executions.insert(id.clone(), back).is_none(), "{change:?} comes before what comes back");
        }
        assert_eq!(self.executions[&id].end, None, "{id} is over, and yet {change:?}");
        assert_eq!(change.version, self.executions[&id].pipeline.version);
        match &change.subject {
            Subject::Pipeline { status, .. } => self.pipeline_changed(&id, *status),
            Subject::Stage { stage, status, retried } => {
                self.stage_changed(&id, stage, *status);
                assert_eq!(*retried, self.executions[&id].last_retry, "{id} {stage}");
            }
            Subject::Action(action) => self.action_changed(&id, action),
            Subject::Rule(rule) => self.rule_changed(&id, rule),
        }
        assert_eq!(change.attempt, self.executions[&id].attempt, "{id}");
    }

    fn pipeline_changed(&mut self, id: &str, status: ExecutionStatus) {
        let seen = &self.executions[id];
        let rests = !seen.in_stage && seen.running.is_empty() || status == ExecutionStatus::Stopping;
        assert!(rests, "{id} is {status:?} while something of it runs");
        match status {
            ExecutionStatus::InProgress => assert!(seen.begins, "{id} begins again for no reason"),
            ExecutionStatus::Superseded => {
                let newer = self.order.iter().skip_while(|other| *other != id).skip(1);
                let there = newer.filter(|other| self.waits_for(other) == self.waits_for(id)).count();
                let supersedes = seen.pipeline.execution_mode == ExecutionMode::Superseded;
                assert!(supersedes && there > 0 && seen.waits(), "{id} is superseded by nobody newer");
            }
            ExecutionStatus::Succeeded => {
                let passed = seen.stage == seen.pipeline.stages.len();
                let done = if seen.target.is_some() { !seen.succeeded.is_empty() } else { passed };
                assert!(!seen.failed() && seen.ending.is_none() && done, "{id} succeeds too early");
            }
            ExecutionStatus::Failed => {
                assert!(seen.failed(), "{id} fails for no reason");
                self.back = self.comes_back(id);
            }
            ExecutionStatus::Stopping => assert_eq!(seen.ending, Some(Ending::Stopped), "{id}"),
            ExecutionStatus::Stopped => {
                assert!(seen.ending == Some(Ending::Stopped) || self.given_up.remove(id), "{id} was not stopped");
            }
            ExecutionStatus::Cancelled => assert_eq!(seen.ending, Some(Ending::Cancelled), "{id}"),
        }
        let seen = self.executions.get_mut(id).unwrap();
        seen.begins = false;
        let goes_on = [ExecutionStatus::InProgress, ExecutionStatus::Stopping];
        seen.end = (!goes_on.contains(&status)).then_some(status);
    }

    /// The newest execution that succeeded where this one failed, if it is wanted. Rollbacks want none, and are none;
    /// side by side nobody knows which was the last.
    fn comes_back(&self, id: &str) -> Option<(String, usize)> {
        let seen = &self.executions[id];
        let earlier = &self.order[..self.order.iter().position(|other| other == id)?];
        let target = earlier.iter().rev().find(|other| {
            let other = &self.executions[*other];
            other.pipeline.version == seen.pipeline.version && other.succeeded.contains(&seen.stage)
        })?;
        (seen.in_turn() && seen.wants_back(seen.current()?)).then(|| (target.clone(), seen.stage))
    }

    fn stage_changed(&mut self, id: &str, name: &str, status: StageStatus) {
        assert_eq!(Some(name), self.executions[id].current().map(|stage| &stage.name[..]), "{id} takes them in order");
        match status {
            StageStatus::InProgress if self.executions[id].in_stage => self.begins_again(id),
            StageStatus::InProgress => self.enters(id, name),
            StageStatus::Stopping => {
                let seen = &self.executions[id];
                assert!(seen.in_stage && seen.ending == Some(Ending::Stopped), "{id} {name} is {status:?}");
            }
            _ => self.leaves(id, name, status),
        }
    }

    fn begins_again(&mut self, id: &str) {
        let seen = self.executions.get_mut(id).unwrap();
        let mode = seen.again().unwrap_or_else(|| panic!("{id} begins a stage again for no reason"));
        seen.try_again(mode, self.now);
        seen.retried = Some(mode);
    }

    fn enters(&mut self, id: &str, name: &str) {
        assert!(!self.executions[id].in_turn() || !self.occupied(name), "{id} enters {name}, where another one is");
        self.refer(id, name, Part::Entered);
        if self.executions[id].resumes {
            let seen = self.executions.get_mut(id).unwrap();
            (seen.resumes, seen.in_stage) = (false, true);
            return;
        }
        let seen = &self.executions[id];
        assert!(seen.ending.is_none() && seen.left.is_none(), "{id} goes on to {name}");
        assert!(seen.target.is_none() || seen.succeeded.is_empty(), "{id} goes on to {name}");
        assert!(seen.target.is_some() || self.open(seen, seen.stage), "{id} enters {name}, which is closed");
        self.nobody_is_overtaken(id, name);
        self.executions.get_mut(id).unwrap().enter();
    }

    fn nobody_is_overtaken(&self, id: &str, name: &str) {
        let (seen, place) = (&self.executions[id], self.order.iter().position(|other| other == id));
        if seen.pipeline.execution_mode != ExecutionMode::Queued {
            return;
        }
        for earlier in &self.order[..place.unwrap_or(0)] {
            let other = &self.executions[earlier];
            let passed = other.end.is_some() || other.stage > seen.stage || !other.in_turn();
            assert!(passed || other.ending.is_some(), "{id} overtakes {earlier} into {name}");
        }
    }

    fn leaves(&mut self, id: &str, name: &str, status: StageStatus) {
        let seen = self.executions.get_mut(id).unwrap();
        assert!(seen.in_stage && seen.running.is_empty(), "{id} {name} is {status:?} while something of it runs");
        let decided = seen.abandoned.drain(..).collect::<Vec<_>>();
        assert!(decided.iter().all(|kind| seen.met(*kind) == Some(false)), "{id} {name} abandons a rule");
        let stage = seen.current().unwrap();
        assert!(seen.may_end(stage, status), "{id} {name} is {status:?} after {:?} {:?}", seen.begun, seen.asked);
        (seen.in_stage, seen.left) = (false, Some(status));
        match status {
            StageStatus::Succeeded => _ = seen.succeeded.insert(seen.stage),
            StageStatus::Skipped => _ = seen.skipped.insert(name.to_owned()),
            _ => {}
        }
        if matches!(status, StageStatus::Succeeded | StageStatus::Skipped) {
            seen.stage += 1;
            seen.left = None;
        }
        if status == StageStatus::Succeeded && self.executions[id].target.is_none() {
            self.refer(id, name, Part::Succeeded);
        }
    }

    /// An action that fails before it ran wants something that nobody produced.
    fn action_changed(&mut self, id: &str, change: &ActionChange) {
        self.is_told_as_it_is(
            id,
            &change.run,
            match change.status {
                ActionStatus::InProgress => None,
                ActionStatus::Succeeded => Some(End::Well),
                ActionStatus::Failed => Some(End::Badly),
                ActionStatus::Abandoned => Some(End::GivenUp),
            },
        );
        if change.status != ActionStatus::Failed || self.started.contains_key(&change.run) {
            return;
        }
        self.may_begin(id, &change.stage, &change.action);
        let seen = self.executions.get_mut(id).unwrap();
        let action = seen.action(&change.action);
        assert!(!seen.has_what_it_needs(action), "{id} fails for want of what is there: {action:?}");
        seen.begun.insert(change.action.clone(), Some(false));
        self.refer(id, &change.stage, Part::Action(change.action.clone()));
    }

    /// So does a rule. One that is abandoned has a neighbour that failed.
    fn rule_changed(&mut self, id: &str, change: &RuleChange) {
        self.is_told_as_it_is(
            id,
            &change.run,
            match change.status {
                RuleStatus::InProgress => None,
                RuleStatus::Succeeded => Some(End::Well),
                RuleStatus::Failed => Some(End::Badly),
                RuleStatus::Abandoned => Some(End::GivenUp),
            },
        );
        if self.started.contains_key(&change.run) {
            return;
        }
        let (kind, name) = (change.kind, rule_name(change.kind, &change.rule));
        let seen = self.executions.get_mut(id).unwrap();
        assert!(seen.may_ask(kind), "{id} {name} is out of turn");
        if change.status == RuleStatus::Failed {
            let declared = &seen.current().unwrap().condition(kind).unwrap().rules;
            let rule = declared.iter().find(|rule| rule.name == change.rule).unwrap();
            let wanted = looked_at(&rule.configuration);
            assert!(!seen.variables.contains_key(wanted), "{id} {name} fails for want of {wanted}, which is there");
            seen.asked.insert(name, Some(false));
            seen.errored.insert(kind);
        } else if change.status == RuleStatus::Abandoned {
            seen.abandoned.push(kind);
        }
        self.refer(id, &change.stage, Part::Condition(kind));
    }

    fn is_told_as_it_is(&mut self, id: &str, run: &RunId, end: Option<End>) {
        if self.started.contains_key(run) {
            assert_eq!(self.executions.get_mut(id).unwrap().untold.remove(run), end, "{id} {run}");
        }
    }

    /// The stage it waits for, by its name.
    pub(super) fn waits_for(&self, id: &str) -> Option<&str> {
        let seen = &self.executions[id];
        seen.current().filter(|_| seen.waits()).map(|stage| &stage.name[..])
    }
}
