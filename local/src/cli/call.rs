//! What came of a call of an AWS service that did not succeed.

use std::error::Error as StdError;

use aws_sdk_codepipeline::config::http::HttpResponse;
use aws_sdk_codepipeline::error::{BuildError, ProvideErrorMetadata, SdkError};

use super::End;
use crate::report::printable;

/// As much of a service's message as is told: some repeat the whole of what was wrong.
const LONGEST: usize = 300;

/// A call that did not succeed.
#[derive(Debug, thiserror::Error)]
pub(super) enum CallError {
    #[error(
        "{operation} got no answer: {detail}; check AWS_ENDPOINT_URL, credentials and network, or start `flowgate up`"
    )]
    Unreachable { operation: &'static str, detail: String },
    #[error("{operation} of {subject} was refused: {message} ({code})")]
    Refused { operation: &'static str, subject: String, code: String, message: String },
    #[error("{operation} of {subject} cannot be asked: {reason}")]
    Unsent { operation: &'static str, subject: String, reason: String },
}

impl CallError {
    /// A request that is not complete.
    pub(super) fn unsent(operation: &'static str, subject: &str, reason: &BuildError) -> Self {
        Self::Unsent { operation, subject: subject.to_owned(), reason: reason.to_string() }
    }

    /// The service's error code, if it answered.
    pub(super) fn code(&self) -> Option<&str> {
        match self {
            Self::Unreachable { .. } | Self::Unsent { .. } => None,
            Self::Refused { code, .. } => Some(code),
        }
    }

    pub(super) fn end(&self) -> End {
        match self {
            Self::Unreachable { .. } => End::NoCloud,
            Self::Refused { .. } | Self::Unsent { .. } => End::BadInput,
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
            message: shortened(&printable(answer.message().unwrap_or("no reason given"))),
        },
        _ => CallError::Unreachable { operation, detail: chain(error) },
    }
}

/// A long message without its middle: what is wrong comes first, why that is wrong comes last.
fn shortened(message: &str) -> String {
    let count = message.chars().count();
    if count <= LONGEST {
        return message.to_owned();
    }
    let (first, last) = (LONGEST / 3, LONGEST - LONGEST / 3);
    let head: String = message.chars().take(first).collect();
    let tail: String = message.chars().skip(count - last).collect();
    format!("{head} … {tail}")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_that_repeats_a_long_value_keeps_its_ends() {
        let comment = "é".repeat(600);
        let message = format!("Value '{comment}' at 'result.summary' must have length less than or equal to 512");
        let short = shortened(&message);
        assert_eq!(short.chars().count(), LONGEST + 3);
        assert!(short.starts_with("Value 'éé") && short.ends_with("less than or equal to 512"), "{short}");
        assert_eq!(shortened("as it is"), "as it is");
    }
}
