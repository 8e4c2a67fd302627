//! Defects of what runs the tests of a job.

use std::cell::{Cell, RefCell};

use pipeline_core::{
    ids::JobId,
    lease::due::later,
    ports::{PortError, Settled},
    start_tests::run::{Claim, Outcome, Run},
};

use super::{Answer, Calling, Mutant, Who, answered, asking};
use crate::{
    cloud::at,
    kit::{SETUP, TEARDOWN},
    link::Link,
    op::{Ending, Op, Reply},
    scenario::{MARGIN, ms},
    world::BEGIN,
};

/// The run that stands looks otherwise.
pub(super) fn run(answer: Answer, edit: impl FnOnce(&mut Run)) -> Answer {
    answer.map(|reply| match reply {
        Reply::Run(Some(mut run)) => {
            edit(&mut run);
            Reply::Run(Some(run))
        }
        other => other,
    })
}

/// A redelivery takes the run's owner for dead.
pub(super) fn owner_taken_for_dead() -> Box<dyn Mutant> {
    answered(Who::Deliveries, |_, answer| run(answer, |run| run.ends = at(BEGIN)))
}

/// A redelivery goes by its own clock.
pub(super) fn no_margin_after_the_end() -> Box<dyn Mutant> {
    answered(Who::Deliveries, |_, answer| run(answer, |run| run.ends = later(run.ends, ms(-MARGIN))))
}

/// The owner takes more time than the run says that it has.
pub(super) fn owner_outlives_its_run() -> Box<dyn Mutant> {
    asking(Who::Deliveries, |op| match op {
        Op::ClaimRun(mut run) => {
            (run.deadline, run.ends) = (run.began, run.began);
            Op::ClaimRun(run)
        }
        other => other,
    })
}

pub(super) fn unwritten_report_is_written() -> Box<dyn Mutant> {
    answered(Who::All, |op, answer| if matches!(op, Op::WriteReport(_)) { Ok(Reply::Done) } else { answer })
}

pub(super) fn unannounced_is_announced() -> Box<dyn Mutant> {
    answered(Who::All, |op, answer| if matches!(op, Op::Announce(..)) { Ok(Reply::Done) } else { answer })
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

pub(super) fn their_claim_is_ours() -> Box<dyn Mutant> {
    answered(Who::All, |op, answer| match op {
        Op::ClaimRun(_) if answer.is_ok() => Ok(Reply::Claim(Box::new(Claim::Ours))),
        _ => answer,
    })
}

/// Whoever could not claim leaves the job to somebody else.
pub(super) fn failed_claim_is_theirs() -> Box<dyn Mutant> {
    answered(Who::All, |op, answer| match op {
        Op::ClaimRun(run) if answer.is_err() => Ok(Reply::Claim(Box::new(Claim::Theirs(run.clone())))),
        _ => answer,
    })
}

pub(super) fn refusal_is_trouble() -> Box<dyn Mutant> {
    answered(Who::All, |_, answer| match answer {
        Ok(Reply::Settled(Settled::Already)) => {
            Err(PortError::Unavailable { operation: "settle".to_owned(), detail: "refused".to_owned() })
        }
        answer => answer,
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

/// The tests begin with the set-up.
struct Unprepared;

impl Mutant for Unprepared {
    fn call<'a>(&'a self, link: Link<'a>, op: Op) -> Calling<'a> {
        Box::pin(async move {
            let setup = matches!(op, Op::Invoke { part: SETUP, .. });
            let sent = link.send(op);
            if setup { Ok(Reply::Ran(Ending::Passed)) } else { sent.await }
        })
    }
}

pub(super) fn setup_not_awaited() -> Box<dyn Mutant> {
    Box::new(Unprepared)
}

struct MarkedFirst;

impl Mutant for MarkedFirst {
    fn call<'a>(&'a self, link: Link<'a>, op: Op) -> Calling<'a> {
        Box::pin(async move {
            if let Op::Settle(job, _) = &op {
                link.send(Op::MarkSent(job.clone())).await?;
            }
            link.send(op).await
        })
    }
}

pub(super) fn marked_before_sent() -> Box<dyn Mutant> {
    Box::new(MarkedFirst)
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
