//! What holds whenever the engine has nothing more to say.

use super::*;

const KINDS: [ConditionKind; 3] = [ConditionKind::BeforeEntry, ConditionKind::OnSuccess, ConditionKind::OnFailure];

impl Watcher {
    pub(super) fn rest(&self) {
        assert_eq!(self.back, None, "what should come back does not");
        for stage in 0..self.pipeline.stages.len() {
            let waiting: Vec<&String> = self.order.iter().filter(|id| self.waits_for(id) == Some(stage)).collect();
            assert!(waiting.len() <= 1, "{waiting:?} wait for one stage");
            let name = &self.pipeline.stages[stage].name;
            let occupied = self.executions.values().any(|seen| seen.in_stage && self.stage_of(seen) == *name);
            assert!(occupied || waiting.is_empty(), "{waiting:?} waits for {name}, which is free");
        }
        for (id, seen) in &self.executions {
            assert!(!seen.is_rollback || self.waits_for(id).is_none(), "{id} waits, though it brings something back");
            assert!(seen.abandoned.is_empty(), "{id} abandons a rule and stays");
            if seen.in_stage {
                self.in_stage(id, seen);
            }
        }
    }

    /// Something runs, and what begins together began together.
    fn in_stage(&self, id: &str, seen: &Seen) {
        assert!(!seen.running.is_empty(), "{id} is in a stage, and nothing of it runs");
        let stage = &self.pipeline.stages[seen.stage];
        let orders: BTreeSet<u32> = seen
            .running
            .iter()
            .filter_map(|run| match &self.started[run] {
                Started::Action(request) => Some(self.action(&request.stage, &request.action).run_order),
                Started::Rule(..) => None,
            })
            .collect();
        let group = stage.actions.iter().filter(|action| orders.contains(&action.run_order));
        assert!(group.into_iter().all(|action| seen.begun.contains_key(&action.name)), "{id}: a group starts as one");
        for kind in KINDS.into_iter().filter(|kind| seen.met(stage, *kind).is_none()) {
            let rules = stage.condition(kind).into_iter().flat_map(|condition| &condition.rules);
            let asked = rules.filter(|rule| seen.asked.contains_key(&rule_name(kind, &rule.name))).count();
            let all = stage.condition(kind).map_or(0, |condition| condition.rules.len());
            assert!(asked == 0 || asked == all, "{id}: all rules are asked at once");
        }
    }

    pub(in super::super) fn everything_ended(&self) {
        for (id, seen) in &self.executions {
            let end = seen.end.unwrap_or_else(|| panic!("{id} did not end"));
            assert_eq!(end == ExecutionStatus::Failed, seen.failed, "{id} fails if and only if a stage of it failed");
        }
        if let Some(newest) = self.order.last() {
            let end = self.executions[newest].end;
            assert_ne!(end, Some(ExecutionStatus::Superseded), "nothing is newer than {newest}");
        }
    }

    pub(super) fn waits_for(&self, id: &str) -> Option<usize> {
        let seen = &self.executions[id];
        (seen.end.is_none() && !seen.in_stage).then_some(seen.stage)
    }

    /// The stage an execution is in or will enter next.
    pub(super) fn stage_of(&self, seen: &Seen) -> String {
        self.pipeline.stages.get(seen.stage).map(|stage| stage.name.clone()).unwrap_or_default()
    }

    pub(super) fn stage(&self, name: &str) -> &Stage {
        self.pipeline.stages.iter().find(|stage| stage.name == name).unwrap()
    }

    pub(super) fn action(&self, stage: &str, name: &str) -> &Action {
        self.stage(stage).actions.iter().find(|action| action.name == name).unwrap()
    }
}
