//! Lambda's Runtime API for one process: hands out events, and takes what the function makes of them.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::StatusCode;
use axum::response::{AppendHeaders, IntoResponse, Response};
use axum::routing::{get, post};
use flowgate::cloud::client::{ACCOUNT, REGION};
use jiff::Timestamp;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

/// What the function made of an event; its own error is the `Err`.
pub(crate) type Outcome = Result<Value, Value>;

/// One event on its way.
pub(crate) struct Invocation {
    pub(crate) event: String,
    pub(crate) deadline: Timestamp,
    pub(crate) outcome: oneshot::Sender<Outcome>,
}

struct Exchange {
    function: String,
    invocations: tokio::sync::Mutex<mpsc::Receiver<Invocation>>,
    open: Mutex<HashMap<String, oneshot::Sender<Outcome>>>,
}

/// Serves on a free port until the future is dropped.
pub(crate) async fn serve(
    function: &str,
    invocations: mpsc::Receiver<Invocation>,
) -> (SocketAddr, impl Future<Output = ()> + use<>) {
    let invocations = tokio::sync::Mutex::new(invocations);
    let exchange = Arc::new(Exchange { function: function.to_owned(), invocations, open: Mutex::default() });
    let app = Router::new()
        .route("/2018-06-01/runtime/invocation/next", get(next))
        .route("/2018-06-01/runtime/invocation/{id}/response", post(done))
        .route("/2018-06-01/runtime/invocation/{id}/error", post(failed))
        .layer(DefaultBodyLimit::disable())
        .with_state(exchange);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (address, async move { axum::serve(listener, app).await.unwrap_or_default() })
}

async fn next(State(exchange): State<Arc<Exchange>>) -> Response {
    let Some(invocation) = exchange.invocations.lock().await.recv().await else {
        return StatusCode::GONE.into_response();
    };
    let id = Uuid::new_v4().to_string();
    exchange.open.lock().unwrap().insert(id.clone(), invocation.outcome);
    let headers = [
        ("lambda-runtime-aws-request-id", id),
        ("lambda-runtime-deadline-ms", invocation.deadline.as_millisecond().to_string()),
        (
            "lambda-runtime-invoked-function-arn",
            format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{}", exchange.function),
        ),
        ("content-type", "application/json".to_owned()),
    ];
    (AppendHeaders(headers), invocation.event).into_response()
}

async fn done(State(exchange): State<Arc<Exchange>>, Path(id): Path<String>, body: Bytes) -> StatusCode {
    exchange.settle(&id, Ok(read(&body)))
}

async fn failed(State(exchange): State<Arc<Exchange>>, Path(id): Path<String>, body: Bytes) -> StatusCode {
    exchange.settle(&id, Err(read(&body)))
}

fn read(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap_or_else(|_| Value::from(String::from_utf8_lossy(body)))
}

impl Exchange {
    fn settle(&self, id: &str, outcome: Outcome) -> StatusCode {
        match self.open.lock().unwrap().remove(id) {
            // Whoever waited may have given up.
            Some(waiting) => waiting.send(outcome).map_or(StatusCode::GONE, |()| StatusCode::ACCEPTED),
            None => StatusCode::BAD_REQUEST,
        }
    }
}
