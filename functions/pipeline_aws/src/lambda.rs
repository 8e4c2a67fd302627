//! Lambda, as the place where tests run.

use aws_sdk_lambda::{
    Client,
    config::{Builder, StalledStreamProtectionConfig, http::HttpResponse, retry::RetryConfig, timeout::TimeoutConfig},
    error::{ProvideErrorMetadata, SdkError},
    operation::invoke::{InvokeError, InvokeOutput},
    primitives::Blob,
    types::{InvocationType, LogType},
};
use aws_types::SdkConfig;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use pipeline_core::{
    ids::FunctionName,
    ports::PortError,
    start_tests::ports::{Answer, InvokeTests},
};
use serde_json::Value;

use crate::{
    client,
    error::{Whose, chain, is_expired, port_error_with, was_never_sent},
};

/// The error codes of Invoke by which Lambda says that it started nothing, and may do so later.
const NOT_NOW: [&str; 7] = [
    "CodeArtifactUserPendingException",
    "ENILimitReachedException",
    "ENINotReadyException",
    "ResourceConflictException",
    "ResourceNotReadyException",
    "SnapStartNotReadyException",
    "SubnetIPAddressLimitReachedException",
];

/// Those by which it says that it started nothing, and will not as long as function and call are what they are.
const NEVER: [&str; 20] = [
    "EC2AccessDeniedException",
    "EFSMountFailureException",
    "InvalidParameterValueException",
    "InvalidRequestContentException",
    "InvalidRuntimeException",
    "InvalidSecurityGroupIDException",
    "InvalidSubnetIDException",
    "InvalidZipFileException",
    "KMSAccessDeniedException",
    "KMSDisabledException",
    "KMSInvalidStateException",
    "KMSNotFoundException",
    "ModeNotSupportedException",
    "NoPublishedVersionException",
    "RecursiveInvocationException",
    "RequestTooLargeException",
    "S3FilesMountFailureException",
    "SerializedRequestEntityTooLargeException",
    "SnapStartException",
    "UnsupportedMediaTypeException",
];

/// The test functions of one account and region.
#[derive(Debug, Clone)]
pub struct Tests(Client, Whose);

impl Tests {
    /// A client that invokes once and waits as long as the caller does.
    pub fn new(config: &SdkConfig) -> Self {
        Self::of(config, Whose::Ours)
    }

    /// The same with these credentials, which `config` holds.
    pub(crate) fn of(config: &SdkConfig, whose: Whose) -> Self {
        let timeouts = TimeoutConfig::builder().connect_timeout(client::PATIENT).disable_operation_attempt_timeout();
        let config = Builder::from(config)
            // I19: a second attempt could run the test a second time.
            .retry_config(RetryConfig::disabled())
            // A test that takes minutes sends nothing until it ends; the run's own deadline limits it.
            .timeout_config(timeouts.build())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .build();
        Self(Client::from_conf(config), whose)
    }

    async fn invoke(
        &self,
        function: &FunctionName,
        payload: &Value,
        (kind, log): (InvocationType, Option<LogType>),
    ) -> Result<InvokeOutput, PortError> {
        let request = self.0.invoke().function_name(function.as_str()).invocation_type(kind).set_log_type(log);
        let sent = request.payload(Blob::new(payload.to_string())).send().await;
        sent.map_err(|error| refused(self.1, function, &error))
    }
}

impl InvokeTests for Tests {
    async fn call(&self, function: &FunctionName, payload: &Value) -> Result<Answer, PortError> {
        let kind = (InvocationType::RequestResponse, Some(LogType::Tail));
        let output = self.invoke(function, payload, kind).await?;
        Ok(Answer {
            failed: output.function_error.is_some(),
            payload: output.payload.map(Blob::into_inner).unwrap_or_default(),
            log: output.log_result.as_deref().and_then(log_tail),
        })
    }

    async fn start(&self, function: &FunctionName, payload: &Value) -> Result<(), PortError> {
        self.invoke(function, payload, (InvocationType::Event, None)).await.map(drop)
    }
}

fn refused(whose: Whose, function: &FunctionName, error: &SdkError<InvokeError, HttpResponse>) -> PortError {
    let what = || format!("test function {function}");
    let operation = || format!("invoke test function {function}");
    let code = error.as_service_error().and_then(ProvideErrorMetadata::code).unwrap_or_default();
    match code {
        "ResourceNotFoundException" => PortError::NotFound { what: what() },
        code if NEVER.contains(&code) => PortError::Unusable { what: what(), why: words(code, error) },
        code if NOT_NOW.contains(&code) => PortError::Throttled { operation: operation(), detail: words(code, error) },
        // I19: an invocation is sent again only where it is certain that the test was not started.
        _ if was_never_sent(error) => PortError::Throttled { operation: operation(), detail: chain(error) },
        // I19: what our own credentials were not taken for was not started.
        code if matches!(whose, Whose::Ours) && is_expired(code) => {
            PortError::Throttled { operation: operation(), detail: words(code, error) }
        }
        _ => port_error_with(whose, &operation(), error),
    }
}

fn words(code: &str, error: &SdkError<InvokeError, HttpResponse>) -> String {
    let message = error.as_service_error().and_then(ProvideErrorMetadata::message).unwrap_or("no reason was given");
    format!("{code}: {message}")
}

/// The end of a log, which may begin in the middle of a character.
fn log_tail(encoded: &str) -> Option<String> {
    let bytes = BASE64_STANDARD.decode(encoded).ok()?;
    let is_rest = |byte: &&u8| **byte & 0b1100_0000 == 0b1000_0000;
    let rest = bytes.iter().take(3).take_while(is_rest).count();
    Some(String::from_utf8_lossy(&bytes[rest..]).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_begins_at_its_first_whole_character_and_is_text_whatever_it_holds() {
        let tail = |bytes: &[u8]| log_tail(&BASE64_STANDARD.encode(bytes));
        let text = "😀 one\ntwo é".as_bytes();
        for cut in 1..4 {
            assert_eq!(tail(&text[cut..]).as_deref(), Some(" one\ntwo é"), "{cut}");
        }
        assert_eq!(tail(text).as_deref(), Some("😀 one\ntwo é"));
        assert_eq!(tail(b"a\xFFb\x00").as_deref(), Some("a\u{FFFD}b\0"));
        assert_eq!(tail(b"\x80\x80\x80\x80").as_deref(), Some("\u{FFFD}"));
        assert_eq!(tail(b"").as_deref(), Some(""));
        assert_eq!(log_tail("no base64!"), None);
    }
}
