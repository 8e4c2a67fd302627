//! Defects of what carries a job to its verdict.

use pipeline_core::ports::{PortError, Recorded};

use super::{Answer, Calling, Mutant, Who, answered, asking};
use crate::{
    link::Link,
    op::{Ending, Op, Reply},
};

pub(super) fn verdict_unconditioned() -> Box<dyn Mutant> {
    asking(Who::All, |op| match op {
        Op::Record(job, report) => Op::OverwriteVerdict(job, report),
        other => other,
    })
}

pub(super) fn run_unconditioned() -> Box<dyn Mutant> {
    asking(Who::All, |op| match op {
        Op::ClaimRun(run) => Op::OverwriteRun(run),
        other => other,
    })
}

pub(super) fn lost_test_passed() -> Box<dyn Mutant> {
    answered(Who::All, |op, answer| match (op, answer) {
        (Op::Invoke { .. }, Err(_)) => Ok(Reply::Ran(Ending::Passed)),
        (_, answer) => answer,
    })
}

pub(super) fn unrecorded() -> Box<dyn Mutant> {
    answered(Who::All, |op, answer| match (op, answer) {
        (Op::Record(_, report), Err(_)) => {
            Ok(Reply::Standing(Some(Box::new(Recorded { report: (**report).clone(), sent: false }))))
        }
        (_, answer) => answer,
    })
}

pub(super) fn result_lost() -> Box<dyn Mutant> {
    answered(Who::All, |op, answer| match op {
        Op::RecordResult(..) => Ok(Reply::Done),
        _ => answer,
    })
}

struct Repeating;

impl Mutant for Repeating {
    fn call<'a>(&'a self, link: Link<'a>, op: Op) -> Calling<'a> {
        Box::pin(async move {
            let again = matches!(op, Op::Invoke { .. }).then(|| op.clone());
            match (link.send(op).await, again) {
                (Err(PortError::Unavailable { .. }), Some(again)) => link.send(again).await,
                (answer, _) => answer,
            }
        })
    }
}

pub(super) fn test_repeated() -> Box<dyn Mutant> {
    Box::new(Repeating)
}

/// Results are kept by test, and not by job and run.
struct Mixed;

impl Mutant for Mixed {
    fn call<'a>(&'a self, link: Link<'a>, op: Op) -> Calling<'a> {
        Box::pin(async move {
            let Op::Results(job) = &op else { return link.send(op).await };
            let run = match link.send(Op::Run(job.clone())).await? {
                Reply::Run(Some(run)) => run.id,
                other => return Ok(other),
            };
            let answer: Answer = link.send(Op::AllResults).await;
            answer.map(|reply| match reply {
                Reply::Results(mut results) => {
                    for result in &mut results {
                        result.run = run;
                    }
                    Reply::Results(results)
                }
                other => other,
            })
        })
    }
}

pub(super) fn other_runs_results() -> Box<dyn Mutant> {
    Box::new(Mixed)
}
