//! Defects of what runs the tests of a job, and of what repairs it.

use std::cell::{Cell, RefCell};

use pipeline_core::{
    ids::{JobId, Nonce, TestName},
    lease::due::later,
    ports::{PortError, Settled},
    repair::ports::Open,
    start_tests::run::{Claim, Outcome, Run, TestResult},
};

use super::{Answer, Calling, Edited, Mutant, Who, answered, asking};
use crate::{
    cloud::at,
    kit::{SETUP, TEARDOWN},
    link::Link,
    op::{Ending, Op, Reply},
    scenario::{CLAIMERS, SWEEPERS, ms},
    world::BEGIN,
};

/// How long before its time something is done, in ms.
const EARLY: i64 = 3_600_000;

fn repairs(link: Link<'_>) -> bool {
    (CLAIMERS..CLAIMERS + SWEEPERS).contains(&link.actor)
}

/// The run that stands looks otherwise.
fn run(answer: Answer, edit: impl FnOnce(&mut Run)) -> Answer {
    answer.map(|reply| match reply {
        Reply::Run(Some(mut run)) => {
            edit(&mut run);
            Reply::Run(Some(run))
        }
        other => other,
    })
}

pub(super) fn repair_too_early() -> Box<dyn Mutant> {
    let ask = |op| match op {
        Op::Open { now, limit } => Op::Open { now: later(now, ms(EARLY)), limit },
        other => other,
    };
    Box::new(Edited { who: Who::Repairs, ask, answer: |_, answer| run(answer, |run| run.ends = at(BEGIN)) })
}

/// A redelivery takes the run's owner for dead.
pub(super) fn owner_taken_for_dead() -> Box<dyn Mutant> {
    answered(Who::Deliveries, |_, answer| run(answer, |run| run.ends = at(BEGIN)))
}

pub(super) fn report_not_expected() -> Box<dyn Mutant> {
    answered(Who::Repairs, |_, answer| run(answer, |run| run.report = false))
}

pub(super) fn unwritten_report_is_written() -> Box<dyn Mutant> {
    answered(Who::All, |op, answer| if matches!(op, Op::WriteReport(_)) { Ok(Reply::Done) } else { answer })
}

pub(super) fn unsent_is_sent() -> Box<dyn Mutant> {
    answered(Who::All, |op, answer| match op {
        Op::Settle(..) if answer.is_err() => Ok(Reply::Settled(Settled::Accepted)),
        _ => answer,
    })
}

pub(super) fn throttled_test_passed() -> Box<dyn Mutant> {
    answered(Who::All, |op, answer| match (op, answer) {
        (Op::Invoke { .. }, Err(PortError::Throttled { .. })) => Ok(Reply::Ran(Ending::Passed)),
        (_, answer) => answer,
    })
}

pub(super) fn lost_claim_is_ours() -> Box<dyn Mutant> {
    answered(Who::All, |op, answer| match (op, answer) {
        (Op::ClaimRun(_), Err(PortError::Unavailable { .. })) => Ok(Reply::Claim(Box::new(Claim::Ours))),
        (_, answer) => answer,
    })
}

pub(super) fn setup_ignored() -> Box<dyn Mutant> {
    answered(Who::All, |op, answer| part_passes(op, answer, SETUP))
}

pub(super) fn teardown_ignored() -> Box<dyn Mutant> {
    answered(Who::All, |op, answer| part_passes(op, answer, TEARDOWN))
}

fn part_passes(op: &Op, answer: Answer, part: &str) -> Answer {
    let meant = matches!(op, Op::Invoke { part: asked, .. } if *asked == part);
    if meant { Ok(Reply::Ran(Ending::Passed)) } else { answer }
}

pub(super) fn result_as_passed() -> Box<dyn Mutant> {
    asking(Who::All, |op| match op {
        Op::RecordResult(job, mut result) => {
            result.outcome = Outcome::Passed;
            Op::RecordResult(job, result)
        }
        other => other,
    })
}

