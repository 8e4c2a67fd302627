//! A CodePipeline job as the functions see it: what to do, and on which artifacts. Its credentials never get here.

use crate::ids::JobId;

/// One job: one invocation of an action's function by CodePipeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// The id that settles it.
    pub id: JobId,
    /// The account of the pipeline that asks.
    pub account: String,
    /// The action's `UserParameters`, variables resolved; `None` when the action has none.
    pub user_parameters: Option<String>,
    /// The artifacts the action may read.
    pub inputs: Vec<Artifact>,
    /// The artifacts the action must write, each to the key it names.
    pub outputs: Vec<Artifact>,
    /// The token of our own earlier report, when this job continues one.
    pub continuation: Option<String>,
}

/// An artifact: a zip in the pipeline's artifact bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    /// The name that the pipeline's definition gives it.
    pub name: String,
    /// The revision it was made from; CodePipeline knows it for source artifacts only.
    pub revision: Option<String>,
    /// The artifact bucket.
    pub bucket: String,
    /// The key of its zip.
    pub key: String,
}

/// The job id was found, the rest of the event was not what a job is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the job event is malformed: {0}")]
pub struct MalformedJob(pub String);

/// An action was given another number of artifacts than the one it takes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the action declares {found} {which} artifacts, not one")]
pub struct NotOne {
    which: &'static str,
    found: usize,
}

impl Job {
    /// The one input artifact.
    pub fn input(&self) -> Result<&Artifact, NotOne> {
        only(&self.inputs, "input")
    }

    /// The one output artifact.
    pub fn output(&self) -> Result<&Artifact, NotOne> {
        only(&self.outputs, "output")
    }
}

fn only<'a>(artifacts: &'a [Artifact], which: &'static str) -> Result<&'a Artifact, NotOne> {
    match artifacts {
        [artifact] => Ok(artifact),
        others => Err(NotOne { which, found: others.len() }),
    }
}
