//! The documented exceptions.

use serde_json::{Value, json};

use crate::repository;

/// What the API answers instead of a result.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    exception: &'static str,
    message: String,
}

impl Refusal {
    pub(super) fn new(exception: &'static str, message: impl Into<String>) -> Self {
        Self { exception, message: message.into() }
    }

    /// Whether it is our own failure, not the caller's.
    pub(super) fn is_ours(&self) -> bool {
        self.exception == "InternalFailure"
    }

    pub(super) fn body(&self) -> Value {
        json!({"__type": self.exception, "message": self.message})
    }
}

impl From<repository::Error> for Refusal {
    fn from(error: repository::Error) -> Self {
        let exception = match &error {
            repository::Error::Name(_) => "InvalidRepositoryNameException",
            repository::Error::NoRepository(_) => "RepositoryDoesNotExistException",
            repository::Error::Exists(_) => "RepositoryNameExistsException",
            repository::Error::NoBranch { .. } => "BranchDoesNotExistException",
            repository::Error::NoCommit { .. } => "CommitIdDoesNotExistException",
            _ => "InternalFailure",
        };
        Self::new(exception, error.to_string())
    }
}
