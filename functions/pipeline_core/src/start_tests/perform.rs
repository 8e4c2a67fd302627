//! The run itself: observe the stacks, decide, store the run, invoke its tests, settle from the record.

use futures_util::{StreamExt, future::Either, pin_mut, stream};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::{
    drive::Action,
    ids::{Nonce, StackName, TestName},
    job::Job,
    ports::{Clock, PortError, ReadStacks as _, Retry, Stack, patiently},
    start_tests::{
        answer::judge,
        checks::{Kind, Test},
        params::{self, Params, Reporting, Tests},
        plan::{Plan, plan},
        ports::{InvokeTests as _, ReachSites, ReadTestFile, SendRequests, WriteReports},
        run::{Claim, Outcome, ReadRuns, Run, TestResult, WriteRuns},
        site::Site,
        verdict::{Filed, verdict},
    },
    verdict::{Report, Verdict},
};

/// The action, with the ports it takes.
#[derive(Debug)]
pub struct StartTests<'a, C, S, R, H, A> {
    /// Time.
    pub clock: &'a C,
    /// The account and region of the stage.
    pub sites: &'a S,
    /// The record of runs.
    pub runs: &'a R,
    /// HTTP.
    pub http: &'a H,
    /// The job's artifacts.
    pub artifacts: A,
    /// The test of the bare form of `UserParameters`, from the environment.
    pub test_function: Option<&'a str>,
    /// This delivery's own nonce.
    pub nonce: Nonce,
}

/// What the owner of a run keeps back for recording the results that are still missing at its deadline.
const RECORDING: SignedDuration = SignedDuration::from_secs(5);

impl<C, S, R, H, A> Action for StartTests<'_, C, S, R, H, A>
where
    C: Clock,
    S: ReachSites,
    R: ReadRuns + WriteRuns,
    H: SendRequests,
    A: ReadTestFile + WriteReports,
{
    async fn perform(&self, job: &Job, until: Timestamp) -> Verdict {
        self.attempt(job, until).await.unwrap_or_else(Verdict::Report)
    }
}

