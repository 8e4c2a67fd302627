//! HTTP, as the tests of `tests.yaml` speak it.

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
use pipeline_core::{
    ports::PortError,
    start_tests::ports::{LARGEST_BODY, Request, Response, SendRequests},
};

use crate::{
    client,
    error::{chain, was_never_sent},
};

/// Makes requests over the HTTP client that all others use: with its roots, and with none of their credentials.
#[derive(Debug, Clone)]
pub struct Http {
    client: Option<SharedHttpClient>,
    timeouts: TimeoutConfig,
}

impl Http {
    /// Over the HTTP client of `config`.
    pub fn new(config: &SdkConfig) -> Self {
        // The answer may take as long as the run has.
        let timeouts = TimeoutConfig::builder().connect_timeout(client::PATIENT).disable_operation_attempt_timeout();
        Self { client: config.http_client(), timeouts: timeouts.build() }
    }

    fn to(&self, origin: &str) -> Operation<HttpRequest, HttpResponse, Infallible> {
        let mut operation = Operation::builder()
            .service_name("tests")
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

impl SendRequests for Http {
    async fn send(&self, request: &Request) -> Result<Response, PortError> {
        let target = Target::of(&request.url);
        let shown = format!("{} {}", request.method, target.shown());
        let prepared = prepare(request).map_err(|why| PortError::Unusable { what: format!("request {shown}"), why })?;
        let failed = |detail: String| PortError::Unavailable { operation: format!("request {shown}"), detail };
        let unanswered = |error: SdkError<Infallible, HttpResponse>| {
            if was_never_sent(&error) {
                return PortError::Throttled { operation: format!("request {shown}"), detail: words(&error) };
            }
            failed(words(&error))
        };
        let answer = self.to(target.origin).invoke(prepared).await.map_err(unanswered)?;
        let status = answer.status().as_u16();
        let (body, cut) = read(answer.into_body()).await.map_err(failed)?;
        Ok(Response { status, body, cut })
    }
}

/// Where a request goes, such as `https://example.com:8443`.
struct Target<'a> {
    origin: &'a str,
}

impl<'a> Target<'a> {
    fn of(url: &'a str) -> Self {
        let host = url.find("://").map_or(0, |scheme| scheme + "://".len());
        let end = url[host..].find(['/', '?', '#']).map_or(url.len(), |length| host + length);
        Self { origin: &url[..end] }
    }

    /// I26: without path and query, which a test may have filled with anything, and without a user's name and password;
    /// nothing of what is no URL.
    fn shown(&self) -> String {
        let Some((scheme @ ("http" | "https"), host)) = self.origin.split_once("://") else {
            return "(no URL)".to_owned();
        };
        let host = host.rsplit('@').next().unwrap_or_default();
        format!("{scheme}://{host}")
    }
}

/// I26: why not is told without what was found, and an error of the SDK is not: some show all of the request.
fn prepare(request: &Request) -> Result<HttpRequest, String> {
    let body = request.body.clone().map_or_else(SdkBody::empty, SdkBody::from);
    let mut prepared = HttpRequest::new(body);
    prepared.set_method(&request.method).map_err(|_| "it has no method that HTTP knows".to_owned())?;
    prepared.set_uri(&request.url[..]).map_err(|_| "it has no valid URL".to_owned())?;
    if !["http://", "https://"].iter().any(|scheme| request.url.starts_with(scheme)) {
        return Err("its URL begins with neither http:// nor https://".to_owned());
    }
    for (number, (name, value)) in (1..).zip(&request.headers) {
        let added = prepared.headers_mut().try_append(name.to_ascii_lowercase(), value.clone());
        added.map_err(|_| format!("header {number} of it is not valid"))?;
    }
    Ok(prepared)
}

fn words(error: &SdkError<Infallible, HttpResponse>) -> String {
    match error {
        SdkError::DispatchFailure(failure) => {
            failure.as_connector_error().map_or_else(|| chain(error), |error| chain(error))
        }
        SdkError::ConstructionFailure(_) => "no valid request can be made of it".to_owned(),
        _ => chain(error),
    }
}

/// The beginning of a body, and whether there is more.
async fn read(body: SdkBody) -> Result<(Vec<u8>, bool), String> {
    let mut body = ByteStream::new(body);
    let mut read = Vec::new();
    while let Some(piece) = body.next().await {
        let piece =
            piece.map_err(|error| format!("the answer broke off after {} bytes: {}", read.len(), chain(&error)))?;
        let room = LARGEST_BODY - read.len();
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
