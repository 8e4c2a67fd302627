//! A run of tests: stored once for each job, so that deliveries of the same event share it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    ids::{ExecutionId, FunctionName, JobId, Nonce, StackName},
    ports::PortError,
    start_tests::params::Reporting,
};

/// One run. A retry of the stage is another job and so another run; a redelivered event is the same one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// The job that the run settles.
    pub job: JobId,
    /// The run's own id: the delivery that stored it owns the run, and only its tests' answers count.
    pub id: Nonce,
    /// The pipeline execution, as far as the action told.
    pub execution: Option<ExecutionId>,
    /// The revision under test, from the app stack's tags.
    pub revision: Option<String>,
    /// The stage's name.
    pub stage: String,
    /// The stack under test.
    pub stack: StackName,
    /// Who settles the job.
    pub reporting: Reporting,
    /// The tests, each of which must pass.
    pub tests: Vec<Test>,
    /// When the owner has settled the job, or is dead.
    pub deadline: Timestamp,
}

/// One test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Test {
    /// The key of the output that names it.
    pub name: String,
    /// The function to invoke.
    pub function: FunctionName,
}

/// How one test ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// It passed.
    Passed,
    /// It ran and did not pass.
    Failed {
        /// The test's own words.
        message: String,
    },
    /// There is no such function.
    Misconfigured {
        /// Which.
        message: String,
    },
    /// We may not invoke it.
    Denied {
        /// The service's words.
        message: String,
    },
    /// It may or may not have run; nobody knows how it ended.
    Lost {
        /// What was heard last.
        message: String,
    },
}

/// The result of one test, as recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestResult {
    /// The test's name.
    pub test: String,
    /// The run it was invoked for.
    pub run: Nonce,
    /// How it ended.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// Whose run it is, after trying to store one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// Ours: the tests are ours to start.
    Ours,
    /// Another delivery stored it before.
    Theirs(Run),
}

/// Reading runs.
pub trait ReadRuns {
    /// The job's run, read consistently, if one was stored.
    fn run(&self, job: &JobId) -> impl Future<Output = Result<Option<Run>, PortError>>;
    /// The results recorded so far, read consistently.
    fn results(&self, job: &JobId) -> impl Future<Output = Result<Vec<TestResult>, PortError>>;
}

/// Writing runs.
pub trait WriteRuns {
    /// Stores the run unless the job has one. When the reply to our own write was lost, the nonce tells that it is
    /// ours (I8).
    fn claim(&self, run: &Run) -> impl Future<Output = Result<Claim, PortError>>;
    /// Records one test's result, once.
    fn record_result(&self, job: &JobId, result: &TestResult) -> impl Future<Output = Result<(), PortError>>;
}
