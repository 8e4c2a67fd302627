//! What came of a call of an AWS service that did not succeed.

use std::error::Error as StdError;

use aws_sdk_codepipeline::config::http::HttpResponse;
use aws_sdk_codepipeline::error::{ProvideErrorMetadata, SdkError};

use super::End;

/// A call that did not succeed.
#[derive(Debug, thiserror::Error)]
pub(super) enum CallError {
    #[error(
        "{operation} got no answer: {detail}; check AWS_ENDPOINT_URL, credentials and network, or start `flowgate up`"
    )]
    Unreachable { operation: &'static str, detail: String },
    #[error("{operation} of {subject} was refused: {message} ({code})")]
    Refused { operation: &'static str, subject: String, code: String, message: String },
}

impl CallError {
    /// The service's error code, if it answered.
    pub(super) fn code(&self) -> Option<&str> {
        match self {
            Self::Unreachable { .. } => None,
            Self::Refused { code, .. } => Some(code),
        }
    }

    pub(super) fn end(&self) -> End {
        match self {
            Self::Unreachable { .. } => End::NoCloud,
            Self::Refused { .. } => End::BadInput,
        }
    }
}

/// Names what a call was about, where it fails.
pub(super) trait Called<T> {
    /// `operation` is the API's name for it.
    fn called(self, operation: &'static str, subject: &str) -> Result<T, CallError>;
}

impl<T, E> Called<T> for Result<T, SdkError<E, HttpResponse>>
where
    E: ProvideErrorMetadata + StdError + 'static,
{
    fn called(self, operation: &'static str, subject: &str) -> Result<T, CallError> {
        self.map_err(|error| describe(operation, subject, &error))
    }
}

fn describe<E>(operation: &'static str, subject: &str, error: &SdkError<E, HttpResponse>) -> CallError
where
    E: ProvideErrorMetadata + StdError + 'static,
{
    let served = error.raw_response().is_some_and(|response| response.status().as_u16() < 500);
    match error.as_service_error() {
        Some(answer) if served => CallError::Refused {
            operation,
            subject: subject.to_owned(),
            code: answer.code().unwrap_or("no code").to_owned(),
            message: answer.message().unwrap_or("no reason given").to_owned(),
        },
        _ => CallError::Unreachable { operation, detail: chain(error) },
    }
}

/// The last two causes: what comes before only repeats that a call failed.
fn chain(error: &dyn StdError) -> String {
    let mut causes = vec![error.to_string()];
    let mut error = error;
    while let Some(source) = error.source() {
        causes.push(source.to_string());
        error = source;
    }
    causes.split_off(causes.len().saturating_sub(2)).join(": ")
}
