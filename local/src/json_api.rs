//! AWS's JSON protocols, as far as services of our own need them.

use axum::body::{Body, to_bytes};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// No request here comes near it.
const BODY_LIMIT: usize = 1 << 20;

/// A documented exception instead of a result.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    exception: &'static str,
    message: String,
}

impl Refusal {
    pub(crate) fn new(exception: &'static str, message: impl Into<String>) -> Self {
        Self { exception, message: message.into() }
    }

    /// Our own failure, not the caller's.
    pub(crate) fn internal(error: &impl ToString) -> Self {
        Self::new("InternalFailure", error.to_string())
    }

    pub(crate) fn body(&self) -> Value {
        json!({"__type": self.exception, "message": self.message})
    }

    fn status(&self) -> StatusCode {
        match self.exception {
            "InternalFailure" => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::BAD_REQUEST,
        }
    }
}

/// A request's body.
pub(crate) async fn body(body: Body) -> Result<Vec<u8>, Refusal> {
    let bytes = to_bytes(body, BODY_LIMIT).await;
    Ok(bytes.map_err(|error| Refusal::new("SerializationException", error.to_string()))?.to_vec())
}

/// What an operation takes.
pub(crate) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(|error| Refusal::new("SerializationException", error.to_string()))
}

/// The answer in version `1.0` or `1.1` of the protocol.
pub(crate) fn answer(version: &str, result: Result<Value, Refusal>) -> Response {
    let (status, body) = match result {
        Ok(value) => (StatusCode::OK, value),
        Err(refusal) => (refusal.status(), refusal.body()),
    };
    (status, [(header::CONTENT_TYPE, format!("application/x-amz-json-{version}"))], body.to_string()).into_response()
}
