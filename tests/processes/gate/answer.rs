//! What the world answers.

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

/// An answer.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    pub(super) fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status: StatusCode::from_u16(status).unwrap(), headers: HeaderMap::new(), body: body.into() }
    }

    pub(super) fn json(body: &Value) -> Self {
        Self::new(200, body.to_string())
    }

    /// A refusal, as the JSON protocols of AWS have it.
    pub(super) fn refused(code: &str) -> Self {
        Self::new(400, serde_json::json!({"__type": code, "message": "not in this world"}).to_string())
    }

    /// As the Query protocol has it.
    pub(super) fn form(operation: &str, result: &str) -> Self {
        let answer =
            format!("<{operation}Response><{operation}Result>{result}</{operation}Result></{operation}Response>");
        Self::new(200, answer)
    }

    pub(super) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        self
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        (self.status, self.headers, self.body).into_response()
    }
}
