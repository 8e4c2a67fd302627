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
    ports::{Clock, PortError, ReadVerdicts, RecordVerdicts, Recorded, SettleJobs, Settled},
    verdict::{FailureKind, Report, Verdict},
};

/// Kept free at the end of an invocation for recording and sending the verdict (I17).
pub const RESERVE: SignedDuration = SignedDuration::from_secs(5);

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

/// How a delivery ended; for the log only, since the handler answers Ok in every case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivered {
    /// CodePipeline has this report, or has been told otherwise before.
    Settled(Report, Settled),
    /// The report had been sent by an earlier delivery.
    Repeated(Report),
    /// Somebody else reports.
    Deferred(String),
    /// CodePipeline could not be told; the record holds the report until a later delivery, or the sweep, sends it.
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
        match self.verdicts.standing(id).await {
            Ok(Some(recorded)) => self.send(id, recorded).await,
            Ok(None) => self.conclude(id, reach_verdict(self.clock, work, deadline).await).await,
            // Unreadable is not absent: doing the work might do it twice.
            Err(error) => self.conclude(id, Report::from(error).into()).await,
        }
    }

    async fn conclude(&self, id: &JobId, verdict: Verdict) -> Delivered {
        match verdict {
            Verdict::Deferred { why } => Delivered::Deferred(why),
            Verdict::Report(report) => match self.record(id, &report).await {
                Ok(standing) => self.send(id, standing).await,
                Err(error) => self.send_unrecorded(id, report, &error).await,
            },
        }
    }

    /// I8: a write whose reply was lost is resolved by the same conditional write, which answers what stands.
    async fn record(&self, id: &JobId, report: &Report) -> Result<Recorded, PortError> {
        match self.verdicts.record(id, report).await {
            Ok(standing) => Ok(standing),
            Err(_) => self.verdicts.record(id, report).await,
        }
    }

    /// I17: something is sent although the record cannot be written. I18: never a success.
    async fn send_unrecorded(&self, id: &JobId, report: Report, error: &PortError) -> Delivered {
        let report = match report {
            Report::Fail { .. } => report,
            Report::Succeed { .. } | Report::Continue { .. } => {
                let message =
                    format!("the work was done but its verdict could not be stored: {error}; retry the stage");
                Report::fail(FailureKind::SystemUnavailable, &message)
            }
        };
        match self.jobs.settle(id, &report).await {
            Ok(settled) => Delivered::Settled(report, settled),
            Err(error) => Delivered::Unsent(report, error),
        }
    }

    async fn send(&self, id: &JobId, Recorded { report, sent }: Recorded) -> Delivered {
        if sent {
            return Delivered::Repeated(report);
        }
        match self.jobs.settle(id, &report).await {
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
    let until = deadline.saturating_sub(RESERVE).unwrap_or(deadline);
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

fn panicked(panic: &(dyn Any + Send)) -> Report {
    let detail = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    let message = format!("the function panicked: {}; its log has more", detail.unwrap_or("no message"));
    Report::fail(FailureKind::JobFailed, &message)
}

fn overdue(deadline: Timestamp) -> Report {
    let message = format!("the work was not done {RESERVE:#} before the function's deadline of {deadline}");
    Report::fail(FailureKind::JobFailed, &message)
}
