//! What the integration tests share: each is a Lambda function that calls the deployed API as any client would.

use std::{future::ready, time::Duration};

use lambda_runtime::{Diagnostic, Error, LambdaEvent, service_fn};
use serde::{Deserialize, de::DeserializeOwned};

/// What Flowgate sends to a test. There is more that a test may read: `stage`, `stack`, all of the stack's `outputs`,
/// `revision`, `execution_id`, `correlation_id`, `run_id`, `job_id` and the name of the `test`.
#[derive(Deserialize)]
struct Payload {
    api_url: String,
}

/// Serves `test` as a Lambda function. It passes by returning `Ok`, and fails by returning what went wrong.
pub async fn run(test: fn(&Api) -> Result<(), Failure>) -> Result<(), Error> {
    // Blocking is fine here: Lambda sends one invocation at a time to each process.
    let handler = |event: LambdaEvent<Payload>| ready(test(&Api::new(event.payload.api_url)));
    lambda_runtime::run(service_fn(handler)).await
}

/// The API under test.
pub struct Api {
    url: String,
    client: ureq::Agent,
}

impl Api {
    fn new(url: String) -> Self {
        let config = ureq::Agent::config_builder()
            // Shorter than the function's own time-out, whose message would not say what was slow.
            .timeout_global(Some(Duration::from_secs(20)))
            // A test may well expect a 404.
            .http_status_as_error(false)
            .build();
        Self { url, client: config.into() }
    }

    /// Sends `GET` to `path`, which begins with a slash.
    pub fn get(&self, path: &str) -> Result<Answer, Failure> {
        let url = format!("{}{path}", self.url.trim_end_matches('/'));
        self.fetch(&url).map_err(|error| Failure { url, expected: "an answer".to_owned(), got: error.to_string() })
    }

    fn fetch(&self, url: &str) -> Result<Answer, ureq::Error> {
        let mut response = self.client.get(url).call()?;
        let body = response.body_mut().read_to_string()?;
        Ok(Answer { url: url.to_owned(), status: response.status().as_u16(), body })
    }
}

/// What the API answered.
pub struct Answer {
    /// The address that was asked.
    pub url: String,
    /// The HTTP status.
    pub status: u16,
    /// The body, as it came.
    pub body: String,
}

impl Answer {
    /// Fails unless `met`, saying what was `expected` and what came instead.
    pub fn expect(&self, expected: &str, met: bool) -> Result<(), Failure> {
        if met { Ok(()) } else { Err(self.failure(expected)) }
    }

    /// The body as JSON, when `status` is the answer's.
    pub fn json<T: DeserializeOwned>(&self, status: u16) -> Result<T, Failure> {
        self.expect(&format!("status {status}"), self.status == status)?;
        serde_json::from_str(&self.body).map_err(|error| self.failure(&format!("other JSON ({error})")))
    }

    fn failure(&self, expected: &str) -> Failure {
        let got = format!("status {} with {}", self.status, self.body);
        Failure { url: self.url.clone(), expected: expected.to_owned(), got }
    }
}

/// Why a test failed: its message is what the pipeline shows.
#[derive(Debug, thiserror::Error)]
#[error("GET {url}: expected {expected}, got {got}")]
pub struct Failure {
    url: String,
    expected: String,
    got: String,
}

impl From<Failure> for Diagnostic {
    fn from(failure: Failure) -> Self {
        Self { error_type: "TestFailed".to_owned(), error_message: failure.to_string() }
    }
}
