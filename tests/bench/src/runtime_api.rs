//! Lambda's Runtime API for one function: hands out events, and takes what the function makes of them.

use std::{net::SocketAddr, sync::Arc};

use anyhow::{Context as _, Result, bail};
use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use jiff::{SignedDuration, Timestamp};
use tokio::{
    net::TcpListener,
    sync::{Mutex, Notify, mpsc},
};

use crate::job::{ACCOUNT, REGION};

/// How long one invocation may take.
const TIMEOUT: SignedDuration = SignedDuration::from_secs(60);

/// What a function answered.
#[derive(Debug)]
enum Answer {
    Done,
    Failed(String),
}

/// The caller's side: events go in, answers come out.
pub(crate) struct RuntimeApi {
    pub(crate) address: SocketAddr,
    events: mpsc::Sender<String>,
    answers: mpsc::Receiver<Answer>,
    asked: Arc<Notify>,
}

/// The function's side.
struct Exchange {
    events: Mutex<mpsc::Receiver<String>>,
    answers: mpsc::Sender<Answer>,
    asked: Arc<Notify>,
}

impl RuntimeApi {
    /// Serves on a free port for as long as the process lives.
    pub(crate) async fn start() -> Result<Self> {
        let (events, received) = mpsc::channel(1);
        let (answered, answers) = mpsc::channel(1);
        let asked = Arc::new(Notify::new());
        let exchange =
            Arc::new(Exchange { events: Mutex::new(received), answers: answered, asked: Arc::clone(&asked) });
        let app = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(done))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(failed))
            .route("/2018-06-01/runtime/init/error", post(failed))
            .with_state(exchange);
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        tokio::spawn(async move { axum::serve(listener, app).await });
        Ok(Self { address, events, answers, asked })
    }

    /// Waits until the function asks for an event: from there on it only waits, too.
    pub(crate) async fn ready(&mut self) -> Result<()> {
        tokio::select! {
            () = self.asked.notified() => Ok(()),
            answer = self.answers.recv() => bail!("it answered what it was not asked: {answer:?}"),
        }
    }

    /// Invokes the function once, and waits until it has answered and asks for more.
    pub(crate) async fn invoke(&mut self, event: String) -> Result<()> {
        self.events.send(event).await.context("the Runtime API has ended")?;
        match self.answers.recv().await.context("the Runtime API has ended")? {
            Answer::Done => self.ready().await,
            Answer::Failed(error) => bail!("the function failed: {error}"),
        }
    }
}

async fn next(State(exchange): State<Arc<Exchange>>) -> Response {
    exchange.asked.notify_one();
    // The last event has been handed out when the caller is gone.
    let Some(event) = exchange.events.lock().await.recv().await else { return StatusCode::GONE.into_response() };
    let deadline = Timestamp::now().saturating_add(TIMEOUT).unwrap_or(Timestamp::MAX);
    let headers = [
        ("lambda-runtime-aws-request-id", uuid::Uuid::new_v4().to_string()),
        ("lambda-runtime-deadline-ms", deadline.as_millisecond().to_string()),
        ("lambda-runtime-invoked-function-arn", format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:measured")),
        ("content-type", "application/json".to_owned()),
    ];
    (axum::response::AppendHeaders(headers), event).into_response()
}

/// The body is taken, or its connection would be closed where it comes later than the head.
async fn done(State(exchange): State<Arc<Exchange>>, Path(_id): Path<String>, _body: Bytes) -> StatusCode {
    answer(&exchange, Answer::Done).await
}

async fn failed(State(exchange): State<Arc<Exchange>>, body: String) -> StatusCode {
    answer(&exchange, Answer::Failed(body)).await
}

async fn answer(exchange: &Exchange, answer: Answer) -> StatusCode {
    match exchange.answers.send(answer).await {
        Ok(()) => StatusCode::ACCEPTED,
        Err(_) => StatusCode::GONE,
    }
}