impl<C, S, R, H, A> StartTests<'_, C, S, R, H, A>
where
    C: Clock,
    S: ReachSites,
    R: ReadRuns + WriteRuns,
    H: SendRequests,
    A: ReadTestFile + WriteReports,
{
    async fn attempt(&self, job: &Job, until: Timestamp) -> Result<Verdict, Report> {
        // A moment's trouble in one delivery must not fail the run of another: whatever comes before the claim waits.
        let known = patiently(self.clock, until, Retry::Anything, async || self.runs.run(&job.id).await).await?;
        if let Some(run) = known {
            return self.join(&run, until).await;
        }
        let params = params::parse(job.user_parameters.as_deref(), self.test_function)
            .map_err(|error| Report::misconfigured(&error.to_string()))?;
        let site = Site::default();
        let reach = async || self.sites.reach(&site, &job.id).await;
        let stage = patiently(self.clock, until, Retry::Anything, reach).await?;
        let plan = self.observe(&stage, job, &params, until).await?;
        let run = self.draft(job, &params, &plan, until);
        let claim = patiently(self.clock, until, Retry::Anything, async || self.runs.claim(&run).await).await?;
        match claim {
            Claim::Theirs(run) => self.join(&run, until).await,
            Claim::Ours => self.execute(&stage, &params, &plan, &run).await,
        }
    }

    async fn observe(
        &self,
        stage: &S::Stage<'_>,
        job: &Job,
        params: &Params,
        until: Timestamp,
    ) -> Result<Plan, Report> {
        let app = self.describe(stage, &params.app_stack, until).await?;
        let tests: Option<Stack> = match &params.tests {
            Tests::Configured(_) => None,
            Tests::Exactly(name, _) | Tests::Prefixed(name, _) => Some(self.describe(stage, name, until).await?),
        };
        plan(job, params, &app, tests.as_ref()).map_err(|error| Report::misconfigured(&error.to_string()))
    }

    async fn describe(&self, stage: &S::Stage<'_>, name: &StackName, until: Timestamp) -> Result<Stack, PortError> {
        patiently(self.clock, until, Retry::Anything, async || stage.describe(name).await).await
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
            stage: params.stage.clone(),
            stack: params.app_stack.clone(),
            subject: plan.subject.clone(),
            site: Site::default(),
            reporting: params.reporting,
            setup: plan.setup.clone(),
            tests: plan.tests.iter().map(|test| test.name.clone()).collect(),
            teardown: plan.teardown.clone(),
            report: !job.outputs.is_empty(),
            began: self.clock.now(),
            deadline,
            ends: deadline.saturating_add(RECORDING).unwrap_or(deadline),
        }
    }

    /// Another delivery owns the run: it settles the job, unless it is past its deadline; then the records do.
    async fn join(&self, run: &Run, until: Timestamp) -> Result<Verdict, Report> {
        if self.clock.now() < run.ends {
            return Ok(Verdict::Deferred { why: format!("run {} settles this job until {}", run.id, run.ends) });
        }
        let results = patiently(self.clock, until, Retry::Anything, async || self.runs.results(&run.job).await).await?;
        Ok(verdict(run, &results, &Filed::Undeclared).into())
    }

    async fn execute(&self, stage: &S::Stage<'_>, params: &Params, plan: &Plan, run: &Run) -> Result<Verdict, Report> {
        match params.reporting {
            Reporting::Itself => self.hand_over(stage, plan, run).await,
            Reporting::Auto => Ok(self.run_tests(stage, params, plan, run).await.into()),
        }
    }

    /// The AWS sample's way: the test gets the job and settles it.
    async fn hand_over(&self, stage: &S::Stage<'_>, plan: &Plan, run: &Run) -> Result<Verdict, Report> {
        for test in &plan.tests {
            let payload = payload(run, &test.name);
            let Kind::Function(function) = &test.kind;
            let start = async || stage.start(function, &payload).await;
            patiently(self.clock, run.deadline, Retry::Throttled, start).await?;
        }
        Ok(Verdict::Deferred { why: format!("the test settles this job until {}", run.deadline) })
    }

    async fn run_tests(&self, stage: &S::Stage<'_>, params: &Params, plan: &Plan, run: &Run) -> Report {
        let results: Vec<Option<TestResult>> = stream::iter(&plan.tests)
            .map(|test| self.run_test(stage, run, test))
            .buffer_unordered(usize::from(params.width))
            .collect()
            .await;
        verdict(run, &results.into_iter().flatten().collect::<Vec<_>>(), &Filed::Undeclared)
    }

    /// The recorded result, or none when the test did not answer in time.
    async fn run_test(&self, stage: &S::Stage<'_>, run: &Run, test: &Test) -> Option<TestResult> {
        if self.clock.now() >= run.deadline {
            return None;
        }
        let payload = payload(run, &test.name);
        let Kind::Function(function) = &test.kind;
        let began = self.clock.now();
        // I19: only what was refused without a start is tried again.
        let call = patiently(self.clock, run.deadline, Retry::Throttled, async || stage.call(function, &payload).await);
        let expiry = self.clock.sleep_until(run.deadline);
        pin_mut!(call, expiry);
        let Either::Left((answer, _)) = futures_util::future::select(call, expiry).await else { return None };
        let millis = i64::try_from(self.clock.now().duration_since(began).as_millis()).unwrap_or(i64::MAX);
        let log = answer.as_ref().ok().and_then(|answer| answer.log.clone());
        let result = TestResult { test: test.name.clone(), run: run.id, millis, log, outcome: judge(answer) };
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
fn payload(run: &Run, test: &TestName) -> Value {
    json!({
        "job_id": run.job,
        "api_url": run.subject.api_url,
        "stage": run.stage,
        "stack": run.stack,
        "outputs": run.subject.outputs,
        "execution_id": run.execution,
        "correlation_id": run.execution.as_ref().map_or(run.job.as_str(), |execution| execution.as_str()),
        "revision": run.subject.revision,
        "run_id": run.id,
        "test": test,
    })
}
