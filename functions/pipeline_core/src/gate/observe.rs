//! Looks at everything once. What cannot be seen is noted as such, and the rules make of it what they must.

use crate::{
    digest::{ReadBuild, ReadPackages, measure::measure},
    gate::{
        decision::{Decision, Outcome, ReadDecisions, WriteDecisions},
        drift::{DetectDrift, DetectionId, Drift},
        makers::did,
        observation::{Execution, Observation, ReadExecutions, Seen, TestedStack},
        overrides::{self, ReadOverrides, Written},
        params::Params,
        people::People,
        perform::Gate,
        source::{Identity, Made, Maker, PullRequest, ReadSource, Repository, Why},
        standing::Basis,
    },
    ids::{CommitId, Digest, ExecutionId},
    job::{Artifact, Job},
    ports::{Clock, Parameter, PortError, ReadParameters, ReadVerdicts},
    record::facts::{Push, ReadFacts},
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
        before: Option<Observation>,
    ) -> Observation {
        let execution = self.execution(params).await;
        let basis = execution.as_ref().map_err(Clone::clone).and_then(|execution| Basis::of(params, execution));
        let is_fresh = matches!(basis, Ok(Basis::Fresh));
        let origin = basis.as_ref().map(|basis| basis.origin(params).clone()).map_err(Clone::clone);
        let (makers, pull_request) = if is_fresh { self.repository(params, before).await } else { (None, None) };
        Observation {
            runs: self.executions.runs(&params.pipeline, &params.execution).await,
            people: self.people(params).await,
            makers,
            pull_request,
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

    /// Who made it, which does not change once it is known and takes many requests, and what became of its pull request,
    /// which changes with every review.
    async fn repository(
        &self,
        params: &Params,
        before: Option<Observation>,
    ) -> (Option<Seen<Vec<Maker>>>, Option<Seen<Option<PullRequest>>>) {
        let makers = match before.and_then(|seen| seen.makers) {
            Some(Ok(makers)) if did(&makers, Why::Pushed) => Some(Ok(makers)),
            _ => self.makers(params).await,
        };
        (makers, self.pull_request(params).await)
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
        if params.rules.approved.is_none() && params.rules.pull_request.is_none() {
            return None;
        }
        let (repository, branch) = (params.repository.as_ref()?, params.branch.as_ref()?);
        Some(match commit(params) {
            Some(commit) => self.makers_of(params, repository, branch, &commit).await,
            None => Ok(vec![]),
        })
    }

    /// All that the release adds is made by somebody: also what was pushed before and never came to be released.
    async fn makers_of(
        &self,
        params: &Params,
        repository: &Repository,
        branch: &str,
        commit: &CommitId,
    ) -> Seen<Vec<Maker>> {
        let since = self.executions.released(&params.pipeline).await?.and_then(|revision| revision.parse().ok());
        let Made { mut makers, commits } = self.source.made(repository, branch, commit, since.as_ref()).await?;
        if let Repository::CodeCommit(name) = repository {
            for made in &commits {
                let why = if made == commit { Why::Pushed } else { Why::Contributed };
                makers.extend(self.pushers(name, made, Some(branch), why).await?);
            }
        }
        Ok(makers)
    }

    async fn pushers(&self, repository: &str, commit: &CommitId, released: Option<&str>, why: Why) -> Seen<Vec<Maker>> {
        let pushes = self.state.pushes(repository, commit).await?;
        Ok(pushers(pushes, released, why).collect())
    }

    async fn pull_request(&self, params: &Params) -> Option<Seen<Option<PullRequest>>> {
        params.rules.pull_request?;
        let (repository, branch) = (params.repository.as_ref()?, params.branch.as_ref()?);
        Some(match commit(params) {
            Some(commit) => self.pull_request_of(repository, branch, &commit).await,
            None => Ok(None),
        })
    }

    async fn pull_request_of(
        &self,
        repository: &Repository,
        branch: &str,
        commit: &CommitId,
    ) -> Seen<Option<PullRequest>> {
        let Some(mut pull_request) = self.source.pull_request(repository, commit, branch).await? else {
            return Ok(None);
        };
        if let Repository::CodeCommit(name) = repository {
            for (place, commit) in pull_request.commits.clone().iter().enumerate() {
                // I24: whoever pushed a part of it may not be who pushed the rest.
                let why = if place == 0 { Why::Updated } else { Why::Contributed };
                pull_request.makers.extend(self.pushers(name, commit, None, why).await?);
            }
        }
        Ok(Some(pull_request))
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
        let mut told = vec![];
        for decision in self.state.decisions(origin.as_ref().map_err(Clone::clone)?).await? {
            if decision.job != job.id && self.was_told(&decision).await? {
                told.push(decision);
            }
        }
        Ok(told)
    }

    /// I23: what was approved and never told, as its job failed at something else, has released nothing. Verdicts are
    /// forgotten before decisions are.
    async fn was_told(&self, decision: &Decision) -> Seen<bool> {
        if decision.outcome != Outcome::Approve {
            return Ok(true);
        }
        let verdict = self.state.standing(&decision.job).await?;
        Ok(verdict.is_none_or(|verdict| matches!(verdict.report, Report::Succeed { .. })))
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

/// Who pushed a commit: whoever was the first, and everybody to the branch that is released. A branch that is made later
/// where the commit is already changes nothing of it. Who is not told of is somebody unknown.
fn pushers(pushes: Vec<Push>, released: Option<&str>, why: Why) -> impl Iterator<Item = Maker> {
    let first = pushes.iter().filter_map(|push| push.at).min();
    let released = released.map(|branch| format!("refs/heads/{branch}"));
    pushes.into_iter().filter_map(move |push| {
        let is_dated = push.at.is_some() && push.reference.is_some();
        let is_here = !is_dated || released.is_none() || push.reference == released;
        // I24: who brought it elsewhere first is not who brought it here, and says nothing of them.
        let why = if is_here { why } else { Why::Contributed };
        let counts = !is_dated || push.at == first || (released.is_some() && push.reference == released);
        counts.then(|| Maker { names: vec![Identity::Principal(push.by.unwrap_or_default())], why })
    })
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
