//! Looks at everything once. What cannot be seen is noted as such, and the rules make of it what they must.

use std::collections::BTreeSet;

use crate::{
    digest::{ReadBuild, ReadPackages, measure::measure},
    gate::{
        decision::{Decision, ReadDecisions, WriteDecisions},
        observation::{Execution, Kind, Observation, ReadExecutions, Seen},
        params::Params,
        people::People,
        perform::Gate,
    },
    ids::{Digest, ExecutionId},
    job::{Artifact, Job},
    ports::{Clock, Parameter, PortError, ReadParameters},
    record::facts::ReadFacts,
};

impl<C, E, P, S, B, O> Gate<'_, C, E, P, S, B, O>
where
    C: Clock,
    E: ReadExecutions,
    P: ReadParameters,
    S: ReadFacts + ReadDecisions + WriteDecisions,
    B: ReadBuild,
    O: ReadPackages,
{
    pub(super) async fn observe(&self, job: &Job, params: &Params, artifact: &Artifact) -> Observation {
        let execution = self.execution(params).await;
        let origin = execution.as_ref().map_err(Clone::clone).and_then(|execution| origin(params, execution));
        Observation {
            approvals: self.executions.approvals(&params.pipeline, &params.execution).await,
            people: self.people(params).await,
            pushers: self.pushers(params).await,
            recorded: self.recorded(&origin, artifact).await,
            decisions: self.decided(job, &origin).await,
            found: self.found(artifact).await,
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

    async fn pushers(&self, params: &Params) -> Option<Seen<BTreeSet<String>>> {
        let repository = params.repository.as_ref()?;
        match params.revision.as_ref().and_then(|revision| revision.parse().ok()) {
            Some(commit) => Some(self.state.pushers(repository, &commit).await),
            None => Some(Ok(BTreeSet::new())),
        }
    }

    async fn recorded(&self, origin: &Seen<ExecutionId>, artifact: &Artifact) -> Seen<Option<Digest>> {
        self.state.digest(origin.as_ref().map_err(Clone::clone)?, artifact).await
    }

    /// What other jobs decided: our own, of an earlier delivery, has used up nothing that is not ours.
    async fn decided(&self, job: &Job, origin: &Seen<ExecutionId>) -> Seen<Vec<Decision>> {
        let decisions = self.state.decisions(origin.as_ref().map_err(Clone::clone)?).await?;
        Ok(decisions.into_iter().filter(|decision| decision.job != job.id).collect())
    }
}

/// The execution that built what would be deployed.
fn origin(params: &Params, execution: &Execution) -> Seen<ExecutionId> {
    match &execution.kind {
        Kind::Standard => Ok(params.execution.clone()),
        Kind::Rollback(Some(target)) => Ok(target.clone()),
        Kind::Rollback(None) => Err(PortError::Unusable {
            what: format!("rollback {}", params.execution),
            why: "it does not say to which execution it goes back".into(),
        }),
    }
}
