//! CodePipeline's own JSON API, over the runner: the local cloud forwards here what is addressed to CodePipeline.

mod error;
mod jobs;
mod pipelines;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::net::TcpListener;

use crate::runner::Runner;
use error::ApiError;

/// What stands before the operation's name in `X-Amz-Target`.
const SERVICE: &str = "CodePipeline_20150709.";

/// The answers' type in the JSON 1.1 protocol.
const CONTENT_TYPE: &str = "application/x-amz-json-1.1";

/// Serves until it is dropped.
///
/// # Errors
/// When the listener breaks.
pub async fn serve(listener: TcpListener, runner: Runner) -> std::io::Result<()> {
    axum::serve(listener, Router::new().route("/", post(handle)).with_state(runner)).await
}

async fn handle(State(runner): State<Runner>, headers: HeaderMap, body: Bytes) -> Response {
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let operation = target.strip_prefix(SERVICE).unwrap_or(target);
    let (status, body) = match answer(&runner, operation, &body) {
        Ok(value) => (StatusCode::OK, value),
        Err(error) => (StatusCode::BAD_REQUEST, error.body()),
    };
    (status, [(header::CONTENT_TYPE, CONTENT_TYPE)], body.to_string()).into_response()
}

fn answer(runner: &Runner, operation: &str, body: &[u8]) -> Result<Value, ApiError> {
    match operation {
        "CreatePipeline" => pipelines::create(runner, &read(body)?),
        "UpdatePipeline" => pipelines::update(runner, &read(body)?),
        "DeletePipeline" => Ok(pipelines::delete(runner, &read(body)?)),
        "GetPipeline" => pipelines::get(runner, &read(body)?),
        "StartPipelineExecution" => pipelines::start(runner, read(body)?),
        "PutJobSuccessResult" => jobs::success(runner, read(body)?),
        "PutJobFailureResult" => jobs::failure(runner, read(body)?),
        _ => Err(ApiError::unknown(operation)),
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(body).map_err(|error| ApiError::validation(error.to_string()))
}

/// A request that only names a pipeline.
#[derive(Debug, Deserialize)]
struct Named {
    name: String,
}
