//! One delivery of the job: joins the run that is stored, or observes the stage, plans a run, stores it and owns it.

use jiff::{SignedDuration, Timestamp};

use crate::{
    drive::Action,
    ids::{Nonce, StackName},
    job::Job,
    ports::{Clock, PortError, ReadStacks as _, Retry, Stack, patiently},
    start_tests::{
        checks::{Kind, Test},
        execute::Owner,
        filing::file,
        params::{self, InvalidParams, Params, Reporting},
        payload::payload,
        plan::{Misconfigured, Plan, deployed, is_being_deployed, plan, test_artifact},
        ports::{InvokeTests as _, ReachSites, ReadTestFile, SendRequests, WriteReports},
        report::report,
        run::{Announced, Claim, ReadRuns, Run, WriteRuns},
        settle::settle_late,
        time::{later, reserve, settles_by},
        verdict::verdict,
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

/// How long it waits at most until it looks again at a stack that is being deployed, and how often it does.
const PAUSE: SignedDuration = SignedDuration::from_secs(20);
const LOOKS: usize = 60;

/// A run that was planned and stored.
struct Begun<T> {
    stage: T,
    tests: Vec<Test>,
    run: Run,
    width: u16,
}

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
        if let Some(run) = self.known(job, until).await? {
            return self.join(job, &run, until).await;
        }
        match self.begin(job, until).await {
            Ok((Claim::Theirs(run), _)) => self.join(job, &run, until).await,
            Ok((Claim::Ours, begun)) if begun.run.reporting == Reporting::Itself => self.hand_over(&begun, until).await,
            Ok((Claim::Ours, begun)) => Ok(self.own(job, &begun).await),
            Err(report) => self.instead(job, report, until).await,
        }
    }

    async fn known(&self, job: &Job, until: Timestamp) -> Result<Option<Run>, PortError> {
        patiently(self.clock, until, Retry::Anything, async || self.runs.run(&job.id).await).await
    }

    /// A moment's trouble in one delivery must not fail the run of another: whatever comes before the claim waits.
    async fn begin(&self, job: &Job, until: Timestamp) -> Result<(Claim, Begun<S::Stage<'_>>), Report> {
        let params = params::parse(job.user_parameters.as_deref(), self.test_function)?;
        let reach = async || self.sites.reach(&params.site, &job.id).await;
        let stage = patiently(self.clock, until, Retry::Anything, reach).await?;
        let plan = self.observe(&stage, job, &params, until).await?;
        let run = self.draft(job, &params, &plan, until);
        self.announce(job, &run, until).await?;
        let claim = patiently(self.clock, until, Retry::Anything, async || self.runs.claim(&run).await).await?;
        Ok((claim, Begun { stage, tests: plan.tests, run, width: params.width }))
    }

    /// Before the claim, so that no run is stored of which the gate does not hear. A test that settles the job itself leaves
    /// no verdict that could be asked for.
    async fn announce(&self, job: &Job, run: &Run, until: Timestamp) -> Result<(), PortError> {
        let Some(execution) = run.execution.as_ref().filter(|_| run.reporting == Reporting::Auto) else {
            return Ok(());
        };
        let announced = Announced::of(job, run);
        patiently(self.clock, until, Retry::Anything, async || self.runs.announce(execution, &announced).await).await
    }

    /// What fails for good here need not have failed where the run was stored in the meantime: that run decides. Our own,
    /// whose claim nobody answered, has no owner; the failure is its verdict.
    async fn instead(&self, job: &Job, report: Report, until: Timestamp) -> Result<Verdict, Report> {
        match self.known(job, until).await {
            Ok(Some(run)) if run.id != self.nonce => self.join(job, &run, until).await,
            _ => Err(report),
        }
    }

    /// Another delivery owns the run: it settles the job, unless it is past its end; then the records do.
    async fn join(&self, job: &Job, run: &Run, until: Timestamp) -> Result<Verdict, Report> {
        if self.clock.now() < run.orphaned_at() {
            return Ok(Verdict::Deferred { why: format!("run {} settles this job until {}", run.id, run.ends) });
        }
        let file = async |report: &_| file(self.clock, &self.artifacts, job, report, until).await;
        settle_late(self.clock, self.runs, self.sites, run, file, until).await.map(|late| late.report.into())
    }

    async fn observe(
        &self,
        stage: &S::Stage<'_>,
        job: &Job,
        params: &Params,
        until: Timestamp,
    ) -> Result<Plan, Report> {
        let app = self.describe(stage, &params.app_stack, until).await?;
        deployed(&app, &params.app_stack)?;
        let tests = match params.test_stack() {
            Some(name) => Some(self.settled(stage, name, params, until).await?),
            None => None,
        };
        let file = self.test_file(job, params, until).await?;
        Ok(plan(job, params, &app, tests.as_ref(), file.as_deref())?)
    }

    /// The test stack, which a newer execution may be deploying: that is waited for, as far as the run has the time.
    async fn settled(
        &self,
        stage: &S::Stage<'_>,
        name: &StackName,
        params: &Params,
        until: Timestamp,
    ) -> Result<Stack, PortError> {
        let by = settles_by(self.clock.now(), params.timeout_minutes, until);
        let mut stack = self.describe(stage, name, until).await?;
        for _ in 0..LOOKS {
            let next = later(self.clock.now(), self.clock.part_of(PAUSE));
            if !is_being_deployed(&stack) || next >= by {
                break;
            }
            self.clock.sleep_until(next).await;
            stack = self.describe(stage, name, until).await?;
        }
        Ok(stack)
    }

    async fn describe(&self, stage: &S::Stage<'_>, name: &StackName, until: Timestamp) -> Result<Stack, PortError> {
        patiently(self.clock, until, Retry::Anything, async || stage.describe(name).await).await
    }

    async fn test_file(&self, job: &Job, params: &Params, until: Timestamp) -> Result<Option<Vec<u8>>, Report> {
        let Some(artifact) = test_artifact(job, params)? else { return Ok(None) };
        let read = async || self.artifacts.test_file(artifact).await;
        Ok(patiently(self.clock, until, Retry::Anything, read).await?)
    }

    fn draft(&self, job: &Job, params: &Params, plan: &Plan, until: Timestamp) -> Run {
        let began = self.clock.now();
        let asked = later(began, SignedDuration::from_mins(params.timeout_minutes.into()));
        let report = params.reporting == Reporting::Auto && !job.outputs.is_empty();
        let reserve = reserve(plan.teardown.is_some(), report);
        // A test that settles the job itself is not bound by the time of this invocation.
        let deadline = match params.reporting {
            Reporting::Auto => asked.min(until.saturating_sub(reserve).unwrap_or(until)),
            Reporting::Itself => asked,
        };
        Run {
            job: job.id.clone(),
            id: self.nonce,
            execution: params.execution.clone(),
            stage: params.stage.clone(),
            stack: params.app_stack.clone(),
            subject: plan.subject.clone(),
            site: params.site.clone(),
            reporting: params.reporting,
            setup: plan.setup.clone(),
            tests: plan.tests.iter().map(|test| test.name.clone()).collect(),
            teardown: plan.teardown.clone(),
            report,
            began,
            deadline,
            ends: later(deadline, reserve),
        }
    }

    /// The AWS sample's way: the test gets the job and settles it.
    async fn hand_over(&self, begun: &Begun<S::Stage<'_>>, until: Timestamp) -> Result<Verdict, Report> {
        let Begun { stage, tests, run, .. } = begun;
        for test in tests {
            if let Kind::Function(function) = &test.kind {
                let payload = payload(run, &test.name);
                let start = async || stage.start(function, &payload).await;
                patiently(self.clock, until.min(run.deadline), Retry::Throttled, start).await?;
            }
        }
        Ok(Verdict::Deferred { why: format!("the test settles this job until {}", run.deadline) })
    }

    async fn own(&self, job: &Job, Begun { stage, tests, run, width }: &Begun<S::Stage<'_>>) -> Verdict {
        let owner = Owner { clock: self.clock, stage, runs: self.runs, http: self.http, run };
        let results = owner.results(tests, *width).await;
        let filed = file(self.clock, &self.artifacts, job, &report(run, &results), run.ends).await;
        verdict(run, &results, &filed).into()
    }
}

impl From<InvalidParams> for Report {
    fn from(error: InvalidParams) -> Self {
        Self::misconfigured(&error.to_string())
    }
}

impl From<Misconfigured> for Report {
    fn from(error: Misconfigured) -> Self {
        Self::misconfigured(&error.to_string())
    }
}
