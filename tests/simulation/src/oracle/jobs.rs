//! What is promised of jobs.

use std::collections::{BTreeMap, BTreeSet};

use pipeline_core::{
    drive::Delivered,
    ids::JobId,
    ports::PortError,
    start_tests::{answer::judge, run::Outcome},
    verdict::Report,
};

use super::{Checked, Oracle, ensure};
use crate::{
    cloud::{Cloud, TEST_NAMES},
    op::{Op, Reply},
    world::{Answered, World},
};

/// What happened about jobs.
#[derive(Debug, Default)]
pub(super) struct JobLedger {
    /// How often each test of each job was started.
    started: BTreeMap<(JobId, String), u32>,
    /// The report that was sent of each job, by whoever knew the record.
    sent: BTreeMap<JobId, Report>,
    /// What each delivery knows to be recorded.
    known: BTreeMap<usize, Report>,
    /// Tests whose answer was heard, and was a pass.
    passed: BTreeSet<(JobId, String)>,
}

impl JobLedger {
    pub(super) fn born(&mut self, actor: usize) {
        self.known.remove(&actor);
    }

    /// I19: a test is started once for each job.
    pub(super) fn applied(&mut self, op: &Op, _result: &Result<Reply, PortError>) -> Checked {
        let Op::Invoke { job, test, .. } = op else { return Ok(()) };
        let started = self.started.entry((job.clone(), test.clone())).or_default();
        *started += 1;
        ensure(*started == 1, "I19", || format!("{test} of job {job} is started again"))
    }

    pub(super) fn heard(&mut self, actor: usize, op: &Op, answered: &Answered) {
        if let (Op::Invoke { job, test, .. }, Ok(Reply::Answer(answer))) = (op, &answered.result)
            && judge(Ok(answer.clone())) == Outcome::Passed
        {
            self.passed.insert((job.clone(), test.clone()));
        }
        if let (Op::Standing(_) | Op::Record(..) | Op::OverwriteVerdict(..), Ok(Reply::Standing(Some(recorded)))) =
            (op, &answered.result)
        {
            self.known.insert(actor, recorded.report.clone());
        }
    }
}

impl Oracle {
    /// A delivery is about to report.
    pub(super) fn check_report(&mut self, cloud: &Cloud, actor: usize, op: &Op) -> Checked {
        let Op::Settle(job, report) = op else { return Ok(()) };
        if matches!(**report, Report::Succeed { .. }) {
            self.check_success(cloud, job)?;
        }
        let Some(known) = self.jobs.known.get(&actor) else {
            // The record stayed out of reach: the one case in which something else than what it says may be sent.
            let fails = matches!(**report, Report::Fail { .. });
            return ensure(fails, "I18", || format!("a success of job {job} that is not recorded"));
        };
        ensure(known == &**report, "I16", || format!("job {job}: {report:?} is sent, {known:?} is recorded"))?;
        let first = self.jobs.sent.entry(job.clone()).or_insert_with(|| (**report).clone());
        ensure(first == &**report, "I16", || format!("job {job}: {report:?} after {first:?}"))
    }

    /// I18: all tests are recorded as passed, for this job and run.
    fn check_success(&self, cloud: &Cloud, job: &JobId) -> Checked {
        let run = cloud.jobs.runs.get(job);
        for test in TEST_NAMES {
            let result = cloud.jobs.results.get(&(job.clone(), test.to_owned()));
            let passed = result
                .is_some_and(|result| result.outcome == Outcome::Passed && run.is_some_and(|run| run.id == result.run));
            let honest = self.jobs.passed.contains(&(job.clone(), test.to_owned()));
            ensure(passed && honest, "I18", || format!("job {job} succeeds without a pass of {test}: {result:?}"))?;
        }
        Ok(())
    }

    /// I17: a delivery that leaves the report to somebody else leaves it to a stored run.
    pub(crate) fn concluded(&mut self, world: &World, actor: usize, job: &JobId, end: &Delivered) {
        let stored = world.cloud.borrow().jobs.runs.contains_key(job);
        let deferred = matches!(end, Delivered::Deferred(_));
        let checked = ensure(!deferred || stored, "I17", || format!("delivery {actor} of {job} leaves it to nobody"));
        self.judge(checked);
    }
}
