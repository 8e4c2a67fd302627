//! Writing the report that the action declares, with the job's own credentials.

use jiff::Timestamp;

use crate::{
    job::Job,
    ports::{Clock, Retry, patiently, within},
    start_tests::{ports::WriteReports, report::TestReport, verdict::Filed},
};

/// Writes it, and says where it is or why it is missing.
pub(super) async fn file(
    clock: &impl Clock,
    artifacts: &impl WriteReports,
    job: &Job,
    report: &TestReport,
    by: Timestamp,
) -> Filed {
    let Some(artifact) = job.outputs.first() else { return Filed::Undeclared };
    let write = async || artifacts.write_report(artifact, report).await;
    match within(clock, by, patiently(clock, by, Retry::Anything, write)).await {
        Some(Ok(())) => Filed::At(format!("s3://{}/{}", artifact.bucket, artifact.key)),
        Some(Err(error)) => Filed::Unwritten(error),
        None => Filed::Missing("it could not be written in time".to_owned()),
    }
}
