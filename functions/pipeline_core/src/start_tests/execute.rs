//! What the owner of a run does with it: the set-up, the tests, the tear-down.

use futures_util::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::{
    ids::{FunctionName, TestName},
    ports::{Clock, PortError, Retry, patiently, within},
    start_tests::{
        answer::{judge, log_end},
        checks::{Kind, Test},
        payload::payload,
        ports::{Answer, InvokeTests, SendRequests},
        run::{Fixture, Outcome, Run, TestResult, UNPREPARED, WriteRuns},
        time::{RECORDING, later},
    },
};

/// The delivery that stored the run: only it starts the tests (I19).
pub(super) struct Owner<'a, C, S, R, H> {
    pub(super) clock: &'a C,
    pub(super) stage: &'a S,
    pub(super) runs: &'a R,
    pub(super) http: &'a H,
    pub(super) run: &'a Run,
}

/// How a part of the run ended.
struct Heard {
    outcome: Outcome,
    log: Option<String>,
}

impl<C: Clock, S: InvokeTests, R: WriteRuns, H: SendRequests> Owner<'_, C, S, R, H> {
    /// What came of all parts. One that did not answer in time has no result.
    pub(super) async fn results(&self, tests: &[Test], width: u16) -> Vec<TestResult> {
        let setup = self.fixture(self.run.setup.as_ref(), self.run.deadline).await;
        let ready = self.run.setup.is_none() || setup.as_ref().is_some_and(|setup| setup.outcome == Outcome::Passed);
        let tests = if ready { self.tests(tests, width).await } else { self.unprepared(tests) };
        let teardown = self.fixture(self.run.teardown.as_ref(), self.run.torn_down_by()).await;
        setup.into_iter().chain(tests).chain(teardown).collect()
    }

    async fn fixture(&self, fixture: Option<&Fixture>, by: Timestamp) -> Option<TestResult> {
        let Fixture { name, function } = fixture?;
        self.part(name, &Kind::Function(function.clone()), by).await
    }

    async fn tests(&self, tests: &[Test], width: u16) -> Vec<TestResult> {
        let results = stream::iter(tests)
            .map(|test| self.part(&test.name, &test.kind, self.run.deadline))
            .buffer_unordered(usize::from(width));
        results.filter_map(std::future::ready).collect().await
    }

    fn unprepared(&self, tests: &[Test]) -> Vec<TestResult> {
        tests.iter().map(|test| self.skipped(&test.name, UNPREPARED)).collect()
    }

    fn skipped(&self, part: &TestName, why: &str) -> TestResult {
        self.result(part, 0, Heard { outcome: Outcome::Skipped { message: why.to_owned() }, log: None })
    }

    fn result(&self, part: &TestName, millis: i64, Heard { outcome, log }: Heard) -> TestResult {
        TestResult { test: part.clone(), run: self.run.id, millis, log, outcome }
    }

    async fn part(&self, name: &TestName, kind: &Kind, by: Timestamp) -> Option<TestResult> {
        let began = self.clock.now();
        if began >= by {
            return Some(self.skipped(name, "the run's time was over"));
        }
        let told = payload(self.run, name);
        let heard = within(self.clock, by, self.ask(kind, &told, by)).await?;
        let millis = i64::try_from(self.since(began).as_millis()).unwrap_or(i64::MAX);
        Some(self.record(self.result(name, millis, heard), later(by, RECORDING)).await)
    }

    async fn ask(&self, kind: &Kind, told: &Value, by: Timestamp) -> Heard {
        match kind {
            Kind::Function(function) => heard(self.call(function, told, by).await, |answer, _| judge(answer)),
            Kind::Invoke(check) => {
                let answered = self.call(&check.function, &check.payload(told), by).await;
                heard(answered, |answer, took| check.judge(told, answer, took))
            }
            Kind::Http(check) => {
                let began = self.clock.now();
                let response = self.http.send(&check.request(told)).await;
                Heard { outcome: check.judge(told, response, self.since(began)), log: None }
            }
        }
    }

    /// The answer of the attempt that was not throttled, and how long that one took.
    async fn call(&self, function: &FunctionName, payload: &Value, by: Timestamp) -> Timed<Answer> {
        let attempt = async || {
            let began = self.clock.now();
            let answer = self.stage.call(function, payload).await?;
            Ok((answer, self.since(began)))
        };
        // I19: only what was refused without a start is tried again.
        match patiently(self.clock, by, Retry::Throttled, attempt).await {
            Ok((answer, took)) => (Ok(answer), took),
            Err(error) => (Err(error), SignedDuration::ZERO),
        }
    }

    fn since(&self, began: Timestamp) -> SignedDuration {
        self.clock.now().duration_since(began)
    }

    /// I18: a pass that could not be recorded is not known to anybody after us, so it is none.
    async fn record(&self, result: TestResult, by: Timestamp) -> TestResult {
        let write = async || self.runs.record_result(&self.run.job, &result).await;
        let message = match within(self.clock, by, patiently(self.clock, by, Retry::Anything, write)).await {
            Some(Ok(())) => return result,
            Some(Err(error)) => error.to_string(),
            None => "it passed, but that could not be recorded in time".to_owned(),
        };
        match result.outcome {
            Outcome::Passed => TestResult { outcome: Outcome::Lost { message }, ..result },
            _ => result,
        }
    }
}

type Timed<T> = (Result<T, PortError>, SignedDuration);

fn heard(
    (mut answer, took): Timed<Answer>,
    judge: impl FnOnce(Result<Answer, PortError>, SignedDuration) -> Outcome,
) -> Heard {
    let log = answer.as_mut().ok().and_then(|answer| answer.log.take());
    let outcome = judge(answer, took);
    let log = log.filter(|_| outcome != Outcome::Passed).as_deref().and_then(log_end);
    Heard { outcome, log }
}
