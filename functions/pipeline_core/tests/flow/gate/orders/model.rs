//! Where a few releases stand: what CodePipeline and people did so far.

use std::hash::{Hash, Hasher};

use pipeline_core::gate::decision::Decision;

use super::judge::Judge;

/// Somebody, by the login that they use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Who {
    Alice,
    /// Alice, through a role.
    AliceToo,
    Bob,
    Carol,
}

impl Who {
    pub(super) fn person(self) -> &'static str {
        match self {
            Self::Alice | Self::AliceToo => "alice",
            Self::Bob => "bob",
            Self::Carol => "carol",
        }
    }
}

/// What can happen. What is not possible where it happens changes nothing.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step {
    Push(Who),
    Approve(Who),
    Reject,
    /// All actions of Approve, which failed.
    Retry,
    /// Prod goes back to the first execution that it released.
    RollBack,
    /// Somebody has Prod go back to what it never released.
    RollBackToNewest,
    /// The gate of Approve runs, maybe once more than CodePipeline would have it.
    Decide,
    /// The gate of Prod runs, for whatever came last, come through Approve or not.
    Enter,
    /// What the newest execution built is exchanged.
    Exchange,
}

pub(super) const STEPS: [Step; 12] = [
    Step::Push(Who::Alice),
    Step::Push(Who::Bob),
    Step::Approve(Who::Alice),
    Step::Approve(Who::AliceToo),
    Step::Approve(Who::Bob),
    Step::Reject,
    Step::Retry,
    Step::RollBack,
    Step::RollBackToNewest,
    Step::Decide,
    Step::Enter,
    Step::Exchange,
];

/// The same with more people, and without what is no different where two are needed.
pub(super) const STEPS_OF_TWO: [Step; 10] = [
    Step::Push(Who::Alice),
    Step::Approve(Who::Alice),
    Step::Approve(Who::AliceToo),
    Step::Approve(Who::Bob),
    Step::Approve(Who::Carol),
    Step::Reject,
    Step::Retry,
    Step::RollBack,
    Step::Decide,
    Step::Enter,
];

/// How a run of an approval action stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Asked {
    Waits,
    Approved(Who),
    Rejected,
}

/// A release, or the return to one.
#[derive(Debug, Clone)]
pub(super) struct Execution {
    pub(super) by: Who,
    pub(super) target: Option<usize>,
    /// Each time that people were asked, the runs of all approval actions.
    pub(super) rounds: Vec<Vec<Asked>>,
    pub(super) is_exchanged: bool,
    /// By the round, whose approvals were counted.
    pub(super) approved_in: Option<usize>,
    pub(super) is_failed: bool,
    /// The gate's own record, which all of the above determines.
    pub(super) decisions: Vec<Decision>,
}

impl Execution {
    fn new(by: Who, target: Option<usize>) -> Self {
        Self { by, target, rounds: vec![], is_exchanged: false, approved_in: None, is_failed: false, decisions: vec![] }
    }

    /// What tells it from others.
    pub(super) fn key(&self) -> impl Hash + Eq + Clone + use<> {
        let denied = self.decisions.len();
        (self.by, self.target, self.rounds.clone(), self.is_exchanged, self.approved_in, self.is_failed, denied.min(1))
    }
}

impl PartialEq for Execution {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Execution {}

impl Hash for Execution {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

/// All executions, the oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Model {
    pub(super) executions: Vec<Execution>,
    needed: usize,
    /// The execution in stage Approve.
    approve: Option<usize>,
    /// Those that Prod released, the first first.
    released: Vec<usize>,
}

impl Model {
    pub(super) fn new(needed: usize) -> Self {
        Self { executions: vec![], needed, approve: None, released: vec![] }
    }

    pub(super) fn after(mut self, step: Step, judge: &mut Judge) -> Self {
        match step {
            Step::Push(who) => self.push(who),
            Step::Approve(who) => self.answer(Asked::Approved(who)),
            Step::Reject => self.answer(Asked::Rejected),
            Step::Retry => self.retry(),
            Step::RollBack => self.roll_back(self.released.first().copied()),
            Step::RollBackToNewest => self.roll_back(self.newest_build()),
            Step::Decide => self.decide(judge),
            Step::Enter => self.enter(judge),
            Step::Exchange => {
                if let Some(newest) = self.newest_build() {
                    self.executions[newest].is_exchanged = true;
                }
            }
        }
        self
    }

    fn newest_build(&self) -> Option<usize> {
        self.executions.iter().rposition(|execution| execution.target.is_none())
    }

    /// The newest takes the stage: whoever waits there is rejected, or superseded.
    fn push(&mut self, by: Who) {
        let mut execution = Execution::new(by, None);
        execution.rounds.push(vec![Asked::Waits; self.needed]);
        self.executions.push(execution);
        self.approve = Some(self.executions.len() - 1);
    }

    fn answer(&mut self, answer: Asked) {
        let Some(execution) = self.approve.map(|at| &mut self.executions[at]) else { return };
        let open = execution.rounds.last_mut().and_then(|round| round.iter_mut().find(|run| **run == Asked::Waits));
        if let (Some(run), false) = (open, execution.is_failed) {
            *run = answer;
            execution.is_failed = answer == Asked::Rejected;
        }
    }

    fn retry(&mut self) {
        let Some(execution) = self.approve.map(|at| &mut self.executions[at]) else { return };
        if execution.is_failed {
            execution.is_failed = false;
            execution.rounds.push(vec![Asked::Waits; self.needed]);
        }
    }

    fn roll_back(&mut self, target: Option<usize>) {
        if let Some(target) = target {
            let by = self.executions[target].by;
            self.executions.push(Execution::new(by, Some(target)));
        }
    }

    fn decide(&mut self, judge: &mut Judge) {
        let Some(at) = self.approve else { return };
        let decision = judge.decide(self, at);
        let execution = &mut self.executions[at];
        match decision {
            Some(decision) => {
                execution.approved_in = Some(execution.rounds.len() - 1);
                execution.decisions.push(decision);
            }
            None => execution.is_failed = true,
        }
    }

    fn enter(&mut self, judge: &mut Judge) {
        let Some(at) = self.executions.len().checked_sub(1) else { return };
        if judge.enters(self, at) && !self.released.contains(&at) && self.executions[at].target.is_none() {
            self.released.push(at);
        }
    }
}
