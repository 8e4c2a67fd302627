//! The envelope: carries one delivery of a job from its event to its verdict.
//!
//! ```text
//! standing verdict? ── yes ──────────────────────────┐
//!        │ no                                        ▼
//!   parse → perform (panics caught, time limited) → record → send → note that it was sent
//! ```
//! The record decides (I16): what is sent is what stands in it after our conditional write, whoever wrote it.

use std::{any::Any, panic::AssertUnwindSafe};

use futures_util::{FutureExt, future::Either, pin_mut};
use jiff::{SignedDuration, Timestamp};

use crate::{
    ids::JobId,
    job::{Job, MalformedJob},
    ports::{Clock, PortError, ReadVerdicts, RecordVerdicts, Recorded, Retry, SettleJobs, Settled, patiently, within},
    verdict::{FailureKind, Report, Verdict},
};

/// Kept free at the end of an invocation for recording and sending the verdict (I17). The adapters bound each call to
/// a fraction of it.
pub const RESERVE: SignedDuration = SignedDuration::from_secs(5);

/// Of the reserve, what is kept for sending.
const SENDING: SignedDuration = SignedDuration::from_millis(2500);

/// Of the reserve, what is kept for nothing.
const LAST: SignedDuration = SignedDuration::from_millis(250);

/// What a function does with a job.
pub trait Action {
    /// Does the work and says how it ended. `until` is when the envelope gives up on it.
    fn perform(&self, job: &Job, until: Timestamp) -> impl Future<Output = Verdict>;
}

/// The ports that settling a job takes.
#[derive(Debug)]
pub struct Ports<'a, C, V, J> {
    /// Time.
    pub clock: &'a C,
    /// The record of verdicts.
    pub verdicts: &'a V,
    /// CodePipeline.
    pub jobs: &'a J,
}

/// How a delivery ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivered {
    /// CodePipeline has this report, or has been told otherwise before.
    Settled(Report, Settled),
    /// The report had been sent by an earlier delivery.
    Repeated(Report),
    /// Somebody else reports.
    Deferred(String),
    /// CodePipeline could not be told. The record, if that could be written, holds the report until a later delivery
    /// sends it.
    Unsent(Report, PortError),
}

impl<C: Clock, V: ReadVerdicts + RecordVerdicts, J: SettleJobs> Ports<'_, C, V, J> {
    /// Carries one delivery through. `work` is the parsed job with its action, or why there is none; `deadline` is
    /// when the invocation is killed.
    pub async fn deliver<A: Action>(
        &self,
        id: &JobId,
        work: Result<(Job, A), MalformedJob>,
        deadline: Timestamp,
    ) -> Delivered {
        let until = before(deadline, RESERVE);
        // Unreadable is not absent: doing the work might do it twice, and failing the job might fail another's.
        let standing = patiently(self.clock, until, Retry::Anything, async || self.verdicts.standing(id).await).await;
        match standing {
            Ok(Some(recorded)) => self.send(id, recorded, deadline).await,
            Ok(None) => {
                let verdict = reach_verdict(self.clock, work, deadline).await;
                self.conclude(id, verdict, deadline).await
            }
            Err(error) => self.conclude(id, Report::from(error).into(), deadline).await,
        }
    }

    async fn conclude(&self, id: &JobId, verdict: Verdict, deadline: Timestamp) -> Delivered {
        let report = match verdict {
            Verdict::Deferred { why } => return Delivered::Deferred(why),
            Verdict::Report(report) => report,
        };
        // I8: a write whose reply was lost is resolved by the same conditional write, which answers what stands.
        let until = before(deadline, SENDING);
        let recorded =
            patiently(self.clock, until, Retry::Anything, async || self.verdicts.record(id, &report).await).await;
        match recorded {
            Ok(standing) => self.send(id, standing, deadline).await,
            Err(error) => self.send_unrecorded(id, report, &error, deadline).await,
        }
    }

    /// I17: something is sent although the record stayed out of reach until the deadline, the one case in which I16
    /// rests on CodePipeline taking the first report only. I18: it is never a success. What was sent is recorded if that
    /// is possible by now, so that nobody comes to another verdict after us.
    async fn send_unrecorded(&self, id: &JobId, report: Report, error: &PortError, deadline: Timestamp) -> Delivered {
        let report = match report {
            Report::Fail { .. } => report,
            Report::Succeed { .. } | Report::Continue { .. } => {
                let message =
                    format!("the work was done but its verdict could not be stored: {error}; retry the stage");
                Report::fail(FailureKind::SystemUnavailable, &message)
            }
        };
        let settled = self.settle(id, &report, deadline).await;
        let recorded = within(self.clock, before(deadline, LAST), self.verdicts.record(id, &report)).await;
        if !matches!(recorded, Some(Ok(_))) {
            tracing::error!(job = %id, "the verdict was sent, but could not be recorded");
        }
        match settled {
            Ok(settled) => Delivered::Settled(report, settled),
            Err(error) => Delivered::Unsent(report, error),
        }
    }

    async fn send(&self, id: &JobId, Recorded { report, sent }: Recorded, deadline: Timestamp) -> Delivered {
        if sent {
            return Delivered::Repeated(report);
        }
        match self.settle(id, &report, deadline).await {
            Ok(settled) => {
                // Lost, this note costs one more report of the same verdict, which CodePipeline refuses.
                if let Err(error) = self.verdicts.mark_sent(id, settled).await {
                    tracing::warn!(job = %id, error = %error, "the verdict was sent, but not marked so");
                }
                Delivered::Settled(report, settled)
            }
            Err(error) => Delivered::Unsent(report, error),
        }
    }

    async fn settle(&self, id: &JobId, report: &Report, deadline: Timestamp) -> Result<Settled, PortError> {
        let until = before(deadline, SignedDuration::from_secs(1));
        patiently(self.clock, until, Retry::Anything, async || self.jobs.settle(id, report).await).await
    }
}

fn before(deadline: Timestamp, reserve: SignedDuration) -> Timestamp {
    deadline.saturating_sub(reserve).unwrap_or(deadline)
}

async fn reach_verdict<A: Action>(
    clock: &impl Clock,
    work: Result<(Job, A), MalformedJob>,
    deadline: Timestamp,
) -> Verdict {
    let (job, action) = match work {
        Ok(work) => work,
        Err(malformed) => return Report::misconfigured(&malformed.to_string()).into(),
    };
    let until = before(deadline, RESERVE);
    // I17: a panic and a lack of time end in a report like everything else.
    let performing = AssertUnwindSafe(action.perform(&job, until)).catch_unwind();
    let expiry = clock.sleep_until(until);
    pin_mut!(performing, expiry);
    match futures_util::future::select(performing, expiry).await {
        Either::Left((Ok(verdict), _)) => verdict,
        Either::Left((Err(panic), _)) => panicked(panic.as_ref()).into(),
        Either::Right(_) => overdue(deadline).into(),
    }
}

/// I26: only a message that stands in the code is repeated; one that was put together may hold anything.
fn panicked(panic: &(dyn Any + Send)) -> Report {
    let detail = panic.downcast_ref::<&'static str>().copied();
    let message = format!("the function panicked: {}; its log says where", detail.unwrap_or("for a reason of its own"));
    Report::fail(FailureKind::JobFailed, &message)
}

fn overdue(deadline: Timestamp) -> Report {
    let message = format!("the work was not done {RESERVE:#} before the function's deadline of {deadline}");
    Report::fail(FailureKind::JobFailed, &message)
}
