//! Looks at everything once. What cannot be seen is noted as such, and the rules make of it what they must.

use crate::{
    digest::{ReadBuild, ReadPackages, measure::measure},
    gate::{
        decision::{Decision, ReadDecisions, WriteDecisions},
        drift::{DetectDrift, DetectionId, Drift},
        observation::{Execution, Observation, ReadExecutions, Seen, TestedStack},
        overrides::{self, ReadOverrides, Written},
        params::Params,
        people::People,
        perform::Gate,
        source::{Identity, Maker, PullRequest, ReadSource, Repository, Why},
        standing::Basis,
    },
    ids::{CommitId, Digest, ExecutionId},
    job::{Artifact, Job},
    ports::{Clock, Parameter, PortError, ReadParameters, ReadVerdicts},
    record::facts::ReadFacts,
    start_tests::run::{Announced, ReadAnnounced},
    verdict::Report,
};

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
    /// `detection` is the one that was begun before, and becomes the one that is under way.
    pub(super) async fn observe(
        &self,
        job: &Job,
        params: &Params,
        artifact: &Artifact,
        detection: &mut Option<DetectionId>,
    ) -> Observation {
        let execution = self.execution(params).await;
        let basis = execution.as_ref().map_err(Clone::clone).and_then(|execution| Basis::of(params, execution));
        let is_fresh = matches!(basis, Ok(Basis::Fresh));
        let origin = basis.as_ref().map(|basis| basis.origin(params).clone()).map_err(Clone::clone);
        let has_people = params.rules.approved.is_some() || params.rules.pull_request.is_some();
        Observation {
            runs: self.executions.runs(&params.pipeline, &params.execution).await,
            people: self.people(params).await,
            makers: if is_fresh && has_people { self.makers(params).await } else { None },
            pull_request: if is_fresh { self.pull_request(params).await } else { None },
            tests: if is_fresh { self.tests(params).await } else { None },
            recorded: self.recorded(&origin, artifact).await,
            decisions: self.decided(job, &origin).await,
            written: self.written(params).await,
            // A rollback is not held up by drift, nor by looking for it.
            drift: match basis {
                Ok(Basis::BroughtBack(_)) | Err(_) => None,
                Ok(_) => self.drift(params, detection).await,
            },
            found: self.found(artifact).await,
            at: self.clock.now(),
            execution,
        }
    }

    pub(super) async fn execution(&self, params: &Params) -> Seen<Execution> {
        self.executions.execution(&params.pipeline, &params.execution).await
    }

    pub(super) async fn found(&self, artifact: &Artifact) -> Seen<Digest> {
        measure(&self.builds, self.packages, artifact).await
    }

    async fn people(&self, params: &Params) -> Seen<People> {
        let what = || format!("the people map {}", params.people);
        let unusable = |why: String| PortError::Unusable { what: what(), why };
        match self.parameters.parameter(&params.people).await? {
            Some(Parameter::Plain(text)) => People::parse(&text).map_err(|error| unusable(error.to_string())),
            Some(Parameter::Secret) => {
                Err(unusable("it is a SecureString; make it a String, since who somebody is is no secret".into()))
            }
            None => Err(PortError::NotFound { what: what() }),
        }
    }

    async fn makers(&self, params: &Params) -> Option<Seen<Vec<Maker>>> {
        let repository = params.repository.as_ref()?;
        match commit(params) {
            Some(commit) => Some(self.makers_of(repository, &commit).await),
            None => Some(Ok(vec![])),
        }
    }

    async fn makers_of(&self, repository: &Repository, commit: &CommitId) -> Seen<Vec<Maker>> {
        let mut makers = self.source.makers(repository, commit).await?;
        if let Repository::CodeCommit(name) = repository {
            let pushers = self.state.pushers(name, commit).await?;
            let pushed = |arn| Maker { names: vec![Identity::Principal(arn)], why: Why::Pushed };
            makers.extend(pushers.into_iter().map(pushed));
        }
        Ok(makers)
    }

    async fn pull_request(&self, params: &Params) -> Option<Seen<Option<PullRequest>>> {
        params.rules.pull_request?;
        let (repository, branch) = (params.repository.as_ref()?, params.branch.as_ref()?);
        match commit(params) {
            Some(commit) => Some(self.source.pull_request(repository, &commit, branch).await),
            None => Some(Ok(None)),
        }
    }

    async fn tests(&self, params: &Params) -> Option<Seen<Vec<TestedStack>>> {
        params.rules.tested.as_ref()?;
        Some(self.tests_of(&params.execution).await)
    }

    async fn tests_of(&self, execution: &ExecutionId) -> Seen<Vec<TestedStack>> {
        let mut tests = vec![];
        for Announced { job, stack, .. } in latest(self.state.announced(execution).await?) {
            let verdict = self.state.standing(&job).await?;
            let passed = verdict.map(|verdict| matches!(verdict.report, Report::Succeed { .. }));
            tests.push(TestedStack { stack, job, passed });
        }
        Ok(tests)
    }

    async fn recorded(&self, origin: &Seen<ExecutionId>, artifact: &Artifact) -> Seen<Option<Digest>> {
        self.state.digest(origin.as_ref().map_err(Clone::clone)?, artifact).await
    }

    /// What other jobs decided: our own, of an earlier delivery, has used up nothing that is not ours.
    async fn decided(&self, job: &Job, origin: &Seen<ExecutionId>) -> Seen<Vec<Decision>> {
        let decisions = self.state.decisions(origin.as_ref().map_err(Clone::clone)?).await?;
        Ok(decisions.into_iter().filter(|decision| decision.job != job.id).collect())
    }

    async fn written(&self, params: &Params) -> Option<Seen<Option<Written>>> {
        Some(self.parameters.written(&overrides::name(params)?).await)
    }

    async fn drift(&self, params: &Params, detection: &mut Option<DetectionId>) -> Option<Seen<Drift>> {
        let stack = &params.rules.no_drift.as_ref()?.stack;
        let seen = match &*detection {
            Some(id) => self.drift.outcome(stack, id).await,
            None => self.drift.begin(stack).await,
        };
        match &seen {
            Ok(Drift::Detecting(id)) => *detection = Some(id.clone()),
            // That one came to nothing, so the next look begins another.
            Ok(Drift::Busy(_)) => *detection = None,
            _ => {}
        }
        Some(seen)
    }
}

/// What is no commit's full id is said by the rule `revision`.
fn commit(params: &Params) -> Option<CommitId> {
    params.revision.as_ref()?.parse().ok()
}

/// Of each action the tests that ran last: a retry of its stage runs them again.
fn latest(mut announced: Vec<Announced>) -> Vec<Announced> {
    announced.sort_by(|one, other| (&one.action, other.began).cmp(&(&other.action, one.began)));
    announced.dedup_by(|one, before| one.action == before.action);
    announced
}
