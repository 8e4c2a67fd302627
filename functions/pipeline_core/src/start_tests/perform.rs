//! The run itself: observe the stacks, decide, store the run, invoke its tests, settle from the record.

use futures_util::{StreamExt, future::Either, pin_mut, stream};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::{
    drive::Action,
    ids::{FunctionName, Nonce, StackName},
    job::Job,
    ports::{Clock, PortError, ReadStacks, Retry, Stack, patiently},
    start_tests::{
        answer::{Answer, judge},
        params::{self, Params, Reporting, Tests},
        plan::{Plan, plan},
        run::{Claim, Outcome, ReadRuns, Run, Test, TestResult, WriteRuns},
        verdict::verdict,
    },
    verdict::{Report, Verdict},
};

/// Invoking tests.
pub trait InvokeTests {
    /// Invokes the test and waits for its answer. One attempt: a second could run the test twice (I19).
    fn call(&self, function: &FunctionName, payload: &Value) -> impl Future<Output = Result<Answer, PortError>>;
    /// Invokes the test without waiting for it.
    fn start(&self, function: &FunctionName, payload: &Value) -> impl Future<Output = Result<(), PortError>>;
}

/// The action, with the ports it takes.
#[derive(Debug)]
pub struct StartTests<'a, C, S, R, T> {
    /// Time.
    pub clock: &'a C,
    /// The stacks.
    pub stacks: &'a S,
    /// The record of runs.
    pub runs: &'a R,
    /// The tests.
    pub tests: &'a T,
    /// The test of the bare form of `UserParameters`, from the environment.
    pub test_function: Option<&'a str>,
    /// This delivery's own nonce.
    pub nonce: Nonce,
}

/// What the owner of a run keeps back for recording the results that are still missing at its deadline.
const RECORDING: SignedDuration = SignedDuration::from_secs(5);

impl<C: Clock, S: ReadStacks, R: ReadRuns + WriteRuns, T: InvokeTests> Action for StartTests<'_, C, S, R, T> {
    async fn perform(&self, job: &Job, until: Timestamp) -> Verdict {
        self.attempt(job, until).await.unwrap_or_else(Verdict::Report)
    }
}

