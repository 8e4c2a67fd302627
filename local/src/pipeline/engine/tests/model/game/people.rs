//! What people do.

use super::super::definition::{MODES, in_mode};
use super::*;

const KINDS: [ConditionKind; 3] = [ConditionKind::BeforeEntry, ConditionKind::OnSuccess, ConditionKind::OnFailure];

impl Game {
    /// What somebody asks of an execution.
    pub(super) fn people(&mut self, step: &Move) {
        let all = self.watcher.all();
        match step {
            _ if all.is_empty() => {}
            Move::Stop { which, abandon } => {
                let id: &String = which.get(&all);
                self.stop(id, *abandon);
            }
            Move::Retry { which, stage, all: from_the_first } => {
                let id: &String = which.get(&all);
                let own = self.watcher.stage_of(id).unwrap_or_else(|| self.somewhere(*which));
                let stage = stage.map_or(own, |stage| self.somewhere(stage));
                self.retry(id, &stage, if *from_the_first { RetryMode::AllActions } else { RetryMode::FailedActions });
            }
            Move::RollBack { which, stage, aimed } => {
                let good = self.watcher.successes();
                let (id, stage) = if *aimed && !good.is_empty() {
                    which.get(&good).clone()
                } else {
                    (which.get(&all).clone(), self.somewhere(*stage))
                };
                self.roll_back(&id, &stage);
            }
            Move::Override { which, kind, aimed } => {
                let good = self.watcher.evaluations();
                let (id, kind) = if *aimed && !good.is_empty() {
                    which.get(&good).clone()
                } else {
                    (which.get(&all).clone(), KINDS[usize::from(*kind)])
                };
                self.override_condition(&id, kind);
            }
            _ => {}
        }
    }

    fn stop(&mut self, id: &str, abandon: bool) {
        let asked = self.engine.stop(&self.history[id], abandon, Some("enough".into()));
        self.asked(asked, self.watcher.may_stop(id, abandon));
    }

    fn retry(&mut self, id: &str, stage: &str, mode: RetryMode) {
        let asked = self.engine.retry(&self.history[id], stage, mode);
        self.asked(asked, self.watcher.may_retry(id, stage));
    }

    fn roll_back(&mut self, id: &str, stage: &str) {
        let trigger = Trigger { trigger_type: TriggerType::ManualRollback, trigger_detail: "arn:somebody".into() };
        let asked = self.engine.roll_back(&self.history[id], stage, trigger);
        self.asked(asked, self.watcher.may_roll_back(id, stage));
    }

    fn override_condition(&mut self, id: &str, kind: ConditionKind) {
        let stage = self.watcher.stage_of(id).unwrap_or_default();
        let asked = self.engine.override_condition(&ExecutionId(id.into()), &stage, kind, "arn:somebody".into());
        self.asked(asked, self.watcher.may_override(id, kind));
    }

    /// It is done if and only if it may be, and once.
    fn asked(&mut self, asked: Result<Event, Refusal>, may: bool) {
        assert_eq!(asked.is_ok(), may, "{asked:?}");
        let Ok(event) = asked else { return };
        self.tell(&event);
        let free = |place: usize| !self.watcher.occupied(&self.watcher.pipeline.stages[place].name);
        match &event {
            // The stage may be free again, and then another rollback is as good as the first.
            Event::RollBack(back) if free(back.stage) => {}
            // Side by side, what has ended is forgotten.
            Event::Retry(retry) if settled(&self.engine).state.execution(&retry.execution.id).is_none() => {}
            _ => self.tell_in_vain(&event),
        }
    }

    fn somewhere(&self, stage: Index) -> String {
        stage.get(&self.watcher.pipeline.stages).name.clone()
    }

    pub(super) fn transition(&mut self, stage: &str, inbound: bool, close: bool) {
        let way = if inbound { Way::Inbound } else { Way::Outbound };
        let by = "arn:somebody".to_owned();
        let change = if close {
            self.engine.disable(stage, way, by, "not now".into())
        } else {
            self.engine.enable(stage, way, by)
        };
        assert_eq!(change.is_ok(), self.watcher.somebody_comes_to(stage), "{change:?}");
        if let Ok(event) = change {
            self.tell(&event);
        }
    }

    pub(super) fn replace(&mut self, definition: &str, mode: u8) {
        let mut next = pipeline(&in_mode(MODES[usize::from(mode)], definition));
        next.set_version(self.engine.pipeline().version + 1);
        self.earlier.push(self.engine.pipeline().clone());
        self.tell(&Event::Replaced(Box::new(next)));
    }
}
