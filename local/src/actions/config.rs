//! An action's configuration, read key by key.

use crate::pipeline::action::Request;

/// A configuration that cannot be acted on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A key is missing or empty.
    #[error("action {action} needs {key} in its configuration")]
    Missing {
        /// The action.
        action: String,
        /// The key.
        key: &'static str,
    },
    /// A value has another form than documented.
    #[error("{key} of action {action} cannot be read: {reason}")]
    Malformed {
        /// The action.
        action: String,
        /// The key.
        key: &'static str,
        /// What is wrong with its value.
        reason: String,
    },
    /// A value that AWS knows and that is not done here.
    #[error("{key} {value} of action {action} does not run here{instead}")]
    Unsupported {
        /// The action.
        action: String,
        /// The key.
        key: &'static str,
        /// Its value.
        value: String,
        /// What does, starting with a comma, or nothing.
        instead: &'static str,
    },
}

pub(super) fn required<'a>(request: &'a Request, key: &'static str) -> Result<&'a str, Error> {
    optional(request, key).ok_or_else(|| Error::Missing { action: request.action.clone(), key })
}

/// An empty value is no value, as on AWS.
pub(super) fn optional<'a>(request: &'a Request, key: &str) -> Option<&'a str> {
    request.configuration.get(key).map(String::as_str).filter(|value| !value.is_empty())
}

pub(super) fn malformed(request: &Request, key: &'static str, reason: &impl ToString) -> Error {
    Error::Malformed { action: request.action.clone(), key, reason: reason.to_string() }
}

pub(super) fn unsupported(request: &Request, key: &'static str, value: &str, instead: &'static str) -> Error {
    Error::Unsupported { action: request.action.clone(), key, value: value.to_owned(), instead }
}
