//! The settlement of a run whose owner is dead: from what it recorded, by a redelivery of the job's event or by repair.

use jiff::{SignedDuration, Timestamp};

use crate::{
    ids::TestName,
    ports::{Clock, PortError, Retry, patiently},
    start_tests::{
        params::Reporting,
        payload::payload,
        ports::{InvokeTests as _, ReachSites},
        report::{TestReport, report},
        run::{Fixture, Outcome, ReadRuns, Run, TestResult},
        time::later,
        verdict::{Filed, verdict},
    },
    verdict::Report,
};

/// How long starting the tear-down is tried, so that the verdict need not wait longer for it.
const STARTING: SignedDuration = SignedDuration::from_secs(60);

/// The report of a run that is past its end. A tear-down that has no recorded result is started once more, and the run does
/// not pass: nobody knows whether it cleared up (I18). `file` writes the report, and is asked only when the action
/// declares one.
///
/// # Errors
/// The results could not be read until `until`; nothing was done.
pub async fn settle_late(
    clock: &impl Clock,
    runs: &impl ReadRuns,
    sites: &impl ReachSites,
    run: &Run,
    file: impl AsyncFnOnce(&TestReport) -> Filed,
    until: Timestamp,
) -> Result<Report, Report> {
    let mut results = patiently(clock, until, Retry::Anything, async || runs.results(&run.job).await).await?;
    if let Some(missing) = not_torn_down(run, &results) {
        let message = match tear_down_late(clock, sites, run, &results, until).await {
            Ok(()) => "it never answered, and was started again".to_owned(),
            Err(error) => format!("it never answered, and could not be started again: {error}"),
        };
        results.push(lost(run, &missing.name, message));
    }
    let filed = if run.report { file(&report(run, &results)).await } else { Filed::Undeclared };
    Ok(verdict(run, &results, &filed))
}

/// Starts the run's tear-down without waiting for it, if it has one and none of `results` is its. Whoever settles a run
/// late does so, so it must bear being run more than once.
///
/// # Errors
/// It could not be started until `until`, or for a minute.
pub async fn tear_down_late(
    clock: &impl Clock,
    sites: &impl ReachSites,
    run: &Run,
    results: &[TestResult],
    until: Timestamp,
) -> Result<(), PortError> {
    let Some(Fixture { name, function }) = not_torn_down(run, results) else { return Ok(()) };
    let by = until.min(later(clock.now(), STARTING));
    let stage = patiently(clock, by, Retry::Anything, async || sites.reach(&run.site, &run.job).await).await?;
    let payload = payload(run, name);
    patiently(clock, by, Retry::Throttled, async || stage.start(function, &payload).await).await
}

/// A test that settles the job itself knows no tear-down.
fn not_torn_down<'r>(run: &'r Run, results: &[TestResult]) -> Option<&'r Fixture> {
    let teardown = run.teardown.as_ref().filter(|_| run.reporting == Reporting::Auto);
    teardown.filter(|fixture| run.result(results, &fixture.name).is_none())
}

fn lost(run: &Run, part: &TestName, message: String) -> TestResult {
    TestResult { test: part.clone(), run: run.id, millis: 0, log: None, outcome: Outcome::Lost { message } }
}
