//! Transitions: closed ones keep executions before a stage.

use jiff::SignedDuration;

use super::Step;
use crate::pipeline::definition::Pipeline;
use crate::pipeline::engine::Definitions;
use crate::pipeline::engine::event::{TransitionChange, Way};
use crate::pipeline::engine::state::{Disabled, ExecutionStatus, Position, State};

/// What waited before a transition that was closed for longer does not go on when it is opened.
const PATIENCE: SignedDuration = SignedDuration::from_hours(30 * 24);

impl Step<'_> {
    pub(super) fn change_transition(&mut self, change: TransitionChange) {
        let TransitionChange { stage, way, by, closed } = change;
        if !self.definitions.have_stage(&stage, self.state) {
            return;
        }
        let now = self.now;
        let seen = self.state.stages.entry(stage.clone()).or_default();
        let transition = match way {
            Way::Inbound => &mut seen.inbound,
            Way::Outbound => &mut seen.outbound,
        };
        let before = transition.disabled.take();
        // Who closes what is closed says why anew, but it is closed since then.
        let since = before.as_ref().map_or(now, |before| before.since);
        transition.disabled = closed.map(|reason| Disabled { reason, since });
        transition.changed = Some((by, now));
        let opened = transition.disabled.is_none() && before.is_some();
        if opened && now.duration_since(since) > PATIENCE {
            self.give_up_waiting(&stage, way);
        }
    }

    fn give_up_waiting(&mut self, stage: &str, way: Way) {
        for index in 0..self.state.executions.len() {
            if self.waits_behind(index, stage, way) {
                let why = "the transition was disabled for more than 30 days".to_owned();
                self.end(index, ExecutionStatus::Stopped, Some(why));
            }
        }
    }

    fn waits_behind(&self, index: usize, stage: &str, way: Way) -> bool {
        let Position::Waiting(next) = self.state.executions[index].position else { return false };
        let gate = if way == Way::Inbound { Some(next) } else { next.checked_sub(1) };
        gate.is_some_and(|gate| self.pipeline(index).stages[gate].name == stage)
    }
}

impl State {
    /// Whether executions may pass into this stage, and out of the one before it.
    pub(super) fn is_open(&self, pipeline: &Pipeline, stage: usize) -> bool {
        let seen = |stage: usize| pipeline.stages.get(stage).and_then(|stage| self.stages.get(&stage.name));
        let closed_in = seen(stage).is_some_and(|seen| seen.inbound.disabled.is_some());
        let before = stage.checked_sub(1).and_then(seen);
        !closed_in && before.is_none_or(|seen| seen.outbound.disabled.is_none())
    }

    /// Forgets what is remembered of stages that nobody comes to any more.
    pub(in crate::pipeline::engine) fn forget_stages(&mut self, definitions: &Definitions) {
        let mut stages = std::mem::take(&mut self.stages);
        stages.retain(|name, _| definitions.have_stage(name, self));
        self.stages = stages;
    }

    /// Forgets what is remembered of stages, actions and conditions that the pipeline has no more: but for transitions,
    /// which stay closed for who still comes to them. What succeeded as it was cannot be brought back.
    pub(super) fn keep_stages_of(&mut self, pipeline: &Pipeline) {
        for (name, seen) in &mut self.stages {
            seen.succeeded = None;
            seen.latest = seen.latest.filter(|_| pipeline.stage(name).is_some());
            seen.actions.retain(|action, _| pipeline.stage(name).is_some_and(|stage| stage.has(action)));
            seen.conditions.retain(|kind, _| pipeline.stage(name).is_some_and(|it| it.condition(*kind).is_some()));
        }
    }
}