/// A run is never looked for again.
pub(super) fn run_not_looked_for() -> Box<dyn Mutant> {
    answered(Who::Repairs, |_, answer| {
        answer.map(|reply| match reply {
            Reply::Open(mut open) => {
                open.retain(|due| !matches!(due.open, Open::Run(_)));
                Reply::Open(open)
            }
            other => other,
        })
    })
}

struct ClosedFirst;

impl Mutant for ClosedFirst {
    fn call<'a>(&'a self, link: Link<'a>, op: Op) -> Calling<'a> {
        Box::pin(async move {
            if let (true, Op::Settle(job, _)) = (repairs(link), &op) {
                for open in [Open::Run(job.clone()), Open::Verdict(job.clone())] {
                    link.send(Op::Close(open)).await?;
                }
            }
            link.send(op).await
        })
    }
}

pub(super) fn closed_before_sent() -> Box<dyn Mutant> {
    Box::new(ClosedFirst)
}

struct AbsentPassed;

impl Mutant for AbsentPassed {
    fn call<'a>(&'a self, link: Link<'a>, op: Op) -> Calling<'a> {
        Box::pin(async move {
            let (true, Op::Results(job)) = (repairs(link), &op) else { return link.send(op).await };
            let Reply::Run(Some(run)) = link.send(Op::Run(job.clone())).await? else { return link.send(op).await };
            let Reply::Results(mut results) = link.send(op).await? else { return Ok(Reply::Done) };
            let absent = run.parts().filter(|part| run.result(&results, part).is_none());
            let absent: Vec<TestResult> = absent.map(|part| passed(run.id, part)).collect();
            results.extend(absent);
            Ok(Reply::Results(results))
        })
    }
}

fn passed(run: Nonce, test: &TestName) -> TestResult {
    TestResult { test: test.clone(), run, millis: 0, log: None, outcome: Outcome::Passed }
}

pub(super) fn absent_is_passed() -> Box<dyn Mutant> {
    Box::new(AbsentPassed)
}

/// Whoever starts the tear-down says so without doing it, when `skips` says so of what was heard before.
struct Untidy {
    /// Whether some part did not pass.
    failed: Cell<bool>,
    skips: fn(failed: bool, waits: bool) -> bool,
}

impl Mutant for Untidy {
    fn call<'a>(&'a self, link: Link<'a>, op: Op) -> Calling<'a> {
        Box::pin(async move {
            let Op::Invoke { part, waits, .. } = op else { return link.send(op).await };
            if part == TEARDOWN && (self.skips)(self.failed.get(), waits) {
                return Ok(Reply::Ran(Ending::Passed));
            }
            let answer = link.send(op).await;
            self.failed.set(self.failed.get() || !matches!(answer, Ok(Reply::Ran(Ending::Passed))));
            answer
        })
    }
}

pub(super) fn no_teardown_after_failure() -> Box<dyn Mutant> {
    Box::new(Untidy { failed: Cell::new(false), skips: |failed, _| failed })
}

pub(super) fn no_late_teardown() -> Box<dyn Mutant> {
    Box::new(Untidy { failed: Cell::new(false), skips: |_, waits| !waits })
}

/// The tear-down is started with the first test, and answers as it did then.
#[derive(Default)]
struct Hasty {
    begun: RefCell<Vec<JobId>>,
}

impl Mutant for Hasty {
    fn call<'a>(&'a self, link: Link<'a>, op: Op) -> Calling<'a> {
        Box::pin(async move {
            let Op::Invoke { job, run, part, waits: true } = &op else { return link.send(op).await };
            let torn_down = || link.world.scenario.kit.parts(job).contains(&TEARDOWN);
            if ![SETUP, TEARDOWN].contains(part) && torn_down() && !self.begun.borrow().contains(job) {
                self.begun.borrow_mut().push(job.clone());
                let (job, run) = (job.clone(), run.clone());
                let test = link.send(op);
                let _early = link.send(Op::Invoke { job, run, part: TEARDOWN, waits: true });
                return test.await;
            }
            link.send(op).await
        })
    }
}

pub(super) fn hasty_teardown() -> Box<dyn Mutant> {
    Box::new(Hasty::default())
}
