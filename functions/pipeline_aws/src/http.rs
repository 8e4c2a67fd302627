//! HTTP, as the tests of `tests.yaml` speak it.

use aws_types::SdkConfig;
use pipeline_core::{
    ports::PortError,
    start_tests::ports::{Request, Response, SendRequests},
};

/// Makes requests over the HTTP client that all others use.
#[derive(Debug, Clone)]
pub struct Http;

impl Http {
    /// Over the HTTP client of `config`.
    pub fn new(_config: &SdkConfig) -> Self {
        Self
    }
}

impl SendRequests for Http {
    async fn send(&self, request: &Request) -> Result<Response, PortError> {
        Err(PortError::Unusable { what: request.url.clone(), why: "no request can be made yet".to_owned() })
    }
}
