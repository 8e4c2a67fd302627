//! CodePipeline's executions of the previews' pipeline: each enters, deploys in its own time, and ends, whatever has become
//! of the lease meanwhile.

use std::collections::BTreeMap;

use pipeline_core::ids::ExecutionId;

use crate::{op::Deploy, rng::Rng};

/// CodePipeline gives up on an action that enters after so long at most, in ms.
const ENTERING: i64 = 1_800_000;
/// How long an execution goes on after a deployment began, in ms.
const DEPLOYING: i64 = 600_000;
/// How long it takes to end, in ms.
const ENDING: i64 = 30_000;

/// An execution.
#[derive(Debug, Clone)]
struct Execution {
    deploys: Deploy,
    phase: Phase,
    /// The step that it takes next.
    step: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// It asks to be let in.
    Entering,
    /// It was let in, and is to deploy.
    In,
    /// It deploys nothing any more.
    Ending,
    Ended,
}

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct Executions {
    all: BTreeMap<ExecutionId, Execution>,
    /// When the next step of which comes, and which step it is.
    pub(crate) steps: Vec<(i64, ExecutionId, u32)>,
}

impl Executions {
    /// One begins to enter.
    pub(crate) fn begin(&mut self, id: &ExecutionId, deploys: Deploy, now: i64, rng: &mut Rng) {
        self.all.insert(id.clone(), Execution { deploys, phase: Phase::Entering, step: 0 });
        self.go_on(id, Phase::Entering, now + rng.between(60_000, ENTERING));
    }

    /// Its action that enters has succeeded; it deploys within `longest`.
    pub(crate) fn let_in(&mut self, id: &ExecutionId, longest: i64, now: i64, rng: &mut Rng) {
        if self.phase(id) == Phase::Entering {
            self.go_on(id, Phase::In, now + rng.between(1, longest));
        }
    }

    /// Its action that enters has failed, or somebody stops it: no further action begins.
    pub(crate) fn stop(&mut self, id: &ExecutionId, now: i64, rng: &mut Rng) {
        if [Phase::Entering, Phase::In].contains(&self.phase(id)) {
            self.go_on(id, Phase::Ending, now + rng.between(1, ENDING));
        }
    }

    pub(crate) fn is_running(&self, id: &ExecutionId) -> bool {
        self.phase(id) != Phase::Ended
    }

    /// The next step of one; says what it deploys.
    pub(crate) fn step(&mut self, id: &ExecutionId, step: u32, now: i64, rng: &mut Rng) -> Option<Deploy> {
        let execution = self.all.get(id).filter(|it| it.step == step)?;
        let deploys = execution.deploys.clone();
        match execution.phase {
            Phase::In => {
                // Some deploy twice.
                let next = if rng.chance(300) { Phase::In } else { Phase::Ending };
                self.go_on(id, next, now + rng.between(1_000, DEPLOYING));
                Some(deploys)
            }
            Phase::Entering | Phase::Ending | Phase::Ended => {
                self.all.entry(id.clone()).and_modify(|it| it.phase = Phase::Ended);
                None
            }
        }
    }

    /// CodePipeline knows nothing of those that never were.
    fn phase(&self, id: &ExecutionId) -> Phase {
        self.all.get(id).map_or(Phase::Ended, |it| it.phase)
    }

    fn go_on(&mut self, id: &ExecutionId, phase: Phase, at: i64) {
        let Some(execution) = self.all.get_mut(id) else { return };
        (execution.phase, execution.step) = (phase, execution.step + 1);
        self.steps.push((at, id.clone(), execution.step));
    }
}
