//! Defects of what repairs jobs.

use pipeline_core::{
    ids::{JobId, Nonce, TestName},
    lease::due::later,
    ports::PortError,
    repair::ports::Open,
    start_tests::run::{Outcome, TestResult},
};

use super::{Answer, Calling, Edited, Mutant, Who, answered, asking, runs::run};
use crate::{
    cloud::at,
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

pub(super) fn repair_too_early() -> Box<dyn Mutant> {
    let ask = |op| match op {
        Op::Open { now, limit } => Op::Open { now: later(now, ms(EARLY)), limit },
        other => other,
    };
    Box::new(Edited { who: Who::Repairs, ask, answer: |_, answer| run(answer, |run| run.ends = at(BEGIN)) })
}

pub(super) fn throttled_teardown_is_started() -> Box<dyn Mutant> {
    answered(Who::Repairs, |op, answer| match (op, answer) {
        (Op::Invoke { .. }, Err(PortError::Throttled { .. })) => Ok(Reply::Ran(Ending::Passed)),
        (_, answer) => answer,
    })
}

/// What is recorded of the tear-down says that it ended, whatever it says.
pub(super) fn lost_teardown_is_torn_down() -> Box<dyn Mutant> {
    answered(Who::Repairs, |_, answer| {
        answer.map(|reply| match reply {
            Reply::Results(mut results) => {
                results.iter_mut().for_each(ended);
                Reply::Results(results)
            }
            other => other,
        })
    })
}

fn ended(result: &mut TestResult) {
    if let Outcome::Lost { message } = &result.outcome {
        result.outcome = Outcome::Failed { message: message.clone() };
    }
}

pub(super) fn report_not_expected() -> Box<dyn Mutant> {
    answered(Who::Repairs, |_, answer| run(answer, |run| run.report = false))
}

/// Some of what is open is never looked for again.
fn found(answer: Answer, is_seen: fn(&Open) -> bool) -> Answer {
    answer.map(|reply| match reply {
        Reply::Open(mut open) => {
            open.retain(|due| is_seen(&due.open));
            Reply::Open(open)
        }
        other => other,
    })
}

pub(super) fn runs_overlooked() -> Box<dyn Mutant> {
    answered(Who::Repairs, |_, answer| found(answer, |open| !matches!(open, Open::Run(_))))
}

pub(super) fn verdicts_overlooked() -> Box<dyn Mutant> {
    answered(Who::Repairs, |_, answer| found(answer, |open| !matches!(open, Open::Verdict(_))))
}

pub(super) fn verdict_overwritten() -> Box<dyn Mutant> {
    asking(Who::Repairs, |op| match op {
        Op::Record(job, report) => Op::OverwriteVerdict(job, report),
        other => other,
    })
}

/// Nothing is looked for again about the job.
async fn close(link: Link<'_>, job: &JobId) -> Result<(), PortError> {
    for open in [Open::Run(job.clone()), Open::Verdict(job.clone())] {
        link.send(Op::Close(open)).await?;
    }
    Ok(())
}

struct ClosedFirst;

impl Mutant for ClosedFirst {
    fn call<'a>(&'a self, link: Link<'a>, op: Op) -> Calling<'a> {
        Box::pin(async move {
            if let (true, Op::Settle(job, _)) = (repairs(link), &op) {
                close(link, job).await?;
            }
            link.send(op).await
        })
    }
}

pub(super) fn closed_before_sent() -> Box<dyn Mutant> {
    Box::new(ClosedFirst)
}

struct ClosedOnError;

impl Mutant for ClosedOnError {
    fn call<'a>(&'a self, link: Link<'a>, op: Op) -> Calling<'a> {
        Box::pin(async move {
            let settled = if let (true, Op::Settle(job, _)) = (repairs(link), &op) { Some(job.clone()) } else { None };
            let answer = link.send(op).await;
            if let (Some(job), Err(_)) = (settled, &answer) {
                close(link, &job).await?;
            }
            answer
        })
    }
}

pub(super) fn closed_on_error() -> Box<dyn Mutant> {
    Box::new(ClosedOnError)
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
