//! What a release is judged by: executions and their approvals, people, builds and packages, and the records of them.

use std::{cell::RefCell, collections::BTreeMap};

use crate::{
    configure::perform::Files,
    digest::{Build, Measured, Object, ReadBuild, ReadPackages},
    gate::{
        decision::{Decision, ReadDecisions, WriteDecisions},
        drift::{DetectDrift, DetectionId, Drift},
        observation::{ActionRun, Execution, ReadExecutions},
        overrides::{ReadOverrides, Written},
        source::{Made, PullRequest, ReadSource, Repository},
    },
    ids::{CommitId, Digest, ExecutionId, JobId, StackName},
    job::Artifact,
    memory::World,
    ports::{Parameter, PortError, ReadParameters},
    record::facts::{Push, ReadFacts, WriteFacts},
};

/// A bucket and a key.
pub type Place = (String, String);

/// The part of the world that the gate looks at.
#[derive(Debug, Default)]
pub struct Release {
    /// Pipeline executions.
    pub executions: RefCell<BTreeMap<ExecutionId, Execution>>,
    /// Runs of actions.
    pub runs: RefCell<Vec<(ExecutionId, ActionRun)>>,
    /// Parameters by name.
    pub parameters: RefCell<BTreeMap<String, Parameter>>,
    /// The files of artifacts, by where those are.
    pub artifacts: RefCell<BTreeMap<Place, Files>>,
    /// The versions of other objects, the newest last, by where those are.
    pub objects: RefCell<BTreeMap<Place, Vec<Vec<u8>>>>,
    /// Recorded digests, by execution and artifact.
    pub digests: RefCell<BTreeMap<(ExecutionId, Place), Digest>>,
    /// What the source says of who made what a commit releases; nothing known is the commit alone, by nobody.
    pub made: RefCell<BTreeMap<CommitId, Made>>,
    /// The revision of the newest execution that succeeded.
    pub released: RefCell<Option<String>>,
    /// The pull request that brought a commit.
    pub pull_requests: RefCell<BTreeMap<CommitId, PullRequest>>,
    /// What looking for drift comes to, by stack; one that is not there is absent.
    pub drift: RefCell<BTreeMap<StackName, Drift>>,
    /// Overrides by name.
    pub overrides: RefCell<BTreeMap<String, Written>>,
    /// Recorded pushes.
    pub pushes: RefCell<Vec<Push>>,
    /// Recorded decisions.
    pub decisions: RefCell<BTreeMap<JobId, Decision>>,
}

impl ReadExecutions for World {
    async fn execution(&self, _pipeline: &str, id: &ExecutionId) -> Result<Execution, PortError> {
        let missing = || PortError::NotFound { what: format!("execution {id}") };
        let read = || self.release.executions.borrow().get(id).cloned().ok_or_else(missing);
        self.effect("read execution", read).await
    }

    async fn released(&self, _pipeline: &str) -> Result<Option<String>, PortError> {
        self.effect("read released", || Ok(self.release.released.borrow().clone())).await
    }

    async fn runs(&self, _pipeline: &str, id: &ExecutionId) -> Result<Vec<ActionRun>, PortError> {
        let read = || {
            let runs = self.release.runs.borrow();
            Ok(runs.iter().filter(|(of, _)| of == id).map(|(_, run)| run.clone()).collect())
        };
        self.effect("read runs", read).await
    }
}

impl ReadSource for World {
    async fn made(&self, _: &Repository, _: &str, commit: &CommitId, _: Option<&CommitId>) -> Result<Made, PortError> {
        let alone = || Made { makers: vec![], commits: vec![commit.clone()] };
        let read = || Ok(self.release.made.borrow().get(commit).cloned().unwrap_or_else(alone));
        self.effect("read makers", read).await
    }

    async fn pull_request(&self, _: &Repository, commit: &CommitId, _: &str) -> Result<Option<PullRequest>, PortError> {
        self.effect("read pull request", || Ok(self.release.pull_requests.borrow().get(commit).cloned())).await
    }
}

impl DetectDrift for World {
    async fn begin(&self, stack: &StackName) -> Result<Drift, PortError> {
        let begin = || {
            let drift = self.release.drift.borrow();
            Ok(match drift.get(stack) {
                None => Drift::Absent,
                Some(Drift::Busy(why)) => Drift::Busy(why.clone()),
                Some(_) => Drift::Detecting(detection(stack)),
            })
        };
        self.effect("begin detection", begin).await
    }

    async fn outcome(&self, stack: &StackName, id: &DetectionId) -> Result<Drift, PortError> {
        let read = || {
            let drift = self.release.drift.borrow();
            let found = drift.get(stack).filter(|_| *id == detection(stack));
            let foreign =
                || PortError::Unusable { what: format!("detection {}", id.0), why: "of another stack".into() };
            found.cloned().ok_or_else(foreign)
        };
        self.effect("read detection", read).await
    }
}

