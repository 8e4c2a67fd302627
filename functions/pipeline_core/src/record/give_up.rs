//! A job whose event Lambda gave up on: nobody works on it any more.

use jiff::Timestamp;

use crate::{
    ids::JobId,
    ports::{Clock, PortError, ReadVerdicts, RecordVerdicts, Retry, SettleJobs, Settled, patiently},
    repair::send,
    start_tests::run::ReadRuns,
    verdict::{FailureKind, Report},
};

/// Fails it, with the ports that takes.
#[derive(Debug)]
pub struct GiveUp<'a, C, V, R, J> {
    /// Time.
    pub clock: &'a C,
    /// The record of verdicts.
    pub verdicts: &'a V,
    /// The record of runs.
    pub runs: &'a R,
    /// CodePipeline.
    pub jobs: &'a J,
}

/// What becomes of such a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// CodePipeline has been told, by us now or otherwise before.
    Settled(Settled),
    /// It has a verdict: repair sends that if nobody has.
    Stands,
    /// It has a run of tests: repair settles that when its owner is dead, as another delivery may be at it.
    Runs,
    /// It has our verdict, which repair sends, as CodePipeline could not be told now.
    Unsent(PortError),
}

impl<C, V, R, J> GiveUp<'_, C, V, R, J>
where
    C: Clock,
    V: ReadVerdicts + RecordVerdicts,
    R: ReadRuns,
    J: SettleJobs,
{
    /// Fails the job at once unless somebody else settles it. Nothing is sent that is not recorded (I16).
    ///
    /// # Errors
    /// The record stayed out of reach until `until`; the job hangs unless this is tried again.
    pub async fn settle(&self, job: &JobId, why: &str, until: Timestamp) -> Result<Fate, PortError> {
        let again = Retry::Anything;
        if patiently(self.clock, until, again, async || self.verdicts.standing(job).await).await?.is_some() {
            return Ok(Fate::Stands);
        }
        if patiently(self.clock, until, again, async || self.runs.run(job).await).await?.is_some() {
            return Ok(Fate::Runs);
        }
        let report = Report::fail(FailureKind::SystemUnavailable, why);
        let standing = patiently(self.clock, until, again, async || self.verdicts.record(job, &report).await).await?;
        if standing.report != report {
            return Ok(Fate::Stands);
        }
        Ok(send(self.verdicts, self.jobs, job, &report).await.map_or_else(Fate::Unsent, Fate::Settled))
    }
}
