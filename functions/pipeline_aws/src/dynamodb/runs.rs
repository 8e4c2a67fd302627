//! Runs of tests and their results.

use jiff::Timestamp;
use pipeline_core::{
    ids::{ExecutionId, JobId},
    ports::PortError,
    repair::due::run_due,
    start_tests::run::{Announced, Claim, ReadRuns, Run, TestResult, WriteRuns},
};

use crate::dynamodb::{
    StateTable, announced, index,
    item::{JOBS, RELEASES, item, key, record},
    open::JOB,
};

pub(super) const SORT: &str = "run";
const RESULT: &str = "result#";

pub(super) fn pk(job: &JobId) -> String {
    format!("run#{job}")
}

impl ReadRuns for StateTable {
    async fn run(&self, job: &JobId) -> Result<Option<Run>, PortError> {
        let pk = pk(job);
        let item = self.read(&format!("read the run of job {job}"), key(&pk, SORT)).await?;
        item.map(|item| record(&pk, &item)).transpose()
    }

    async fn results(&self, job: &JobId) -> Result<Vec<TestResult>, PortError> {
        self.query(&format!("read the results of job {job}"), &pk(job), RESULT).await
    }
}

impl WriteRuns for StateTable {
    async fn announce(&self, execution: &ExecutionId, announced: &Announced) -> Result<(), PortError> {
        let pk = announced::pk(execution);
        let item = item(&pk, &announced::sk(&announced.job), announced, Timestamp::now(), RELEASES)?;
        self.create(&format!("announce the tests of job {}", announced.job), item).await.map(drop)
    }

    async fn claim(&self, run: &Run) -> Result<Claim, PortError> {
        let pk = pk(&run.job);
        let mut item = item(&pk, SORT, run, Timestamp::now(), JOBS)?;
        item.extend(index::place(JOB, run_due(run), &pk));
        // I19: the first delivery owns the run.
        let Some(standing) = self.create(&format!("store the run of job {}", run.job), item).await? else {
            return Ok(Claim::Ours);
        };
        let standing: Run = record(&pk, &standing)?;
        // I8: our own write whose reply was lost carries our nonce.
        Ok(if standing.id == run.id { Claim::Ours } else { Claim::Theirs(Box::new(standing)) })
    }

    async fn record_result(&self, job: &JobId, result: &TestResult) -> Result<(), PortError> {
        let item = item(&pk(job), &format!("{RESULT}{}", result.test), result, Timestamp::now(), JOBS)?;
        // Only the owner of the run records, and each test once: an item that stands there is our own.
        self.create(&format!("record the result of {}", result.test), item).await.map(drop)
    }
}
