//! CodePipeline's jobs, the records about them, and the functions that are tests.

use std::collections::{BTreeMap, BTreeSet};

use pipeline_core::{
    ids::{ExecutionId, JobId, Nonce},
    ports::{PortError, Recorded, Settled},
    start_tests::run::{Announced, Claim, Run, TestResult},
    verdict::{FailureKind, Report},
};

use super::open::Index;
use crate::{
    kit::{JOBS, Kit, OWN},
    op::{Op, Reply},
    rng::Rng,
};

/// All about jobs.
#[derive(Debug)]
pub(crate) struct Jobs {
    kit: Kit,
    /// The jobs of deliveries, by their nonces.
    pub(crate) nonces: BTreeMap<String, JobId>,
    pub(crate) verdicts: BTreeMap<JobId, Recorded>,
    pub(crate) announced: BTreeMap<(ExecutionId, JobId), Announced>,
    pub(crate) runs: BTreeMap<JobId, Run>,
    pub(crate) results: BTreeMap<(JobId, String), TestResult>,
    /// What was begun about jobs and not ended.
    pub(crate) open: Index,
    /// The jobs whose report artifact was written.
    pub(crate) written: BTreeSet<JobId>,
    /// The first report of each job.
    pub(crate) settled: BTreeMap<JobId, Report>,
    /// Tests that settle their jobs later.
    pub(crate) settling: Vec<JobId>,
}

impl Jobs {
    pub(super) fn new(kit: Kit) -> Self {
        Self {
            kit,
            nonces: BTreeMap::new(),
            verdicts: BTreeMap::new(),
            announced: BTreeMap::new(),
            runs: BTreeMap::new(),
            results: BTreeMap::new(),
            open: Index::default(),
            written: BTreeSet::new(),
            settled: BTreeMap::new(),
            settling: Vec::new(),
        }
    }

    pub(super) fn apply(&mut self, op: &Op, now: i64, lag: i64, rng: &mut Rng) -> Result<Reply, PortError> {
        match op {
            Op::Describe(name) => {
                let missing = || PortError::NotFound { what: format!("stack {name}") };
                self.kit.stack(name).map(|stack| Reply::Stack(Box::new(stack))).ok_or_else(missing)
            }
            Op::TestFile => Ok(Reply::Text(self.kit.test_file())),
            Op::Invoke { job, part, .. } => {
                if job.as_str() == OWN {
                    self.settling.push(job.clone());
                }
                Ok(Reply::Ran(self.kit.ending(part)))
            }
            Op::WriteReport(job) => {
                self.written.insert(job.clone());
                Ok(Reply::Done)
            }
            Op::Settle(job, report) => Ok(Reply::Settled(self.settle(job, report))),
            Op::Open { now: until, limit } => Ok(Reply::Open(self.open.find(*until, *limit, now, lag, rng))),
            Op::Close(open) => {
                self.open.remove(open, now);
                Ok(Reply::Done)
            }
            record => self.record(record, now),
        }
    }

    fn settle(&mut self, job: &JobId, report: &Report) -> Settled {
        let before = self.settled.contains_key(job);
        self.settled.entry(job.clone()).or_insert_with(|| report.clone());
        if before { Settled::Already } else { Settled::Accepted }
    }

    /// A test settles its job.
    pub(crate) fn settle_itself(&mut self, job: &JobId) {
        let report = match self.kit.own {
            None => return,
            Some(true) => Report::succeed("by the test", BTreeMap::new()),
            Some(false) => Report::fail(FailureKind::JobFailed, "by the test"),
        };
        let _answer = self.settle(job, &report);
    }

    /// CodePipeline waits no longer.
    pub(crate) fn time_out(&mut self) {
        for job in JOBS.iter().filter_map(|job| job.parse().ok()) {
            let _answer = self.settle(&job, &Report::fail(FailureKind::JobFailed, "timed out"));
        }
    }

    fn record(&mut self, op: &Op, now: i64) -> Result<Reply, PortError> {
        match op {
            Op::Standing(job) => Ok(standing(self.verdicts.get(job))),
            Op::Record(job, report) => {
                if !self.verdicts.contains_key(job) {
                    self.write_verdict(job, report, now);
                }
                Ok(standing(self.verdicts.get(job)))
            }
            Op::OverwriteVerdict(job, report) => {
                self.write_verdict(job, report, now);
                Ok(standing(self.verdicts.get(job)))
            }
            Op::MarkSent(job) => {
                if let Some(recorded) = self.verdicts.get_mut(job) {
                    recorded.sent = true;
                    self.open.remove(&pipeline_core::repair::ports::Open::Verdict(job.clone()), now);
                }
                Ok(Reply::Done)
            }
            Op::Run(job) => Ok(Reply::Run(self.runs.get(job).cloned().map(Box::new))),
            Op::Results(job) => Ok(Reply::Results(self.results_of(job))),
            Op::AllResults => Ok(Reply::Results(self.results.values().cloned().collect())),
            Op::Announce(execution, announced) => {
                let key = (execution.clone(), announced.job.clone());
                self.announced.entry(key).or_insert_with(|| (**announced).clone());
                Ok(Reply::Done)
            }
            Op::ClaimRun(run) => {
                if !self.runs.contains_key(&run.job) {
                    self.write_run(run, now);
                }
                Ok(Reply::Claim(Box::new(self.whose(&run.job, run.id))))
            }
            Op::OverwriteRun(run) => {
                self.write_run(run, now);
                Ok(Reply::Claim(Box::new(Claim::Ours)))
            }
            Op::RecordResult(job, result) => {
                let key = (job.clone(), result.test.to_string());
                self.results.entry(key).or_insert_with(|| (**result).clone());
                Ok(Reply::Done)
            }
            _ => Err(PortError::Unusable { what: "request".to_owned(), why: "nobody answers it".to_owned() }),
        }
    }

    fn write_verdict(&mut self, job: &JobId, report: &Report, now: i64) {
        self.verdicts.insert(job.clone(), Recorded { report: report.clone(), sent: false });
        self.open.verdict(job, now);
    }

    fn write_run(&mut self, run: &Run, now: i64) {
        self.runs.insert(run.job.clone(), run.clone());
        self.open.run(run, now);
    }

    fn whose(&self, job: &JobId, id: Nonce) -> Claim {
        match self.runs.get(job) {
            Some(standing) if standing.id != id => Claim::Theirs(Box::new(standing.clone())),
            _ => Claim::Ours,
        }
    }

    pub(crate) fn results_of(&self, job: &JobId) -> Vec<TestResult> {
        self.results.iter().filter(|((of, _), _)| of == job).map(|(_, result)| result.clone()).collect()
    }
}

fn standing(recorded: Option<&Recorded>) -> Reply {
    Reply::Standing(recorded.cloned().map(Box::new))
}
