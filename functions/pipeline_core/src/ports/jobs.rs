//! Jobs: the record of their verdicts, and CodePipeline itself.

use crate::{ids::JobId, ports::PortError, verdict::Report};

/// The verdict that stands for a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// What was, or is to be, reported.
    pub report: Report,
    /// Whether CodePipeline is known to have taken it, or to have been settled otherwise.
    pub sent: bool,
}

/// Reading the record of verdicts.
pub trait ReadVerdicts {
    /// The report that stands for this job, read consistently.
    fn standing(&self, job: &JobId) -> impl Future<Output = Result<Option<Recorded>, PortError>>;
}

/// Writing the record of verdicts.
pub trait RecordVerdicts {
    /// Writes the report unless one stands already, and returns the one that stands afterwards (I16).
    fn record(&self, job: &JobId, report: &Report) -> impl Future<Output = Result<Recorded, PortError>>;
    /// Notes how CodePipeline answered the standing report.
    fn mark_sent(&self, job: &JobId, answer: Settled) -> impl Future<Output = Result<(), PortError>>;
}

/// How CodePipeline answered a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// It took ours.
    Accepted,
    /// The job was settled before, by a test, by an earlier reply that got lost, or by its time-out (I20).
    Already,
}

/// CodePipeline, to which jobs are reported.
pub trait SettleJobs {
    /// Sends one report.
    fn settle(&self, job: &JobId, report: &Report) -> impl Future<Output = Result<Settled, PortError>>;
}
