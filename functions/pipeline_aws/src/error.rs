//! SDK errors, made ours.

use std::{error::Error, iter::successors};

use aws_sdk_dynamodb::{
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
};
use aws_smithy_runtime_api::client::dns::ResolveDnsError;
use pipeline_core::ports::PortError;

/// Error codes by which AWS says that a role lacks a permission.
const DENIED: [&str; 4] = ["AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation"];

/// Error codes by which AWS says that it does not take the credentials of a call, and did nothing.
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
    /// Those of a session of a stage's role.
    Stage,
    /// Those that CodePipeline gives with each job, for its artifacts.
    Job,
}

impl Whose {
    /// Ours may be good in a moment: a role that was made or changed just now is not known everywhere at once. What a job
    /// or a session brought is not.
    fn not_taken(self, operation: String, detail: &str) -> PortError {
        let denied = |words: &str, operation| PortError::Denied { operation, detail: format!("{words} ({detail})") };
        match self {
            Self::Ours => PortError::Unavailable {
                operation,
                detail: format!("the credentials of our role have expired or are not known yet ({detail})"),
            },
            Self::Stage => denied("the session of the stage's role has expired or is not valid", operation),
            Self::Job => denied(
                "the job's artifact credentials have expired or are not valid; a retry of the stage brings new ones",
                operation,
            ),
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
        Some(code) if is_expired(code) => whose.not_taken(operation, &detail),
        Some(code) if THROTTLED.contains(&code) => PortError::Throttled { operation, detail },
        _ => PortError::Unavailable { operation, detail },
    }
}

/// Whether it is certain that no connection came about to send the request on. One that broke off later may have carried
/// it. For clients whose only time limit is that of connecting.
pub(crate) fn was_never_sent<E: Error + 'static>(error: &SdkError<E, HttpResponse>) -> bool {
    let SdkError::DispatchFailure(failure) = error else { return false };
    failure.is_timeout() || causes(error).any(|cause| cause.is::<ResolveDnsError>() || is_refusal(cause))
}

fn is_refusal(cause: &(dyn Error + 'static)) -> bool {
    use std::io::{Error, ErrorKind};
    cause.downcast_ref::<Error>().is_some_and(|error| error.kind() == ErrorKind::ConnectionRefused)
}

/// Whether AWS says by this code that it does not take the credentials of a call.
pub(crate) fn is_expired(code: &str) -> bool {
    EXPIRED.contains(&code)
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
