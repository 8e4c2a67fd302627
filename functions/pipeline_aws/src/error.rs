//! SDK errors, made ours.

use std::{error::Error, iter::successors};

use aws_sdk_dynamodb::{
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
};
use pipeline_core::ports::PortError;

/// Error codes by which AWS says that a role lacks a permission.
const DENIED: [&str; 4] = ["AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation"];

/// Error codes by which AWS says that the credentials of a call are no longer good, and will not be again.
const EXPIRED: [&str; 7] = [
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidToken",
    "TokenRefreshRequired",
    "UnrecognizedClientException",
];

/// Error codes by which AWS says that it did nothing because we, or others, ask too often.
const THROTTLED: [&str; 9] = [
    "EC2ThrottledException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "SlowDown",
    "Throttled",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
];

/// With whose credentials a call was made.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Whose {
    Ours,
    /// Those that CodePipeline gives with each job, for its artifacts.
    Job,
}

impl Whose {
    fn expired(self) -> &'static str {
        match self {
            Self::Ours => "the credentials of our role have expired or are not valid",
            Self::Job => {
                "the job's artifact credentials have expired or are not valid; a retry of the stage brings new ones"
            }
        }
    }
}

/// What `operation` came to: a missing permission, too many requests, or a service that did not serve.
pub(crate) fn port_error<E>(operation: &str, error: &SdkError<E, HttpResponse>) -> PortError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    port_error_with(Whose::Ours, operation, error)
}

/// The same, of a call with these credentials.
pub(crate) fn port_error_with<E>(whose: Whose, operation: &str, error: &SdkError<E, HttpResponse>) -> PortError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let operation = operation.to_owned();
    let code = error.as_service_error().and_then(ProvideErrorMetadata::code);
    let message = error.as_service_error().and_then(ProvideErrorMetadata::message);
    let detail = match (code, message) {
        (Some(code), Some(message)) => format!("{code}: {message}"),
        _ => chain(error),
    };
    match code {
        Some(code) if DENIED.contains(&code) => PortError::Denied { operation, detail },
        Some(code) if EXPIRED.contains(&code) => {
            PortError::Denied { operation, detail: format!("{} ({detail})", whose.expired()) }
        }
        Some(code) if THROTTLED.contains(&code) => PortError::Throttled { operation, detail },
        _ => PortError::Unavailable { operation, detail },
    }
}

/// What each error of a chain says of itself. I26: how it prints for debugging would show the whole answer.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> String {
    let said: Vec<String> = causes(error).map(ToString::to_string).collect();
    said.join(": ")
}

/// An error, and what caused it, and so on.
pub(crate) fn causes<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    successors(Some(error), |&error| error.source())
}
