//! Writing the report that the action declares, with the job's own credentials.

use jiff::{SignedDuration, Timestamp};

use crate::{
    job::Job,
    ports::{Clock, Retry, patiently, within},
    start_tests::{ports::WriteReports, report::TestReport, time::later, verdict::Filed},
};

/// How long a verdict waits for its report, however early the tests ended.
const PATIENCE: SignedDuration = SignedDuration::from_secs(60);

/// Writes it, and says where it is or why it is missing.
pub(super) async fn file(
    clock: &impl Clock,
    artifacts: &impl WriteReports,
    job: &Job,
    report: &TestReport,
    by: Timestamp,
) -> Filed {
    let Some(artifact) = job.outputs.first() else { return Filed::Undeclared };
    let by = by.min(later(clock.now(), PATIENCE));
    let write = async || artifacts.write_report(artifact, report).await;
    match within(clock, by, patiently(clock, by, Retry::Anything, write)).await {
        Some(Ok(())) => Filed::At(format!("s3://{}/{}", artifact.bucket, artifact.key)),
        Some(Err(error)) => Filed::Unwritten(error),
        None => Filed::Missing("it could not be written in time".to_owned()),
    }
}
