//! A run and its results, as a report for people and programs shows them.

use jiff::{SignedDuration, Timestamp};

use crate::{
    ids::{Nonce, StackName, TestName},
    start_tests::run::{Outcome, Run, TestResult},
};

/// All of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestReport {
    /// The stage's name.
    pub stage: String,
    /// The stack under test.
    pub stack: StackName,
    /// The run.
    pub run: Nonce,
    /// When it began.
    pub began: Timestamp,
    /// The tests that ran, or should have.
    pub cases: Vec<Case>,
    /// The set-up and the tear-down likewise, where there are any.
    pub fixtures: Vec<Case>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// The test, set-up or tear-down.
    pub test: TestName,
    /// How long it took.
    pub took: SignedDuration,
    /// How it ended; `None` when it never answered.
    pub outcome: Option<Outcome>,
    /// The end of its log, where it did not pass.
    pub log: Option<String>,
}

/// What is known of a run.
pub fn report(run: &Run, results: &[TestResult]) -> TestReport {
    let case = |test: &TestName| {
        let result = run.result(results, test);
        Case {
            test: test.clone(),
            took: SignedDuration::from_millis(result.map_or(0, |result| result.millis)),
            outcome: result.map(|result| result.outcome.clone()),
            log: result.and_then(|result| result.log.clone()),
        }
    };
    TestReport {
        stage: run.stage.clone(),
        stack: run.stack.clone(),
        run: run.id,
        began: run.began,
        cases: run.tests.iter().map(case).collect(),
        fixtures: [&run.setup, &run.teardown].into_iter().flatten().map(|fixture| case(&fixture.name)).collect(),
    }
}
