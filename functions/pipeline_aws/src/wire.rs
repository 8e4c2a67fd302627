//! One HTTP request and its answer, over the client that all others use: what is not a service of AWS is asked so.

use std::{convert::Infallible, mem};

use aws_sdk_s3::{
    config::{
        StalledStreamProtectionConfig,
        http::{HttpRequest, HttpResponse},
        timeout::TimeoutConfig,
    },
    error::SdkError,
    primitives::{ByteStream, SdkBody},
};
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime_api::client::{
    http::SharedHttpClient,
    interceptors::context::{Error, Output},
    orchestrator::OrchestratorError,
    ser_de::DeserializeResponse,
};
use aws_types::SdkConfig;

use crate::{client, error::chain};

/// Why there is no answer.
pub(crate) type Unanswered = SdkError<Infallible, HttpResponse>;

/// Sends requests: with the roots of the HTTP client that all others use, and with none of their credentials.
#[derive(Debug, Clone)]
pub(crate) struct Wire {
    client: Option<SharedHttpClient>,
    timeouts: TimeoutConfig,
}

impl Wire {
    /// Over the HTTP client of `config`. There is no time limit but that of connecting.
    pub(crate) fn new(config: &SdkConfig) -> Self {
        let timeouts = TimeoutConfig::builder().connect_timeout(client::PATIENT).disable_operation_attempt_timeout();
        Self { client: config.http_client(), timeouts: timeouts.build() }
    }

    /// Sends it, once, and follows no redirect.
    pub(crate) async fn send(&self, origin: &str, request: HttpRequest) -> Result<HttpResponse, Unanswered> {
        self.to(origin).invoke(request).await
    }

    fn to(&self, origin: &str) -> Operation<HttpRequest, HttpResponse, Infallible> {
        let mut operation = Operation::builder()
            .service_name("http")
            .operation_name("request")
            .no_auth()
            // A second attempt could do twice what the first one asked for.
            .no_retry()
            .timeout_config(self.timeouts.clone())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .endpoint_url(origin);
        if let Some(client) = &self.client {
            operation = operation.http_client(client.clone());
        }
        operation.serializer(Ok).deserializer_impl(Unread).build()
    }
}

/// Where a request goes, such as `https://example.com:8443`.
pub(crate) fn origin(url: &str) -> &str {
    let host = url.find("://").map_or(0, |scheme| scheme + "://".len());
    let end = url[host..].find(['/', '?', '#']).map_or(url.len(), |length| host + length);
    &url[..end]
}

/// What is said of a request that got no answer, without what it holds.
pub(crate) fn words(error: &Unanswered) -> String {
    match error {
        SdkError::DispatchFailure(failure) => {
            failure.as_connector_error().map_or_else(|| chain(error), |error| chain(error))
        }
        SdkError::ConstructionFailure(_) => "no valid request can be made of it".to_owned(),
        _ => chain(error),
    }
}

/// The beginning of a body, of at most so many bytes, and whether there is more.
pub(crate) async fn read(body: SdkBody, most: usize) -> Result<(Vec<u8>, bool), String> {
    let mut body = ByteStream::new(body);
    let mut read = Vec::new();
    while let Some(piece) = body.next().await {
        let piece =
            piece.map_err(|error| format!("the answer broke off after {} bytes: {}", read.len(), chain(&error)))?;
        let room = most - read.len();
        read.extend_from_slice(&piece[..piece.len().min(room)]);
        if piece.len() > room {
            return Ok((read, true));
        }
    }
    Ok((read, false))
}

/// Hands over the answer as it comes: its body may be larger than our memory.
#[derive(Debug)]
struct Unread;

impl DeserializeResponse for Unread {
    fn deserialize_streaming(&self, answer: &mut HttpResponse) -> Option<Result<Output, OrchestratorError<Error>>> {
        let nothing = HttpResponse::new(answer.status(), SdkBody::taken());
        Some(Ok(Output::erase(mem::replace(answer, nothing))))
    }

    fn deserialize_nonstreaming(&self, _: &HttpResponse) -> Result<Output, OrchestratorError<Error>> {
        Err(OrchestratorError::other("the answer was taken before"))
    }
}
