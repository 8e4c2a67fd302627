//! A run of tests: stored once for each job, so that deliveries of the same event share it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    ids::{Digest, ExecutionId, FunctionName, JobId, Nonce, StackName, TestName},
    job::Job,
    ports::PortError,
    start_tests::{params::Reporting, site::Site},
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
    /// The stage's name.
    pub stage: String,
    /// The stack under test.
    pub stack: StackName,
    /// What is under test.
    pub subject: Subject,
    /// Where it is.
    pub site: Site,
    /// Who settles the job.
    pub reporting: Reporting,
    /// The function that runs before the tests, and must pass for them to run.
    pub setup: Option<Fixture>,
    /// The tests, each of which must pass.
    pub tests: Vec<TestName>,
    /// The function that runs after them, whatever became of them, and must pass.
    pub teardown: Option<Fixture>,
    /// Whether the action declares a report.
    pub report: bool,
    /// When it was stored.
    pub began: Timestamp,
    /// When a test that has not answered has failed.
    pub deadline: Timestamp,
    /// When the owner has settled the job, or is dead.
    pub ends: Timestamp,
}

/// What is under test, as every test is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// Its URL.
    pub api_url: String,
    /// The app stack's outputs.
    pub outputs: BTreeMap<String, String>,
    /// The revision that the app stack's tags name.
    pub revision: Option<String>,
}

/// A function that prepares the tests, or clears up after them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fixture {
    /// The key of the output that names it.
    pub name: TestName,
    /// The function.
    pub function: FunctionName,
}

impl Run {
    /// All that must pass: the set-up, the tests, the tear-down.
    pub fn parts(&self) -> impl Iterator<Item = &TestName> {
        let [setup, teardown] =
            [&self.setup, &self.teardown].map(|fixture| fixture.as_ref().map(|fixture| &fixture.name));
        setup.into_iter().chain(&self.tests).chain(teardown)
    }

    /// What is recorded of a part of this very run (I18).
    pub fn result<'r>(&self, results: &'r [TestResult], part: &TestName) -> Option<&'r TestResult> {
        results.iter().find(|result| result.test == *part && result.run == self.id)
    }
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
    /// It was not started.
    Skipped {
        /// Why.
        message: String,
    },
}

/// Why tests were skipped whose set-up did not pass.
pub(super) const UNPREPARED: &str = "the set-up did not pass";

/// The result of one test, as recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestResult {
    /// The test's name.
    pub test: TestName,
    /// The run it was invoked for.
    pub run: Nonce,
    /// How long it took, in milliseconds, with the waiting while it was throttled.
    pub millis: i64,
    /// The end of its log, where it did not pass.
    pub log: Option<String>,
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
    Theirs(Box<Run>),
}

/// That tests run for an execution: the gate finds by it what they came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announced {
    /// The job that they settle.
    pub job: JobId,
    /// The stack under test.
    pub stack: StackName,
    /// The stage's name.
    pub stage: String,
    /// The SHA-256 of the action's `UserParameters`: a retry is another job with the same, and another action on the same
    /// stack has others.
    pub action: Digest,
    /// When they began.
    pub began: Timestamp,
}

impl Announced {
    /// What the gate is told of a job's run.
    pub fn of(job: &Job, run: &Run) -> Self {
        let action = Digest::of(job.user_parameters.as_deref().unwrap_or_default().as_bytes());
        Self { job: run.job.clone(), stack: run.stack.clone(), stage: run.stage.clone(), action, began: run.began }
    }
}

/// Reading which tests ran for an execution.
pub trait ReadAnnounced {
    /// All of them, read consistently, the oldest first.
    fn announced(&self, execution: &ExecutionId) -> impl Future<Output = Result<Vec<Announced>, PortError>>;
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
    /// Records that tests run for an execution, once for each job: what is recorded first stands.
    fn announce(&self, execution: &ExecutionId, announced: &Announced) -> impl Future<Output = Result<(), PortError>>;
    /// Stores the run unless the job has one, to be looked at by repair when it ends. When the reply to our own write was
    /// lost, the nonce tells that it is ours (I8).
    fn claim(&self, run: &Run) -> impl Future<Output = Result<Claim, PortError>>;
    /// Records one test's result, once.
    fn record_result(&self, job: &JobId, result: &TestResult) -> impl Future<Output = Result<(), PortError>>;
}
