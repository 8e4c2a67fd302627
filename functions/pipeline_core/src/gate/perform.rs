//! Observes, decides, looks again, and keeps the decision before anything is said.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::{
    digest::{ReadBuild, ReadPackages},
    drive::Action,
    gate::{
        decide::{self, Opinion, confirm, decide},
        decision::{Decision, Inputs, Outcome, ReadDecisions, WriteDecisions},
        drift::DetectDrift,
        observation::{Observation, ReadExecutions},
        overrides::ReadOverrides,
        params::{self, Params},
        say,
        source::ReadSource,
        waiting::Waiting,
    },
    job::{Artifact, Job},
    ports::{Clock, ReadParameters, ReadVerdicts, Retry, patiently},
    record::facts::ReadFacts,
    start_tests::run::ReadAnnounced,
    verdict::{FailureKind, Report, Verdict},
};

/// The action, with the ports it takes.
#[derive(Debug)]
pub struct Gate<'a, C, E, P, S, R, D, B, O> {
    /// Time.
    pub clock: &'a C,
    /// The pipeline's executions.
    pub executions: &'a E,
    /// The map of people, and overrides.
    pub parameters: &'a P,
    /// What is recorded: facts, decisions, and what tests came to.
    pub state: &'a S,
    /// The repository.
    pub source: &'a R,
    /// Whether the stack has drifted.
    pub drift: &'a D,
    /// The job's artifact.
    pub builds: B,
    /// What its templates name.
    pub packages: &'a O,
}

/// The pause before the second look; each is twice the one before.
const FIRST: SignedDuration = SignedDuration::from_secs(1);
/// The longest pause.
const LONGEST: SignedDuration = SignedDuration::from_secs(20);
/// How long one job looks; then CodePipeline waits for another one.
const LOOKING: SignedDuration = SignedDuration::from_secs(60);
/// What is kept back for storing the decision.
const STORING: SignedDuration = SignedDuration::from_secs(10);

/// How looking ended.
enum Concluded {
    Decided(Box<Decision>),
    /// To be looked at again, by a job that gets this.
    Later(Waiting, String),
}

impl<C, E, P, S, R, D, B, O> Action for Gate<'_, C, E, P, S, R, D, B, O>
where
    C: Clock,
    E: ReadExecutions,
    P: ReadParameters + ReadOverrides,
    S: ReadFacts + ReadDecisions + WriteDecisions + ReadAnnounced + ReadVerdicts,
    R: ReadSource,
    D: DetectDrift,
    B: ReadBuild,
    O: ReadPackages,
{
    async fn perform(&self, job: &Job, until: Timestamp) -> Verdict {
        self.attempt(job, until).await.unwrap_or_else(|report| report).into()
    }
}

impl<C, E, P, S, R, D, B, O> Gate<'_, C, E, P, S, R, D, B, O>
where
    C: Clock,
    E: ReadExecutions,
    P: ReadParameters + ReadOverrides,
    S: ReadFacts + ReadDecisions + WriteDecisions + ReadAnnounced + ReadVerdicts,
    R: ReadSource,
    D: DetectDrift,
    B: ReadBuild,
    O: ReadPackages,
{
    async fn attempt(&self, job: &Job, until: Timestamp) -> Result<Report, Report> {
        let misconfigured = |error: &dyn std::error::Error| Report::misconfigured(&error.to_string());
        let params = params::parse(job.user_parameters.as_deref()).map_err(|error| misconfigured(&error))?;
        let artifact = job.input().map_err(|error| misconfigured(&error))?;
        let waiting = Waiting::of(job, self.clock.now()).map_err(|error| misconfigured(&error))?;
        match self.conclude(job, &params, artifact, waiting, until).await {
            Concluded::Decided(decision) => self.keep(&decision, until).await,
            Concluded::Later(waiting, summary) => Ok(waiting.report(self.clock.now(), longest(&params), &summary)),
        }
    }

    async fn keep(&self, decision: &Decision, until: Timestamp) -> Result<Report, Report> {
        // I16: a decision that another delivery of this job stored is the one that stands.
        let record = async || self.state.record_decision(decision).await;
        let standing = patiently(self.clock, until, Retry::Anything, record).await?;
        // I22: an earlier delivery approved of what was there then; what is there now is what would be deployed.
        let moved = standing.outcome == Outcome::Approve && decision.outcome != Outcome::Approve;
        Ok(report(if moved { decision } else { &standing }))
    }

    /// Looks until it is decided, has waited long enough, or this job has.
    async fn conclude(
        &self,
        job: &Job,
        params: &Params,
        artifact: &Artifact,
        Waiting { since, mut detection }: Waiting,
        until: Timestamp,
    ) -> Concluded {
        // CodePipeline may come back late: each job looks for its minute.
        let looking = later(self.clock.now(), LOOKING);
        let last = later(since, longest(params)).max(looking);
        let pause_at = looking.min(until.saturating_sub(STORING).unwrap_or(until));
        let (mut pause, mut before) = (FIRST, None);
        loop {
            let seen = self.observe(job, params, artifact, &mut detection, before.take()).await;
            let opinion = self.weigh(params, artifact, &seen).await;
            let now = self.clock.now();
            if opinion.outcome() != Outcome::Wait {
                return Concluded::Decided(self.decision(job, params, &seen, opinion));
            }
            if now >= last {
                let gave_up = opinion.after_waiting(now.duration_since(since));
                return Concluded::Decided(self.decision(job, params, &seen, gave_up));
            }
            if now >= pause_at {
                return Concluded::Later(Waiting { since, detection }, opinion.waits_for());
            }
            tracing::info!(job = %job.id, ?opinion, "waiting");
            self.clock.sleep_until(later(now, pause).min(pause_at)).await;
            before = Some(seen);
            pause = pause.saturating_mul(2).min(LONGEST);
        }
    }

    async fn weigh(&self, params: &Params, artifact: &Artifact, seen: &Observation) -> Opinion {
        let opinion = decide(params, seen);
        if opinion.outcome() != Outcome::Approve {
            return opinion;
        }
        let (execution, found) = (self.execution(params).await, self.found(artifact).await);
        confirm(opinion, seen, &execution, &found)
    }

    fn decision(&self, job: &Job, params: &Params, seen: &Observation, opinion: Opinion) -> Box<Decision> {
        let tally = decide::votes(params, seen);
        Box::new(Decision {
            job: job.id.clone(),
            pipeline: params.pipeline.clone(),
            execution: params.execution.clone(),
            phase: params.phase,
            at: self.clock.now(),
            outcome: opinion.outcome(),
            inputs: Inputs::of(seen, opinion.overridden.clone()),
            answers: opinion.answers(),
            revision: params.revision.clone(),
            digest: seen.found.as_ref().ok().cloned(),
            votes: tally.votes,
            excluded: tally.makers.excluded,
            rules: params.rules.clone(),
        })
    }
}

fn longest(params: &Params) -> SignedDuration {
    SignedDuration::from_mins(params.max_wait_minutes.into())
}

fn later(from: Timestamp, by: SignedDuration) -> Timestamp {
    from.saturating_add(by).unwrap_or(Timestamp::MAX)
}

fn report(decision: &Decision) -> Report {
    let summary = say::summary(decision);
    match decision.outcome {
        Outcome::Approve => Report::succeed(&summary, BTreeMap::new()),
        Outcome::Wait | Outcome::Deny => Report::fail(FailureKind::JobFailed, &summary),
    }
}
