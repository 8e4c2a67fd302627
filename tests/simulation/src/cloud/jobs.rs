//! CodePipeline's jobs, the records about them, and the functions that are tests.

use std::collections::BTreeMap;

use pipeline_core::{
    ids::JobId,
    ports::{PortError, Recorded, Settled, Stack},
    start_tests::{
        ports::Answer,
        run::{Claim, Run, TestResult},
    },
    verdict::Report,
};
use serde_json::json;

use crate::op::{Op, Reply};

/// The tests of every job.
pub(crate) const TEST_NAMES: [&str; 2] = ["TestFunctionA", "TestFunctionB"];

/// All about jobs.
#[derive(Debug, Default)]
pub(crate) struct Jobs {
    pub(crate) verdicts: BTreeMap<JobId, Recorded>,
    pub(crate) runs: BTreeMap<JobId, Run>,
    pub(crate) results: BTreeMap<(JobId, String), TestResult>,
    /// The first report of each job.
    pub(crate) settled: BTreeMap<JobId, Report>,
    /// Which tests fail.
    pub(crate) failing: Vec<String>,
}

impl Jobs {
    pub(super) fn apply(&mut self, op: &Op) -> Result<Reply, PortError> {
        match op {
            Op::Describe => Ok(Reply::Stack(Box::new(stage()))),
            Op::Standing(job) => Ok(Reply::Standing(self.verdicts.get(job).cloned().map(Box::new))),
            Op::Record(job, report) => {
                let fresh = Recorded { report: (**report).clone(), sent: false };
                let standing = self.verdicts.entry(job.clone()).or_insert(fresh).clone();
                Ok(Reply::Standing(Some(Box::new(standing))))
            }
            Op::OverwriteVerdict(job, report) => {
                let fresh = Recorded { report: (**report).clone(), sent: false };
                self.verdicts.insert(job.clone(), fresh.clone());
                Ok(Reply::Standing(Some(Box::new(fresh))))
            }
            Op::MarkSent(job) => {
                if let Some(recorded) = self.verdicts.get_mut(job) {
                    recorded.sent = true;
                }
                Ok(Reply::Done)
            }
            Op::Run(job) => Ok(Reply::Run(self.runs.get(job).cloned().map(Box::new))),
            Op::Results(job) => Ok(Reply::Results(self.results_of(job))),
            Op::AllResults => Ok(Reply::Results(self.results.values().cloned().collect())),
            Op::ClaimRun(run) => {
                let standing = self.runs.entry(run.job.clone()).or_insert_with(|| (**run).clone());
                let claim = if standing.id == run.id { Claim::Ours } else { Claim::Theirs(standing.clone()) };
                Ok(Reply::Claim(Box::new(claim)))
            }
            Op::OverwriteRun(run) => {
                self.runs.insert(run.job.clone(), (**run).clone());
                Ok(Reply::Claim(Box::new(Claim::Ours)))
            }
            Op::RecordResult(job, result) => {
                let key = (job.clone(), result.test.to_string());
                self.results.entry(key).or_insert_with(|| (**result).clone());
                Ok(Reply::Done)
            }
            Op::Invoke { test, .. } => {
                let passed = !self.failing.contains(test);
                let payload = json!({"passed": passed, "message": "as drawn"}).to_string().into_bytes();
                Ok(Reply::Answer(Answer { failed: false, payload, log: None }))
            }
            Op::Settle(job, report) => {
                let before = self.settled.contains_key(job);
                self.settled.entry(job.clone()).or_insert_with(|| (**report).clone());
                Ok(Reply::Settled(if before { Settled::Already } else { Settled::Accepted }))
            }
            _ => Err(PortError::Unusable { what: "request".to_owned(), why: "nobody answers it".to_owned() }),
        }
    }

    pub(crate) fn results_of(&self, job: &JobId) -> Vec<TestResult> {
        self.results.iter().filter(|((of, _), _)| of == job).map(|(_, result)| result.clone()).collect()
    }
}

/// Both stacks of the stage under test.
fn stage() -> Stack {
    let tests = TEST_NAMES.map(|name| (name.to_owned(), name.to_lowercase()));
    Stack {
        status: "UPDATE_COMPLETE".to_owned(),
        outputs: tests.into_iter().chain([("ApiUrl".to_owned(), "https://api.example".to_owned())]).collect(),
        tags: BTreeMap::from([("flowgate:revision".to_owned(), "8f2c".to_owned())]),
    }
}
