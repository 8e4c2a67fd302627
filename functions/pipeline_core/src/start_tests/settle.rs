//! The settlement of a run whose owner is dead: from what it recorded, by a redelivery of the job's event or by repair.

use jiff::{SignedDuration, Timestamp};

use crate::{
    ids::TestName,
    ports::{Clock, PortError, Retry, patiently, within},
    start_tests::{
        params::Reporting,
        payload::payload,
        ports::{InvokeTests as _, ReachSites},
        report::{TestReport, report},
        run::{Fixture, Outcome, ReadRuns, Run, TestResult, UNPREPARED},
        time::later,
        verdict::{Filed, verdict},
    },
    verdict::Report,
};

/// How long starting the tear-down is tried, so that the verdict need not wait longer for it.
const STARTING: SignedDuration = SignedDuration::from_secs(60);

/// What is known of a part that nobody recorded.
const UNKNOWN: &str = "what ran the tests came to an end before it was known";

/// What came of a run that somebody else settles than its owner.
#[derive(Debug)]
pub struct Late {
    /// The verdict.
    pub report: Report,
    /// Why the tear-down that was missing was not started.
    pub untidy: Option<Untidy>,
}

/// Why a tear-down was not started, or may not have been.
#[derive(Debug, thiserror::Error)]
#[error("the tear-down could not be started: {error}")]
pub struct Untidy {
    /// What went wrong.
    pub error: PortError,
    /// Whether it surely was not, and another try may start it.
    pub again: bool,
}

/// The report of a run that is past its end. A tear-down that nobody knows to have run is started once more, and the run
/// does not pass: nobody knows whether it cleared up (I18). `file` writes the report, and is asked only when the action
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
) -> Result<Late, Report> {
    let recorded = patiently(clock, until, Retry::Anything, async || runs.results(&run.job).await).await?;
    let torn_down = tear_down_late(clock, sites, run, &recorded, until).await;
    let results = presumed(run, &recorded, &torn_down);
    let filed = if run.report { file(&report(run, &results)).await } else { Filed::Undeclared };
    Ok(Late { report: verdict(run, &results, &filed), untidy: torn_down.err() })
}

/// Starts the run's tear-down without waiting for it, if it has one and none of `results` says how it ended. Whoever
/// settles a run late does so, and may have to more than once: a tear-down must bear being run again.
///
/// # Errors
/// It was not started until `until`, or for a minute, or nobody knows.
pub async fn tear_down_late(
    clock: &impl Clock,
    sites: &impl ReachSites,
    run: &Run,
    results: &[TestResult],
    until: Timestamp,
) -> Result<(), Untidy> {
    let Some(Fixture { name, function }) = not_torn_down(run, results) else { return Ok(()) };
    let by = until.min(later(clock.now(), STARTING));
    let reach = patiently(clock, by, Retry::Anything, async || sites.reach(&run.site, &run.job).await);
    let stage = in_time(clock, by, reach).await.map_err(unreached)?;
    let payload = payload(run, name);
    let start = patiently(clock, by, Retry::Throttled, async || stage.start(function, &payload).await);
    in_time(clock, by, start).await.map_err(unstarted)
}

/// A connection that says nothing keeps nobody waiting for longer.
async fn in_time<T>(
    clock: &impl Clock,
    by: Timestamp,
    work: impl Future<Output = Result<T, PortError>>,
) -> Result<T, PortError> {
    let silent = || {
        let (operation, detail) = ("start the tear-down".to_owned(), "no answer in time".to_owned());
        Err(PortError::Unavailable { operation, detail })
    };
    within(clock, by, work).await.unwrap_or_else(silent)
}

/// Nothing was started by whoever did not get there.
fn unreached(error: PortError) -> Untidy {
    Untidy { again: matches!(error, PortError::Throttled { .. } | PortError::Unavailable { .. }), error }
}

/// What did not answer may have started it.
fn unstarted(error: PortError) -> Untidy {
    Untidy { again: matches!(error, PortError::Throttled { .. }), error }
}

/// A test that settles the job itself knows no tear-down. One whose answer was lost may not even have begun.
fn not_torn_down<'r>(run: &'r Run, results: &[TestResult]) -> Option<&'r Fixture> {
    let ended = |fixture: &&Fixture| run.result(results, &fixture.name).is_some_and(|result| lost(result).is_none());
    let teardown = run.teardown.as_ref().filter(|_| run.reporting == Reporting::Auto);
    teardown.filter(|fixture| !ended(fixture))
}

fn lost(result: &TestResult) -> Option<&str> {
    match &result.outcome {
        Outcome::Lost { message } => Some(message),
        _ => None,
    }
}

/// What is recorded of all parts, and what follows for the others: it was their owner that did not live to say more.
fn presumed(run: &Run, recorded: &[TestResult], torn_down: &Result<(), Untidy>) -> Vec<TestResult> {
    let missing = not_torn_down(run, recorded).map(|fixture| &fixture.name);
    let part = |name: &TestName| {
        let known = run.result(recorded, name);
        if missing == Some(name) {
            return presume(run, name, Outcome::Lost { message: started_again(known, torn_down) });
        }
        known.cloned().unwrap_or_else(|| presume(run, name, unrecorded(run, recorded)))
    };
    run.parts().map(part).collect()
}

fn presume(run: &Run, part: &TestName, outcome: Outcome) -> TestResult {
    TestResult { test: part.clone(), run: run.id, millis: 0, log: None, outcome }
}

/// Without its set-up no test is started.
fn unrecorded(run: &Run, recorded: &[TestResult]) -> Outcome {
    let setup = run.setup.as_ref().and_then(|fixture| run.result(recorded, &fixture.name));
    match setup {
        Some(setup) if setup.outcome != Outcome::Passed => Outcome::Skipped { message: UNPREPARED.to_owned() },
        _ => Outcome::Lost { message: UNKNOWN.to_owned() },
    }
}

fn started_again(known: Option<&TestResult>, torn_down: &Result<(), Untidy>) -> String {
    let known = known.and_then(lost).unwrap_or(UNKNOWN);
    match torn_down {
        Ok(()) => format!("{known}; it was started again"),
        Err(Untidy { error, .. }) => format!("{known}; it could not be started again: {error}"),
    }
}
