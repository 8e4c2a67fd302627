//! One run: finds what is open, and ends what it can.

use futures_util::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};

use crate::{
    ids::JobId,
    ports::{Clock, PortError, ReadVerdicts, RecordVerdicts, Recorded, SettleJobs, Settled},
    repair::{
        due::is_hopeless,
        ports::{CloseOpen, Due, FindOpen, Open},
        report::{Entry, Outcome, RepairReport},
        send,
    },
    start_tests::{
        ports::ReachSites,
        report::TestReport,
        run::{ReadRuns, Run},
        settle::{settle_late, tear_down_late},
        verdict::Filed,
    },
    verdict::Report,
};

/// Repair, with the ports it takes. It works in every mode of sweep (I13).
#[derive(Debug)]
pub struct Repair<'a, C, O, V, J, R, S> {
    /// Time.
    pub clock: &'a C,
    /// What is open.
    pub open: &'a O,
    /// The record of verdicts.
    pub verdicts: &'a V,
    /// CodePipeline.
    pub jobs: &'a J,
    /// The record of runs.
    pub runs: &'a R,
    /// The accounts and regions of the runs.
    pub sites: &'a S,
}

/// How many are looked at in one run.
pub const BATCH: usize = 1000;
/// How many at once.
const WIDTH: usize = 8;

/// What every run calls: the index.
pub const CALLS_TO_BEGIN: usize = 1;
/// What a run of tests takes that has a verdict, which is almost every one: the verdict, the run, the closing. With a
/// tear-down, its results too.
pub const CALLS_TO_CLOSE_A_RUN: usize = 3;
/// What a run of tests takes that has none: the verdict, the run, its results, the record, the report, the note that it was
/// sent, the closing. With a tear-down that has no result, two more that start it.
pub const CALLS_TO_SETTLE_A_RUN: usize = 7;
/// What a verdict takes that was not sent: the verdict, the report, the note.
pub const CALLS_TO_SEND_A_VERDICT: usize = 3;

/// What those take at most that were begun: their calls are few and have short limits.
const FINISHING: SignedDuration = SignedDuration::from_secs(30);
/// How long one run of tests may wait for what is throttled.
const WAITING: SignedDuration = SignedDuration::from_secs(10);

/// What was done, and more about it.
type Done = (Outcome, Option<String>);

/// Nothing was left to do.
const NOTHING: Done = (Outcome::Closed, None);

/// Why something is still open.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error(transparent)]
    Port(#[from] PortError),
    #[error("{0}")]
    Unread(String),
}

