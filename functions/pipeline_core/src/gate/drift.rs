//! Whether a stack is as its template says.

use serde::{Deserialize, Serialize};

use crate::{ids::StackName, ports::PortError};

/// CloudFormation's id of a detection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DetectionId(pub String);

/// How far a detection is, and what it found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Drift {
    /// There is no such stack, so nothing can have drifted.
    Absent,
    /// It was begun, and is not done.
    Detecting(DetectionId),
    /// It cannot begin yet: the stack is being changed, or somebody else's detection is under way.
    Busy(String),
    /// The stack is as its template says, as far as CloudFormation can tell.
    InSync,
    /// These resources are not, each with what became of it.
    Drifted(Vec<String>),
    /// CloudFormation could not find out, for this reason.
    Failed(String),
}

/// Finding drift.
pub trait DetectDrift {
    /// Begins a detection: [`Drift::Detecting`], [`Drift::Absent`], [`Drift::Busy`], or [`Drift::Failed`] where the stack's
    /// status allows none.
    fn begin(&self, stack: &StackName) -> impl Future<Output = Result<Drift, PortError>>;
    /// What became of a detection of this stack. One of another stack, or none at all, is [`PortError::Unusable`].
    fn outcome(&self, stack: &StackName, id: &DetectionId) -> impl Future<Output = Result<Drift, PortError>>;
}
