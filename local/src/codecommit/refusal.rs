//! The documented exceptions.

use super::approvals::sha256;
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

pub(super) fn refusal(exception: &'static str, message: impl Into<String>) -> Refusal {
    Refusal::new(exception, message)
}

/// A value that must be there, or the exception that says so.
pub(super) fn required<'v>(value: Option<&'v String>, exception: &'static str, what: &str) -> Result<&'v str, Refusal> {
    let given = value.map(String::as_str).filter(|value| !value.is_empty());
    given.ok_or_else(|| refusal(exception, format!("{what} is missing")))
}

/// A text that is not too long, or the exception that says so.
pub(super) fn limited<'t>(
    text: &'t str,
    limit: usize,
    exception: &'static str,
    what: &str,
) -> Result<&'t str, Refusal> {
    match text.chars().count() {
        length if length > limit => {
            Err(refusal(exception, format!("{what} has {length} characters; {limit} is the most")))
        }
        _ => Ok(text),
    }
}

/// The name of a repository. The store also keeps repositories that have owners, for connections.
pub(super) fn repository_name(name: Option<&String>) -> Result<&str, Refusal> {
    let name = required(name, "RepositoryNameRequiredException", "repositoryName")?;
    if name.contains('/') {
        let message = format!("repository name {name:?} holds a `/`: CodeCommit's repositories have no owner");
        return Err(refusal("InvalidRepositoryNameException", message));
    }
    Ok(name)
}

/// That somebody has seen the content that they change, if they say which they have seen.
pub(super) fn seen(content: &str, hash: Option<&String>) -> Result<(), Refusal> {
    match hash {
        Some(hash) if *hash != sha256(content) => {
            let message = format!("the content's SHA-256 is {}, not {hash}: read it again", sha256(content));
            Err(refusal("InvalidRuleContentSha256Exception", message))
        }
        _ => Ok(()),
    }
}
