//! The post: to each webhook one message after the other, in the order of what happened, and each once. What was not
//! delivered is sent again when somebody asks for it.

use std::collections::BTreeMap;
use std::error::Error as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, Url, redirect};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::Instant;
use uuid::Uuid;

use super::delivery::{Delivery, Message, Outcome, note};
use super::{ContentType, Hook, sign};
use crate::connections::ids;

/// As long as GitHub waits for an answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// As much of an answer as is kept, in characters.
const ANSWER: usize = 10_000;
const AGENT: &str = "GitHub-Hookshot/f10a9a7";

/// A message on its way.
#[derive(Debug, Clone)]
pub(in crate::connections) struct Letter {
    pub(in crate::connections) guid: Uuid,
    pub(in crate::connections) redelivery: bool,
    pub(in crate::connections) message: Message,
}

impl Letter {
    pub(in crate::connections) fn new(message: Message) -> Self {
        Self { guid: Uuid::new_v4(), redelivery: false, message }
    }
}

/// Webhooks' queues, by their numbers.
#[derive(Debug, Clone)]
pub(in crate::connections) struct Post {
    client: Client,
    queues: Arc<Mutex<BTreeMap<u64, UnboundedSender<Letter>>>>,
}

impl Post {
    pub(in crate::connections) fn new() -> Self {
        let client = Client::builder().no_proxy().redirect(redirect::Policy::none()).timeout(PATIENCE);
        Self { client: client.build().unwrap_or_default(), queues: Arc::default() }
    }

    /// Sends it when those before it are delivered.
    pub(in crate::connections) fn send(&self, repository: &Path, hook: u64, letter: Letter) {
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        let queue = queues.entry(hook).or_insert_with(|| {
            let (sender, letters) = unbounded_channel();
            tokio::spawn(deliver(self.client.clone(), repository.to_owned(), hook, letters));
            sender
        });
        // It is there for as long as its sender is.
        drop(queue.send(letter));
    }

    /// Sends what is on its way, and takes no more.
    pub(in crate::connections) fn close(&self, hook: u64) {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner).remove(&hook);
    }
}

async fn deliver(client: Client, repository: PathBuf, id: u64, mut letters: UnboundedReceiver<Letter>) {
    while let Some(letter) = letters.recv().await {
        // As it is wanted now: its secret may be another one than when this happened.
        let hooks = super::read(&repository).unwrap_or_default();
        let Some(hook) = hooks.into_iter().find(|hook| hook.id == id) else { continue };
        let delivery = attempt(&client, &hook, letter).await;
        if delivery.outcome.status() != "OK" {
            let (event, url, status) = (&delivery.message.event, &delivery.url, delivery.outcome.status());
            eprintln!("warning: webhook {id} was not told of {event} at {url}: {status}; ask for its redelivery");
        }
        if let Err(error) = note(&repository, id, delivery) {
            eprintln!("warning: a delivery to webhook {id} is not kept: {error}");
        }
    }
}

async fn attempt(client: &Client, hook: &Hook, Letter { guid, redelivery, message }: Letter) -> Delivery {
    let (kind, body) = body(hook.config.content_type, &message);
    let headers = headers(hook, &message, guid, kind, &body);
    let (at, started) = (Timestamp::now(), Instant::now());
    let outcome = post(client, &hook.config.url, &headers, body).await;
    let seconds = (started.elapsed().as_secs_f64() * 100.0).round() / 100.0;
    let (id, url) = (ids::fresh(), hook.config.url.clone());
    Delivery { id, guid, at, redelivery, seconds, url, headers, message, outcome }
}

fn body(kind: ContentType, message: &Message) -> (&'static str, String) {
    let json = message.payload.to_string();
    match kind {
        ContentType::Json => ("application/json", json),
        ContentType::Form => ("application/x-www-form-urlencoded", form(&json)),
    }
}

fn form(json: &str) -> String {
    let with = Url::parse_with_params("http://localhost", [("payload", json)]);
    with.ok().and_then(|url| url.query().map(str::to_owned)).unwrap_or_default()
}

fn headers(hook: &Hook, message: &Message, guid: Uuid, kind: &str, body: &str) -> BTreeMap<String, String> {
    let own = [
        ("accept", "*/*".to_owned()),
        (CONTENT_TYPE.as_str(), kind.to_owned()),
        ("user-agent", AGENT.to_owned()),
        ("x-github-delivery", guid.to_string()),
        ("x-github-event", message.event.clone()),
        ("x-github-hook-id", hook.id.to_string()),
        ("x-github-hook-installation-target-id", message.payload["repository"]["id"].to_string()),
        ("x-github-hook-installation-target-type", "repository".to_owned()),
    ];
    let signed = hook.config.secret.as_ref().map(|secret| sign::headers(secret, body.as_bytes()));
    own.into_iter().chain(signed.into_iter().flatten()).map(|(name, value)| (name.to_owned(), value)).collect()
}

async fn post(client: &Client, url: &str, headers: &BTreeMap<String, String>, body: String) -> Outcome {
    let request = headers.iter().fold(client.post(url), |request, (name, value)| request.header(name, value));
    match request.body(body).send().await {
        Ok(answer) => {
            let text = |value: &reqwest::header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
            let headers = answer.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect();
            let status = answer.status().as_u16();
            let body = answer.text().await.unwrap_or_default().chars().take(ANSWER).collect();
            Outcome::Answered { status, headers, body }
        }
        Err(error) if error.is_timeout() => Outcome::Failed { why: "timed out".to_owned() },
        Err(error) => {
            let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
            Outcome::Failed { why: format!("failed to connect to host{cause}") }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_form_holds_the_json_and_is_signed_as_it_is_sent() {
        let message = Message { event: "ping".to_owned(), payload: json!({"zen": "a b&c=\u{e9}"}) };
        let (kind, body) = body(ContentType::Form, &message);
        assert_eq!(kind, "application/x-www-form-urlencoded");
        assert_eq!(body, "payload=%7B%22zen%22%3A%22a+b%26c%3D%C3%A9%22%7D");
    }
}
