//! One run: finds what is open, and ends what it can.

use futures_util::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};

use crate::{
    ids::JobId,
    ports::{Clock, PortError, ReadVerdicts, RecordVerdicts, Recorded, SettleJobs, Settled, within},
    repair::{
        due::{is_hopeless, is_too_late},
        ports::{CloseOpen, Due, FindOpen, Open},
        report::{Entry, Outcome, RepairReport},
        send,
    },
    start_tests::{
        ports::ReachSites,
        report::TestReport,
        run::{ReadRuns, Run},
        settle::{Untidy, settle_late, tear_down_late},
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

/// What one may take that was begun. A call that hangs holds up no other for longer.
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
    #[error(transparent)]
    Untidy(#[from] Untidy),
    #[error("{0}")]
    Unread(String),
    #[error("it was not done within {FINISHING:#}")]
    Late,
}

impl Trouble {
    /// What comes of it when it is not tried again.
    fn ends(&self, due: &Due, now: Timestamp) -> Option<Outcome> {
        match self {
            Self::Untidy(_) => is_too_late(due, now).then_some(Outcome::LeftBehind),
            Self::Port(_) | Self::Unread(_) | Self::Late => is_hopeless(due, now).then_some(Outcome::GivenUp),
        }
    }
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
        let looks = stream::iter(due.iter().enumerate())
            .map(async |(place, due)| (place, self.look(due, begins_until).await))
            .buffer_unordered(WIDTH);
        let mut entries: Vec<(usize, Entry)> = looks.collect().await;
        entries.sort_unstable_by_key(|(place, _)| *place);
        let entries: Vec<Entry> = entries.into_iter().map(|(_, entry)| entry).collect();
        let left = entries.iter().any(|entry| entry.outcome == Outcome::Left);
        RepairReport { more: left || due.len() >= BATCH, entries, ..report }
    }

    /// None hides another: what goes wrong with one is said of it alone.
    async fn look(&self, due: &Due, begins_until: Timestamp) -> Entry {
        if self.clock.now() >= begins_until {
            return Entry::new(due, Outcome::Left, None);
        }
        let done = within(self.clock, self.by(FINISHING), self.end(&due.open)).await;
        match done.unwrap_or(Err(Trouble::Late)) {
            Ok((outcome, detail)) => Entry::new(due, outcome, detail),
            Err(trouble) => match trouble.ends(due, self.clock.now()) {
                Some(outcome) => self.give_up(due, outcome, &trouble).await,
                None => Entry::new(due, Outcome::Failed, Some(trouble.to_string())),
            },
        }
    }

    async fn end(&self, open: &Open) -> Result<Done, Trouble> {
        match open {
            Open::Run(job) => self.end_run(job).await,
            Open::Verdict(job) => self.end_verdict(job).await,
        }
    }

    async fn give_up(&self, due: &Due, outcome: Outcome, trouble: &Trouble) -> Entry {
        match self.open.close(&due.open).await {
            Ok(()) => Entry::new(due, outcome, Some(trouble.to_string())),
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
        if self.clock.now() < run.orphaned_at() {
            return Ok((Outcome::Alive, Some(format!("its owner settles it until {}", run.ends))));
        }
        // A verdict that was not sent is open itself.
        let (done, untidy) =
            if standing.is_some() { (self.tidy(&run).await?, None) } else { self.settle(&run).await? };
        // With its verdict the run is only open for its tear-down.
        if !untidy.is_some_and(|untidy| untidy.again) {
            self.open.close(&open).await?;
        }
        Ok(done)
    }

    /// I18: from what is recorded alone; and nothing is sent that is not.
    async fn settle(&self, run: &Run) -> Result<(Done, Option<Untidy>), Trouble> {
        let filed =
            async |_: &TestReport| Filed::Missing("the function that ran the tests came to an end before".into());
        let late = settle_late(self.clock, self.runs, self.sites, run, filed, self.by(WAITING)).await;
        let late = late.map_err(|unread| Trouble::Unread(words(&unread).to_owned()))?;
        let standing = self.verdicts.record(&run.job, &late.report).await?;
        let done =
            if standing.sent { (Outcome::SettledBefore, None) } else { self.send(&run.job, &standing.report).await? };
        Ok((done, late.untidy))
    }

    /// The verdict may have come without the tear-down: from a delivery that ran out of time, or was killed, or whose call
    /// was lost. What surely was not started is tried again; otherwise what may be left behind is said once.
    async fn tidy(&self, run: &Run) -> Result<Done, Trouble> {
        if run.teardown.is_none() {
            return Ok(NOTHING);
        }
        let read = self.runs.results(&run.job).await;
        let results = read.map_err(|error| Untidy { error, again: true })?;
        match tear_down_late(self.clock, self.sites, run, &results, self.by(WAITING)).await {
            Ok(()) => Ok(NOTHING),
            Err(untidy) if untidy.again => Err(untidy.into()),
            Err(untidy) => Ok((Outcome::LeftBehind, Some(untidy.to_string()))),
        }
    }

    async fn send(&self, job: &JobId, standing: &Report) -> Result<Done, Trouble> {
        let outcome = match send(self.verdicts, self.jobs, job, standing).await? {
            Settled::Accepted => Outcome::Settled,
            Settled::Already => Outcome::SettledBefore,
        };
        Ok((outcome, Some(words(standing).to_owned())))
    }

    fn by(&self, time: SignedDuration) -> Timestamp {
        self.clock.now().saturating_add(time).unwrap_or(Timestamp::MAX)
    }
}

/// What a report says to people.
fn words(report: &Report) -> &str {
    match report {
        Report::Succeed { summary, .. } | Report::Continue { summary, .. } => summary,
        Report::Fail { message, .. } => message,
    }
}
