//! What holds whenever the engine has nothing more to say.

use super::*;

const KINDS: [ConditionKind; 3] = [ConditionKind::BeforeEntry, ConditionKind::OnSuccess, ConditionKind::OnFailure];

impl Watcher {
    pub(super) fn rest(&self) {
        assert_eq!(self.back, None, "what should come back does not");
        assert!(self.again.is_empty(), "{:?} are not asked again", self.again);
        assert!(self.given_up.is_empty(), "{:?} waited for too long", self.given_up);
        let mut waiting = BTreeSet::new();
        for (id, seen) in &self.executions {
            assert!(seen.untold.is_empty(), "nobody is told of {:?}", seen.untold);
            assert!(!seen.resumes, "{id} is not tried again");
            if let Some(stage) = self.waits_for(id) {
                self.waits_for_good_reason(id, seen);
                let alone = seen.pipeline.execution_mode != ExecutionMode::Superseded || waiting.insert(stage);
                assert!(alone, "{id} is not the only one that waits for {stage}");
            } else if seen.in_stage {
                self.in_stage(id, seen);
            }
        }
    }

    fn waits_for_good_reason(&self, id: &str, seen: &Seen) {
        let stage = seen.current().unwrap();
        assert!(seen.target.is_none(), "{id} waits, though it brings something back");
        assert!(seen.ending.is_none(), "{id} waits, though it has come to its end");
        let held = seen.in_turn() && self.occupied(&stage.name) || !self.open(seen, seen.stage);
        assert!(held, "{id} waits for {}, which is free", stage.name);
    }

    /// Something runs, and what begins together began together.
    fn in_stage(&self, id: &str, seen: &Seen) {
        assert!(!seen.running.is_empty(), "{id} is in a stage, and nothing of it runs");
        assert!(seen.abandoned.is_empty(), "{id} abandons a rule and stays");
        let stage = seen.current().unwrap();
        let runs = seen.running.iter().filter_map(|run| self.started[run].request());
        let orders: BTreeSet<u32> = runs.map(|request| seen.action(&request.action).run_order).collect();
        let group = stage.actions.iter().filter(|action| orders.contains(&action.run_order));
        assert!(group.into_iter().all(|action| seen.begun.contains_key(&action.name)), "{id}: a group starts as one");
        for kind in KINDS.into_iter().filter(|kind| seen.met(*kind).is_none()) {
            let rules = stage.condition(kind).into_iter().flat_map(|condition| &condition.rules);
            let asked = rules.filter(|rule| seen.asked.contains_key(&rule_name(kind, &rule.name))).count();
            let all = stage.condition(kind).map_or(0, |condition| condition.rules.len());
            assert!(asked == 0 || asked == all, "{id}: all rules are asked at once");
        }
    }

    /// What is kept of executions that ended is what stages tell of, and what of that may be brought back again.
    pub(in super::super) fn is_all_that_is_kept(&self, kept: &[Execution]) {
        let needed: BTreeSet<&String> = self.referred.values().collect();
        let back = needed.iter().filter_map(|id| self.executions[*id].target.as_ref());
        let live = self.executions.iter().filter(|(_, seen)| seen.end.is_none());
        let live: Vec<(&String, &Seen)> = live.collect();
        let targets = live.iter().filter_map(|(_, seen)| seen.target.as_ref());
        let expected: BTreeSet<&String> =
            live.iter().map(|(id, _)| *id).chain(targets).chain(back).chain(needed.iter().copied()).collect();
        assert_eq!(kept.iter().map(|execution| &execution.id.0).collect::<BTreeSet<_>>(), expected);
    }

    pub(in super::super) fn everything_ended(&self) {
        for (id, seen) in &self.executions {
            let end = seen.end.unwrap_or_else(|| panic!("{id} did not end"));
            assert_eq!(end == ExecutionStatus::Failed, seen.failed(), "{id} fails if and only if a stage of it failed");
        }
        if let Some(newest) = self.order.last() {
            let end = self.executions[newest].end;
            assert_ne!(end, Some(ExecutionStatus::Superseded), "nothing is newer than {newest}");
        }
    }
}
