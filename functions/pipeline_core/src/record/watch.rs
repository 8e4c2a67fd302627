//! How far an execution is, and whether what was read of it is as new as what an event said.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::{ids::ExecutionId, ports::PortError, record::sign::Move};

/// An execution, as CodePipeline tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// Where it stands.
    pub state: ExecutionState,
    /// Why, where CodePipeline says so.
    pub why: Option<String>,
    /// Whether it takes a stage back to what was there before.
    pub is_rollback: bool,
    /// The pipeline's variables, as they are for it.
    pub variables: BTreeMap<String, String>,
    /// What it is about, one for each source.
    pub revisions: Vec<Revision>,
    /// Every run of its actions, also those that were repeated, in the order in which they began.
    pub steps: Vec<Step>,
}

/// What a source action found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// Its id, such as a commit's.
    pub id: String,
    /// In words, such as a commit's message.
    pub summary: Option<String>,
}

/// A run of an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The run's own id.
    pub id: String,
    /// The stage.
    pub stage: String,
    /// The action.
    pub action: String,
    /// Such as `Approval`.
    pub category: String,
    /// Where it stands.
    pub state: StepState,
    /// What it says of itself.
    pub summary: Option<String>,
    /// Why it failed.
    pub error: Option<String>,
    /// Its output variables.
    pub outputs: BTreeMap<String, String>,
    /// When it began.
    pub began: Option<Timestamp>,
    /// When it changed last.
    pub changed: Option<Timestamp>,
}

/// Where an execution stands. What AWS adds to these some day counts as running.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ExecutionState {
    /// It runs, for the first time or again.
    Running,
    /// It ends when what it is at has ended.
    Stopping,
    /// Somebody stopped it.
    Stopped,
    /// A newer one took its place.
    Superseded,
    /// The pipeline was changed under it.
    Cancelled,
    /// An action or a condition failed.
    Failed,
    /// All went well.
    Succeeded,
}

/// Where a run of an action stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepState {
    /// It runs, or waits for an answer.
    Running,
    /// All went well.
    Succeeded,
    /// It failed, or was rejected.
    Failed,
    /// Nobody waits for it any more.
    Abandoned,
}

/// Looking at executions.
pub trait ReadProgress {
    /// How far it is; `None` when CodePipeline does not know it, or not yet.
    fn progress(
        &self,
        pipeline: &str,
        execution: &ExecutionId,
    ) -> impl Future<Output = Result<Option<Progress>, PortError>>;
}

/// Events tell their time in whole seconds.
const SECOND: SignedDuration = SignedDuration::from_secs(1);

impl Progress {
    /// Whether this was read before what an event of that time says had come about.
    pub fn is_behind(&self, what: &Move, at: Option<Timestamp>) -> bool {
        match what {
            Move::Execution(state) => self.state.rank() < state.rank() && !self.has_gone_on_since(at),
            Move::Step { run, state } => match self.steps.iter().find(|step| step.id == *run) {
                None => true,
                Some(step) => *state != StepState::Running && step.state == StepState::Running,
            },
        }
    }

    /// One that had ended may have been tried again.
    fn has_gone_on_since(&self, at: Option<Timestamp>) -> bool {
        let Some(since) = at.and_then(|at| at.checked_add(SECOND).ok()) else { return false };
        self.steps.iter().any(|step| step.began > Some(since))
    }

    /// How many actions have begun, and how many have ended: neither ever falls.
    pub fn extent(&self) -> (usize, usize) {
        let ended = self.steps.iter().filter(|step| step.state != StepState::Running).count();
        (self.steps.len(), ended)
    }

    /// The latest run of the action of this name.
    pub fn latest(&self, action: &str) -> Option<&Step> {
        self.steps.iter().rev().find(|step| step.action == action)
    }

    /// What it failed at: nothing that was tried again since.
    pub fn failed(&self) -> Option<&Step> {
        let is_last = |failed: &&Step| self.steps.iter().all(|step| step.began <= failed.changed.or(step.began));
        self.steps.iter().filter(|step| step.state == StepState::Failed).find(is_last)
    }
}

impl ExecutionState {
    /// What comes later is greater.
    fn rank(self) -> u8 {
        match self {
            Self::Running => 0,
            Self::Stopping => 1,
            Self::Stopped | Self::Superseded | Self::Cancelled | Self::Failed | Self::Succeeded => 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Option<Timestamp> {
        Timestamp::from_second(second).ok()
    }

    fn step(id: &str, state: StepState, began: i64, changed: i64) -> Step {
        let (summary, error) = (None, None);
        Step {
            id: id.into(),
            stage: "Beta".into(),
            action: "Test".into(),
            category: "Invoke".into(),
            state,
            summary,
            error,
            outputs: BTreeMap::new(),
            began: at(began),
            changed: at(changed),
        }
    }

    fn progress(state: ExecutionState, steps: &[Step]) -> Progress {
        let (variables, revisions) = (BTreeMap::new(), vec![]);
        Progress { state, why: None, is_rollback: false, variables, revisions, steps: steps.to_vec() }
    }

    #[test]
    fn what_was_read_before_the_event_is_behind_it() {
        use ExecutionState::{Failed, Running, Stopped, Stopping, Succeeded};
        for (read, event, behind) in [
            (Running, Running, false),
            (Running, Stopping, true),
            (Running, Succeeded, true),
            (Stopping, Stopped, true),
            (Stopping, Running, false),
            (Failed, Running, false),
            (Failed, Succeeded, false),
        ] {
            assert_eq!(progress(read, &[]).is_behind(&Move::Execution(event), at(5)), behind, "{read:?} {event:?}");
        }
        let step = |state| Move::Step { run: "a".into(), state };
        let read = |state| progress(Running, &[self::step("a", state, 1, 2)]);
        assert!(progress(Running, &[]).is_behind(&step(StepState::Running), at(5)), "it is not there yet");
        assert!(!read(StepState::Running).is_behind(&step(StepState::Running), at(5)));
        assert!(read(StepState::Running).is_behind(&step(StepState::Failed), at(5)));
        assert!(!read(StepState::Failed).is_behind(&step(StepState::Running), at(5)));
    }

    #[test]
    fn an_old_failure_is_no_reason_to_wait_when_it_was_tried_again() {
        let failed = Move::Execution(ExecutionState::Failed);
        let again = |began| {
            let steps = [step("a", StepState::Failed, 1, 5), step("b", StepState::Running, began, began)];
            progress(ExecutionState::Running, &steps).is_behind(&failed, at(5))
        };
        assert!(again(5) && again(6), "it may have begun before the failure");
        assert!(!again(7));
    }

    #[test]
    fn what_was_tried_again_has_not_failed() {
        let failed = |steps: &[Step]| progress(ExecutionState::Running, steps).failed().map(|step| step.id.clone());
        let (first, beside) = (step("a", StepState::Failed, 1, 5), step("b", StepState::Running, 2, 2));
        assert_eq!(failed(&[first.clone(), beside.clone()]).as_deref(), Some("a"));
        let again = step("c", StepState::Running, 6, 6);
        assert_eq!(failed(&[first.clone(), beside.clone(), again]), None);
        let once_more = step("c", StepState::Failed, 6, 8);
        assert_eq!(failed(&[first, beside, once_more]).as_deref(), Some("c"));
    }
}
