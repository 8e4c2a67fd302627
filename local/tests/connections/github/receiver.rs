//! Somebody whom webhooks tell what happens.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;

use super::GitHub;

pub(crate) const SECRET: &str = "It's a Secret to Everybody";

/// A request as it came.
#[derive(Debug)]
pub(crate) struct Heard {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Heard {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Its event, and the action of that.
    pub(crate) fn event(&self) -> String {
        let (event, payload) = (self.header("x-github-event"), self.payload());
        payload["action"].as_str().map_or_else(|| event.to_owned(), |action| format!("{event} {action}"))
    }

    pub(crate) fn payload(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn is_signed(&self) -> bool {
        let Some(signature) = self.header("x-hub-signature-256").strip_prefix("sha256=") else { return false };
        let mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap().chain_update(&self.body);
        let hex: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        hex == signature
    }
}

/// What it answers, and whom it tells.
type Shared = (UnboundedSender<Heard>, Arc<Mutex<StatusCode>>);

pub(crate) struct Receiver {
    pub(crate) url: String,
    heard: UnboundedReceiver<Heard>,
    answer: Arc<Mutex<StatusCode>>,
    _served: JoinSet<()>,
}

impl Receiver {
    pub(crate) async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let (sender, heard) = unbounded_channel();
        let answer = Arc::new(Mutex::new(StatusCode::ACCEPTED));
        let router = Router::new().route("/hook", post(hear)).with_state((sender, Arc::clone(&answer)));
        let mut served = JoinSet::new();
        served.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, heard, answer, _served: served }
    }

    pub(crate) fn answers(&self, status: u16) {
        *self.answer.lock().unwrap() = StatusCode::from_u16(status).unwrap();
    }

    pub(crate) async fn next(&mut self) -> Heard {
        self.heard.recv().await.unwrap()
    }

    /// The next so many events.
    pub(crate) async fn events(&mut self, count: usize) -> Vec<String> {
        let mut events = Vec::new();
        for _ in 0..count {
            events.push(self.next().await.event());
        }
        events
    }

    /// Makes a webhook that tells it of these events, as signed JSON, and hears its ping.
    pub(crate) async fn hook(&mut self, github: &GitHub, events: &[&str]) -> Value {
        let config = json!({"url": self.url, "content_type": "json", "secret": SECRET});
        let hook = github.post("/hooks", json!({"config": config, "events": events})).await;
        assert_eq!(self.next().await.event(), "ping");
        hook
    }
}

async fn hear(State((sender, answer)): State<Shared>, headers: HeaderMap, body: Bytes) -> StatusCode {
    drop(sender.send(Heard { headers, body }));
    *answer.lock().unwrap()
}
