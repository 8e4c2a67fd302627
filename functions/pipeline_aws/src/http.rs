//! HTTP, as the tests of `tests.yaml` speak it.

use aws_sdk_s3::{config::http::HttpRequest, primitives::SdkBody};
use aws_types::SdkConfig;
use pipeline_core::{
    ports::PortError,
    start_tests::ports::{LARGEST_BODY, Request, Response, SendRequests},
};

use crate::{
    error::was_never_sent,
    wire::{Unanswered, Wire, origin, read, words},
};

/// Makes requests over the HTTP client that all others use: with its roots, and with none of their credentials.
#[derive(Debug, Clone)]
pub struct Http(Wire);

impl Http {
    /// Over the HTTP client of `config`. An answer may take as long as the run has.
    pub fn new(config: &SdkConfig) -> Self {
        Self(Wire::new(config))
    }
}

impl SendRequests for Http {
    async fn send(&self, request: &Request) -> Result<Response, PortError> {
        let origin = origin(&request.url);
        let shown = format!("{} {}", request.method, shown(origin));
        let prepared = prepare(request).map_err(|why| PortError::Unusable { what: format!("request {shown}"), why })?;
        let failed = |detail: String| PortError::Unavailable { operation: format!("request {shown}"), detail };
        let unanswered = |error: Unanswered| {
            if was_never_sent(&error) {
                return PortError::Throttled { operation: format!("request {shown}"), detail: words(&error) };
            }
            failed(words(&error))
        };
        let answer = self.0.send(origin, prepared).await.map_err(unanswered)?;
        let status = answer.status().as_u16();
        let (body, cut) = read(answer.into_body(), LARGEST_BODY).await.map_err(failed)?;
        Ok(Response { status, body, cut })
    }
}

/// I26: without path and query, which a test may have filled with anything, and without a user's name and password;
/// nothing of what is no URL.
fn shown(origin: &str) -> String {
    let Some((scheme @ ("http" | "https"), host)) = origin.split_once("://") else {
        return "(no URL)".to_owned();
    };
    let host = host.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{host}")
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