/// The id of a stack's detection.
fn detection(stack: &StackName) -> DetectionId {
    DetectionId(format!("detection-of-{stack}"))
}

impl ReadOverrides for World {
    async fn written(&self, name: &str) -> Result<Option<Written>, PortError> {
        self.effect("read override", || Ok(self.release.overrides.borrow().get(name).cloned())).await
    }
}

impl ReadParameters for World {
    async fn parameter(&self, name: &str) -> Result<Option<Parameter>, PortError> {
        self.effect("read parameter", || Ok(self.release.parameters.borrow().get(name).cloned())).await
    }
}

impl ReadBuild for World {
    async fn build(&self, artifact: &Artifact) -> Result<Build, PortError> {
        let read = || {
            let missing = || PortError::NotFound { what: format!("artifact {}", artifact.name) };
            let artifacts = self.release.artifacts.borrow();
            let files = artifacts.get(&place(artifact)).ok_or_else(missing)?;
            let zip: Vec<u8> = files.iter().flat_map(|(path, text)| [path.as_bytes(), text].concat()).collect();
            Ok(Build { sha256: Digest::of(&zip), files: files.clone() })
        };
        self.effect("read build", read).await
    }
}

fn place(artifact: &Artifact) -> Place {
    (artifact.bucket.clone(), artifact.key.clone())
}

impl World {
    fn object(&self, object: &Object) -> Result<(Measured, Vec<u8>), PortError> {
        let objects = self.release.objects.borrow();
        let versions = objects.get(&(object.bucket.clone(), object.key.clone()));
        let mut numbered = versions.into_iter().flatten().zip(1..).map(|(bytes, number)| (format!("v{number}"), bytes));
        let found = match &object.version {
            Some(wanted) => numbered.find(|(version, _)| version == wanted),
            None => numbered.last(),
        };
        let (version, bytes) = found.ok_or_else(|| PortError::NotFound { what: object.to_string() })?;
        Ok((Measured { version, sha256: Digest::of(bytes) }, bytes.clone()))
    }
}

impl ReadPackages for World {
    async fn measure(&self, object: &Object) -> Result<Measured, PortError> {
        self.effect("measure package", || self.object(object).map(|(measured, _)| measured)).await
    }

    async fn template(&self, object: &Object) -> Result<(Measured, Vec<u8>), PortError> {
        self.effect("read template", || self.object(object)).await
    }
}

impl ReadFacts for World {
    async fn digest(&self, execution: &ExecutionId, artifact: &Artifact) -> Result<Option<Digest>, PortError> {
        let key = (execution.clone(), place(artifact));
        self.effect("read digest", || Ok(self.release.digests.borrow().get(&key).cloned())).await
    }

    async fn pushes(&self, repository: &str, commit: &CommitId) -> Result<Vec<Push>, PortError> {
        let read = || {
            let pushes = self.release.pushes.borrow();
            Ok(pushes.iter().filter(|push| push.repository == repository && push.commit == *commit).cloned().collect())
        };
        self.effect("read pushers", read).await
    }
}

impl WriteFacts for World {
    async fn record_digest(
        &self,
        execution: &ExecutionId,
        artifact: &Artifact,
        digest: &Digest,
    ) -> Result<Digest, PortError> {
        let write = || {
            let mut digests = self.release.digests.borrow_mut();
            let key = (execution.clone(), place(artifact));
            Ok(digests.entry(key).or_insert_with(|| digest.clone()).clone())
        };
        self.effect("record digest", write).await
    }

    async fn record_push(&self, push: &Push) -> Result<(), PortError> {
        let write = || {
            let mut pushes = self.release.pushes.borrow_mut();
            if pushes
                .iter()
                .all(|known| (&known.commit, &known.reference, &known.by) != (&push.commit, &push.reference, &push.by))
            {
                pushes.push(push.clone());
            }
            Ok(())
        };
        self.effect("record push", write).await
    }
}

impl ReadDecisions for World {
    async fn decisions(&self, execution: &ExecutionId) -> Result<Vec<Decision>, PortError> {
        let read = || {
            let decisions = self.release.decisions.borrow();
            let mut ours: Vec<_> = decisions.values().filter(|one| one.execution == *execution).cloned().collect();
            ours.sort_by_key(|decision| decision.at);
            Ok(ours)
        };
        self.effect("read decisions", read).await
    }
}

impl WriteDecisions for World {
    async fn record_decision(&self, decision: &Decision) -> Result<Decision, PortError> {
        let write = || {
            let mut decisions = self.release.decisions.borrow_mut();
            Ok(decisions.entry(decision.job.clone()).or_insert_with(|| decision.clone()).clone())
        };
        self.effect("record decision", write).await
    }
}
