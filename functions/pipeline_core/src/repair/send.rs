//! Sending what stands.

use crate::{
    ids::JobId,
    ports::{PortError, RecordVerdicts, SettleJobs, Settled},
    verdict::Report,
};

/// Sends the report that stands for the job and notes the answer, one attempt each. What fails stays open: sent again, it is
/// the same report, which CodePipeline refuses if it had taken it (I16, I20).
pub(crate) async fn send(
    verdicts: &impl RecordVerdicts,
    jobs: &impl SettleJobs,
    job: &JobId,
    standing: &Report,
) -> Result<Settled, PortError> {
    let settled = jobs.settle(job, standing).await?;
    verdicts.mark_sent(job, settled).await?;
    Ok(settled)
}
