//! Observes, decides, looks again, and keeps the decision before anything is said.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::{
    digest::{ReadBuild, ReadPackages},
    drive::Action,
    gate::{
        decide::{self, Opinion, confirm, decide},
        decision::{Decision, Outcome, ReadDecisions, WriteDecisions},
        observation::{Observation, ReadExecutions},
        params::{self, Params},
        say,
    },
    job::{Artifact, Job},
    ports::{Clock, ReadParameters, Retry, patiently},
    record::facts::ReadFacts,
    verdict::{FailureKind, Report, Verdict},
};

/// The action, with the ports it takes.
#[derive(Debug)]
pub struct Gate<'a, C, E, P, S, B, O> {
    /// Time.
    pub clock: &'a C,
    /// The pipeline's executions.
    pub executions: &'a E,
    /// The map of people.
    pub parameters: &'a P,
    /// What is recorded: facts, and decisions.
    pub state: &'a S,
    /// The job's artifact.
    pub builds: B,
    /// What its templates name.
    pub packages: &'a O,
}

/// The pause before the second look; each is twice the one before.
const FIRST: SignedDuration = SignedDuration::from_secs(1);
/// The longest pause.
const LONGEST: SignedDuration = SignedDuration::from_secs(60);
/// What is kept back for storing the decision.
const STORING: SignedDuration = SignedDuration::from_secs(10);

impl<C, E, P, S, B, O> Action for Gate<'_, C, E, P, S, B, O>
where
    C: Clock,
    E: ReadExecutions,
    P: ReadParameters,
    S: ReadFacts + ReadDecisions + WriteDecisions,
    B: ReadBuild,
    O: ReadPackages,
{
    async fn perform(&self, job: &Job, until: Timestamp) -> Verdict {
        self.attempt(job, until).await.unwrap_or_else(|report| report).into()
    }
}

impl<C, E, P, S, B, O> Gate<'_, C, E, P, S, B, O>
where
    C: Clock,
    E: ReadExecutions,
    P: ReadParameters,
    S: ReadFacts + ReadDecisions + WriteDecisions,
    B: ReadBuild,
    O: ReadPackages,
{
    async fn attempt(&self, job: &Job, until: Timestamp) -> Result<Report, Report> {
        let params =
            params::parse(job.user_parameters.as_deref()).map_err(|error| Report::misconfigured(&error.to_string()))?;
        let artifact = job.input().map_err(|error| Report::misconfigured(&error.to_string()))?;
        let decision = self.conclude(job, &params, artifact, until).await;
        // I16: a decision that another delivery of this job stored is the one that stands.
        let record = async || self.state.record_decision(&decision).await;
        let standing = patiently(self.clock, until, Retry::Anything, record).await?;
        // I22: an earlier delivery approved of what was there then; what is there now is what would be deployed.
        let moved = standing.outcome == Outcome::Approve && decision.outcome != Outcome::Approve;
        Ok(report(if moved { &decision } else { &standing }))
    }

    /// Looks until it is decided, or has waited long enough.
    async fn conclude(&self, job: &Job, params: &Params, artifact: &Artifact, until: Timestamp) -> Decision {
        let longest = SignedDuration::from_mins(params.max_wait_minutes.into());
        let begin = self.clock.now();
        let last = begin.saturating_add(longest).unwrap_or(until);
        let last = last.min(until.saturating_sub(STORING).unwrap_or(until));
        let mut pause = FIRST;
        loop {
            let seen = self.observe(job, params, artifact).await;
            let opinion = self.weigh(params, artifact, &seen).await;
            let now = self.clock.now();
            if opinion.outcome() != Outcome::Wait {
                return self.decision(job, params, &seen, opinion);
            }
            if now >= last {
                return self.decision(job, params, &seen, opinion.after_waiting(now.duration_since(begin)));
            }
            tracing::info!(job = %job.id, ?opinion, "waiting");
            self.clock.sleep_until(now.saturating_add(pause).unwrap_or(last).min(last)).await;
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

    fn decision(&self, job: &Job, params: &Params, seen: &Observation, opinion: Opinion) -> Decision {
        let tally = decide::votes(params, seen);
        Decision {
            job: job.id.clone(),
            pipeline: params.pipeline.clone(),
            execution: params.execution.clone(),
            at: self.clock.now(),
            outcome: opinion.outcome(),
            answers: opinion.answers(),
            revision: params.revision.clone(),
            digest: seen.found.as_ref().ok().cloned(),
            votes: tally.votes,
            excluded: tally.excluded,
        }
    }
}

fn report(decision: &Decision) -> Report {
    let summary = say::summary(decision);
    match decision.outcome {
        Outcome::Approve => Report::succeed(&summary, BTreeMap::new()),
        Outcome::Wait | Outcome::Deny => Report::fail(FailureKind::JobFailed, &summary),
    }
}
