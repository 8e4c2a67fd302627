//! What people may ask for.

use super::*;

/// Documented for pipelines that queue; side by side as well.
const CONCURRENT: usize = 50;

impl Watcher {
    pub(in super::super) fn has_room(&self) -> bool {
        let live = self.executions.values().filter(|seen| seen.end.is_none()).count();
        live < CONCURRENT || self.pipeline.execution_mode == ExecutionMode::Superseded
    }

    pub(in super::super) fn may_stop(&self, id: &str, abandon: bool) -> bool {
        let seen = &self.executions[id];
        seen.end.is_none() && (abandon || seen.ending != Some(Ending::Stopped))
    }

    pub(in super::super) fn may_retry(&self, id: &str, stage: &str) -> bool {
        let seen = &self.executions[id];
        let its_last = seen.current().is_some_and(|current| current.name == stage);
        let left = matches!(seen.left, Some(StageStatus::Failed | StageStatus::Stopped));
        let latest = !seen.in_turn() || self.latest(stage) == Some(id);
        its_last && left && latest && self.is_current(seen) && self.has_room()
    }

    pub(in super::super) fn may_roll_back(&self, id: &str, stage: &str) -> bool {
        let seen = &self.executions[id];
        let place = self.pipeline.stages.iter().position(|known| known.name == stage).unwrap();
        let skipped = self.latest(stage).is_some_and(|id| self.executions[id].skipped.contains(stage));
        let takes_turns = self.pipeline.execution_mode != ExecutionMode::Parallel && seen.target.is_none();
        let succeeded = place > 0 && self.is_current(seen) && seen.succeeded.contains(&place);
        takes_turns && succeeded && !skipped && !self.occupied(stage) && self.has_room()
    }

    /// Or may come: who goes by an earlier definition goes on only beside others.
    pub(in super::super) fn somebody_comes_to(&self, stage: &str) -> bool {
        let goes_on = self.executions.values().filter(|seen| seen.end.is_none() && !seen.in_turn());
        goes_on.map(|seen| &seen.pipeline).chain([&self.pipeline]).any(|pipeline| pipeline.stage(stage).is_some())
    }

    /// It is being evaluated.
    pub(in super::super) fn may_override(&self, id: &str, kind: ConditionKind) -> bool {
        let seen = &self.executions[id];
        let condition = seen.current().filter(|_| seen.in_stage).and_then(|stage| stage.condition(kind));
        let asked =
            seen.running.iter().any(|run| matches!(&self.started[run].what, What::Rule(rule) if rule.kind == kind));
        let skips = condition.is_some_and(|condition| condition.result == ConditionResult::Skip);
        asked && !skips && kind != ConditionKind::OnFailure
    }

    /// The stage it is in, or was in last.
    pub(in super::super) fn stage_of(&self, id: &str) -> Option<String> {
        self.executions[id].current().map(|stage| stage.name.clone())
    }

    /// Every execution that succeeded in a stage but the first, with the stage.
    pub(in super::super) fn successes(&self) -> Vec<(String, String)> {
        let of = |(id, seen): (&String, &Seen)| {
            let places = seen.succeeded.iter().filter(|place| **place > 0 && self.is_current(seen));
            places.map(|place| (id.clone(), seen.pipeline.stages[*place].name.clone())).collect::<Vec<_>>()
        };
        self.executions.iter().flat_map(of).collect()
    }

    /// Every condition that is being evaluated.
    pub(in super::super) fn evaluations(&self) -> Vec<(String, ConditionKind)> {
        let rules = self.pick(true, Started::is_rule).into_iter().map(|run| self.started[&run].what.clone());
        let of = |what: What| if let What::Rule(rule) = what { Some((rule.execution, rule.kind)) } else { None };
        rules.filter_map(of).collect()
    }

    pub(in super::super) fn all(&self) -> Vec<String> {
        self.executions.keys().cloned().collect()
    }

    fn latest(&self, stage: &str) -> Option<&str> {
        self.referred.get(&(stage.to_owned(), Part::Entered)).map(String::as_str)
    }

    fn is_current(&self, seen: &Seen) -> bool {
        seen.pipeline.version == self.pipeline.version
    }
}