impl<C: Clock, S: ReadStacks, R: ReadRuns + WriteRuns, T: InvokeTests> StartTests<'_, C, S, R, T> {
    async fn attempt(&self, job: &Job, until: Timestamp) -> Result<Verdict, Report> {
        // A moment's trouble in one delivery must not fail the run of another: whatever comes before the claim waits.
        let known = patiently(self.clock, until, Retry::Anything, async || self.runs.run(&job.id).await).await?;
        if let Some(run) = known {
            return self.join(&run, until).await;
        }
        let params = params::parse(job.user_parameters.as_deref(), self.test_function)
            .map_err(|error| Report::misconfigured(&error.to_string()))?;
        let plan = self.observe(job, &params, until).await?;
        let run = self.draft(job, &params, &plan, until);
        let claim = patiently(self.clock, until, Retry::Anything, async || self.runs.claim(&run).await).await?;
        match claim {
            Claim::Theirs(run) => self.join(&run, until).await,
            Claim::Ours => self.execute(&params, &plan, &run).await,
        }
    }

    async fn observe(&self, job: &Job, params: &Params, until: Timestamp) -> Result<Plan, Report> {
        let app = self.describe(&params.app_stack, until).await?;
        let tests: Option<Stack> = match &params.tests {
            Tests::Configured(_) => None,
            Tests::Exactly(name, _) | Tests::Prefixed(name, _) => Some(self.describe(name, until).await?),
        };
        plan(job, params, &app, tests.as_ref()).map_err(|error| Report::misconfigured(&error.to_string()))
    }

    async fn describe(&self, name: &StackName, until: Timestamp) -> Result<Stack, PortError> {
        patiently(self.clock, until, Retry::Anything, async || self.stacks.describe(name).await).await
    }

    fn draft(&self, job: &Job, params: &Params, plan: &Plan, until: Timestamp) -> Run {
        let minutes = SignedDuration::from_mins(params.timeout_minutes.into());
        let asked = self.clock.now().saturating_add(minutes).unwrap_or(until);
        // A test that settles the job itself is not bound by the time of this invocation.
        let deadline = match params.reporting {
            Reporting::Auto => asked.min(until.saturating_sub(RECORDING).unwrap_or(until)),
            Reporting::Itself => asked,
        };
        Run {
            job: job.id.clone(),
            id: self.nonce,
            execution: params.execution.clone(),
            revision: plan.revision.clone(),
            stage: params.stage.clone(),
            stack: params.app_stack.clone(),
            reporting: params.reporting,
            tests: plan.tests.clone(),
            deadline,
        }
    }

    /// Another delivery owns the run: it settles the job, unless it is past its deadline; then the records do.
    async fn join(&self, run: &Run, until: Timestamp) -> Result<Verdict, Report> {
        let owner_ends = run.deadline.saturating_add(RECORDING).unwrap_or(run.deadline);
        if self.clock.now() < owner_ends {
            return Ok(Verdict::Deferred { why: format!("run {} settles this job until {owner_ends}", run.id) });
        }
        let results = patiently(self.clock, until, Retry::Anything, async || self.runs.results(&run.job).await).await?;
        Ok(verdict(run, &results).into())
    }

    async fn execute(&self, params: &Params, plan: &Plan, run: &Run) -> Result<Verdict, Report> {
        match params.reporting {
            Reporting::Itself => self.hand_over(plan, run).await,
            Reporting::Auto => Ok(self.run_tests(params, plan, run).await.into()),
        }
    }

    /// The AWS sample's way: the test gets the job and settles it.
    async fn hand_over(&self, plan: &Plan, run: &Run) -> Result<Verdict, Report> {
        for test in &run.tests {
            let payload = payload(plan, run, test);
            let start = async || self.tests.start(&test.function, &payload).await;
            patiently(self.clock, run.deadline, Retry::Throttled, start).await?;
        }
        Ok(Verdict::Deferred { why: format!("the test settles this job until {}", run.deadline) })
    }

    async fn run_tests(&self, params: &Params, plan: &Plan, run: &Run) -> Report {
        let results: Vec<Option<TestResult>> = stream::iter(&run.tests)
            .map(|test| self.run_test(plan, run, test))
            .buffer_unordered(usize::from(params.width))
            .collect()
            .await;
        verdict(run, &results.into_iter().flatten().collect::<Vec<_>>())
    }

    /// The recorded result, or none when the test did not answer in time.
    async fn run_test(&self, plan: &Plan, run: &Run, test: &Test) -> Option<TestResult> {
        if self.clock.now() >= run.deadline {
            return None;
        }
        let payload = payload(plan, run, test);
        // I19: only what was refused without a start is tried again.
        let call = patiently(self.clock, run.deadline, Retry::Throttled, async || {
            self.tests.call(&test.function, &payload).await
        });
        let expiry = self.clock.sleep_until(run.deadline);
        pin_mut!(call, expiry);
        let Either::Left((answer, _)) = futures_util::future::select(call, expiry).await else { return None };
        let result = TestResult { test: test.name.clone(), run: run.id, outcome: judge(answer) };
        Some(self.record(run, result).await)
    }

    /// I18: a result that could not be recorded is not known to anybody after us, so it is not a pass.
    async fn record(&self, run: &Run, result: TestResult) -> TestResult {
        let recorded = patiently(self.clock, run.deadline, Retry::Anything, async || {
            self.runs.record_result(&run.job, &result).await
        });
        match recorded.await {
            Ok(()) => result,
            Err(error) => TestResult { outcome: Outcome::Lost { message: error.to_string() }, ..result },
        }
    }
}

/// What a test is told. The AWS sample's tests read `job_id` and `api_url`; fields are only ever added.
fn payload(plan: &Plan, run: &Run, test: &Test) -> Value {
    json!({
        "job_id": run.job,
        "api_url": plan.api_url,
        "stage": run.stage,
        "stack": run.stack,
        "outputs": plan.outputs,
        "execution_id": run.execution,
        "correlation_id": run.execution.as_ref().map_or(run.job.as_str(), |execution| execution.as_str()),
        "revision": run.revision,
        "run_id": run.id,
        "test": test.name,
    })
}
