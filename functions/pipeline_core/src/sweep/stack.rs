//! Stacks, as far as sweep judges them.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::ids::StackArn;

/// A stack as CloudFormation describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackFacts {
    /// Its full ARN.
    pub id: StackArn,
    /// CloudFormation's status.
    pub status: StackStatus,
    /// The status's reason.
    pub reason: Option<String>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// The stack that it is nested in (`ParentId`, else `RootId`).
    pub parent: Option<String>,
    /// Whether it is protected from deletion; `None` when CloudFormation does not say.
    pub protected: Option<bool>,
    /// The ARN of the role it is deployed and deleted with.
    pub role: Option<String>,
    /// When it was created.
    pub created: Timestamp,
    /// When it was updated last.
    pub changed: Option<Timestamp>,
    /// The names under which it exports outputs.
    pub exports: Vec<String>,
}

/// A resource of a stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// Its name in the template.
    pub logical: String,
    /// Its own name; empty while it was never made.
    pub physical: String,
    /// Its type, such as `AWS::S3::Bucket`.
    pub kind: String,
    /// CloudFormation's status of it.
    pub status: String,
    /// That status's reason.
    pub reason: Option<String>,
}

/// CloudFormation's status of a stack, such as `UPDATE_COMPLETE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackStatus(pub String);

/// What a status means for a deletion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nothing goes on; it can be deleted.
    Settled,
    /// Something goes on.
    InProgress,
    /// It is being deleted.
    Deleting,
    /// A deletion failed.
    DeleteFailed,
    /// It is gone.
    Deleted,
    /// One that we leave alone: a change set or an import under review, or a status that we do not know (I10).
    Untouchable,
}

impl StackStatus {
    /// What it means for a deletion. Exact: a status that AWS adds is left alone (I10).
    pub fn standing(&self) -> Standing {
        match self.0.as_str() {
            "CREATE_COMPLETE"
            | "CREATE_FAILED"
            | "ROLLBACK_COMPLETE"
            | "ROLLBACK_FAILED"
            | "UPDATE_COMPLETE"
            | "UPDATE_FAILED"
            | "UPDATE_ROLLBACK_COMPLETE"
            | "UPDATE_ROLLBACK_FAILED" => Standing::Settled,
            "CREATE_IN_PROGRESS"
            | "ROLLBACK_IN_PROGRESS"
            | "UPDATE_IN_PROGRESS"
            | "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"
            | "UPDATE_ROLLBACK_IN_PROGRESS"
            | "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS" => Standing::InProgress,
            "DELETE_IN_PROGRESS" => Standing::Deleting,
            "DELETE_FAILED" => Standing::DeleteFailed,
            "DELETE_COMPLETE" => Standing::Deleted,
            _ => Standing::Untouchable,
        }
    }
}
