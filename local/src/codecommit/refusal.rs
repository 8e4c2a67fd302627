//! The documented exceptions.

use crate::json_api::Refusal;
use crate::repository::Error;

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        let exception = match &error {
            Error::Name(_) => "InvalidRepositoryNameException",
            Error::NoRepository(_) => "RepositoryDoesNotExistException",
            Error::Exists(_) => "RepositoryNameExistsException",
            Error::NoBranch { .. } => "BranchDoesNotExistException",
            Error::NoCommit { .. } => "CommitIdDoesNotExistException",
            _ => return Self::internal(&error),
        };
        Self::new(exception, error.to_string())
    }
}