impl<C, O, V, J, R, S> Repair<'_, C, O, V, J, R, S>
where
    C: Clock,
    O: FindOpen + CloseOpen,
    V: ReadVerdicts + RecordVerdicts,
    J: SettleJobs,
    R: ReadRuns,
    S: ReachSites,
{
    /// One run, which begins nothing any more from shortly before `until` on.
    pub async fn run(&self, until: Timestamp) -> RepairReport {
        let at = self.clock.now();
        let report = RepairReport { at, read_only: None, more: false, entries: vec![] };
        let due = match self.open.open(at, BATCH).await {
            Ok(due) => due,
            Err(error) => return RepairReport { read_only: Some(error.to_string()), ..report },
        };
        let begins_until = until.saturating_sub(FINISHING).unwrap_or(Timestamp::MIN);
        let looks = stream::iter(&due).map(|due| self.look(due, begins_until));
        let entries: Vec<Entry> = looks.buffered(WIDTH).collect().await;
        let left = entries.iter().any(|entry| entry.outcome == Outcome::Left);
        RepairReport { more: left || due.len() >= BATCH, entries, ..report }
    }

    /// None hides another: what goes wrong with one is said of it alone.
    async fn look(&self, due: &Due, begins_until: Timestamp) -> Entry {
        if self.clock.now() >= begins_until {
            return Entry::new(due, Outcome::Left, None);
        }
        let done = match &due.open {
            Open::Run(job) => self.end_run(job).await,
            Open::Verdict(job) => self.end_verdict(job).await,
        };
        match done {
            Ok((outcome, detail)) => Entry::new(due, outcome, detail),
            Err(trouble) if is_hopeless(due, self.clock.now()) => self.give_up(due, &trouble).await,
            Err(trouble) => Entry::new(due, Outcome::Failed, Some(trouble.to_string())),
        }
    }

    async fn give_up(&self, due: &Due, trouble: &Trouble) -> Entry {
        match self.open.close(&due.open).await {
            Ok(()) => Entry::new(due, Outcome::GivenUp, Some(trouble.to_string())),
            Err(error) => Entry::new(due, Outcome::Failed, Some(format!("{trouble}; {error}"))),
        }
    }

    async fn end_verdict(&self, job: &JobId) -> Result<Done, Trouble> {
        match self.verdicts.standing(job).await? {
            Some(Recorded { report, sent: false }) => self.send(job, &report).await,
            // The index lags behind.
            Some(Recorded { sent: true, .. }) => {
                self.open.close(&Open::Verdict(job.clone())).await?;
                Ok(NOTHING)
            }
            None => Ok(NOTHING),
        }
    }

    async fn end_run(&self, job: &JobId) -> Result<Done, Trouble> {
        let open = Open::Run(job.clone());
        let standing = self.verdicts.standing(job).await?;
        let Some(run) = self.runs.run(job).await? else { return Ok(NOTHING) };
        if self.clock.now() < run.ends {
            return Ok((Outcome::Alive, Some(format!("its owner settles it until {}", run.ends))));
        }
        // A verdict that was not sent is open itself.
        if standing.is_some() {
            let untidy = self.tidy(&run).await?;
            self.open.close(&open).await?;
            return Ok(untidy.map_or(NOTHING, |why| (Outcome::Failed, Some(why))));
        }
        let done = self.settle(&run).await?;
        self.open.close(&open).await?;
        Ok(done)
    }

    /// I18: from what is recorded alone; and nothing is sent that is not.
    async fn settle(&self, run: &Run) -> Result<Done, Trouble> {
        let filed =
            async |_: &TestReport| Filed::Missing("the function that ran the tests came to an end before".into());
        let late = settle_late(self.clock, self.runs, self.sites, run, filed, self.waits_until()).await;
        let report = late.map_err(|unread| Trouble::Unread(words(&unread).to_owned()))?;
        let standing = self.verdicts.record(&run.job, &report).await?;
        if standing.sent {
            return Ok((Outcome::SettledBefore, None));
        }
        self.send(&run.job, &standing.report).await
    }

    /// The verdict may have come without the tear-down: from a delivery that ran out of time, or was killed. It was started
    /// or could not be by another try; then what is left behind is said once.
    async fn tidy(&self, run: &Run) -> Result<Option<String>, Trouble> {
        if run.teardown.is_none() {
            return Ok(None);
        }
        let results = self.runs.results(&run.job).await?;
        match tear_down_late(self.clock, self.sites, run, &results, self.waits_until()).await {
            Ok(()) => Ok(None),
            Err(error @ (PortError::Throttled { .. } | PortError::Unavailable { .. })) => Err(error.into()),
            Err(error) => Ok(Some(format!("the tear-down could not be started: {error}"))),
        }
    }

    async fn send(&self, job: &JobId, standing: &Report) -> Result<Done, Trouble> {
        let outcome = match send(self.verdicts, self.jobs, job, standing).await? {
            Settled::Accepted => Outcome::Settled,
            Settled::Already => Outcome::SettledBefore,
        };
        Ok((outcome, Some(words(standing).to_owned())))
    }

    fn waits_until(&self) -> Timestamp {
        self.clock.now().saturating_add(WAITING).unwrap_or(Timestamp::MAX)
    }
}

/// What a report says to people.
fn words(report: &Report) -> &str {
    match report {
        Report::Succeed { summary, .. } | Report::Continue { summary, .. } => summary,
        Report::Fail { message, .. } => message,
    }
}
