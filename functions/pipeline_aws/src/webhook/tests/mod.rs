//! Webhooks, from the event of a function's URL to its answer.

mod arbitrary;
mod corpus;
mod deliveries;
mod forged;
mod rotation;

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use pipeline_core::{
    memory::World,
    ports::{Clock, PortError},
};
use secrecy::SecretString;
use serde_json::{Value, json, value::to_raw_value};
use sha2::Sha256;

use super::*;

const SECRET: &str = "It's a Secret to Everybody";
const REPOSITORY: &str = "octocat/Hello-World";

/// Where a webhook's function is: what it remembers, what it passes on, and where the secret is kept.
struct Here {
    world: World,
    known: RefCell<BTreeSet<DeliveryId>>,
    passed_on: RefCell<Vec<Change>>,
    kept: RefCell<String>,
    reads: Cell<usize>,
    /// What does not answer, or refuses.
    broken: Cell<Option<&'static str>>,
}

impl Here {
    fn new() -> Self {
        Self {
            world: World::new("2026-11-22T12:00:00Z".parse().unwrap()),
            known: RefCell::default(),
            passed_on: RefCell::default(),
            kept: RefCell::new(SECRET.to_owned()),
            reads: Cell::default(),
            broken: Cell::default(),
        }
    }

    fn webhook(&self) -> Webhook<'_, World, &Self, Self, Self> {
        self.webhook_of(REPOSITORY)
    }

    fn webhook_of(&self, repository: &str) -> Webhook<'_, World, &Self, Self, Self> {
        let secret = Some(Secret::new(self));
        Webhook { clock: &self.world, secret, deliveries: self, worker: self, repository: repository.to_owned() }
    }

    /// What one process answers that has answered nothing before.
    fn answer(&self, sent: &Sent) -> Answer {
        self.answered_by(&self.webhook(), sent)
    }

    fn answered_by(&self, webhook: &Webhook<'_, World, &Self, Self, Self>, sent: &Sent) -> Answer {
        let request = Request::read(&to_raw_value(&sent.event()).unwrap());
        request.map_or_else(|answer| answer, |request| self.world.run(webhook.answer(&request)).unwrap())
    }

    fn passed_on(&self) -> Vec<Change> {
        self.passed_on.take()
    }

    fn touch(&self, what: &'static str) -> Result<(), PortError> {
        match self.broken.get() {
            Some(broken) if broken == what => {
                Err(PortError::Unavailable { operation: what.to_owned(), detail: "connection reset".to_owned() })
            }
            _ => Ok(()),
        }
    }

    /// It hangs instead of failing.
    async fn wait(&self, what: &'static str) {
        if self.broken.get() == Some("silent") && what == "pass on" {
            let never = self.world.now() + SignedDuration::from_hours(1);
            self.world.sleep_until(never).await;
        }
    }
}

impl Deliveries for Here {
    async fn is_known(&self, id: &DeliveryId) -> Result<bool, PortError> {
        self.touch("look up").map(|()| self.known.borrow().contains(id))
    }

    async fn remember(&self, id: &DeliveryId) -> Result<(), PortError> {
        self.touch("remember")?;
        self.known.borrow_mut().insert(id.clone());
        Ok(())
    }
}

impl PassOn for Here {
    async fn pass_on(&self, change: &Change) -> Result<(), PortError> {
        self.wait("pass on").await;
        self.touch("pass on")?;
        self.passed_on.borrow_mut().push(change.clone());
        Ok(())
    }
}

impl ReadSecret for &Here {
    async fn read(&self) -> Result<SecretString, PortError> {
        self.reads.set(self.reads.get() + 1);
        self.touch("read secret").map(|()| SecretString::from(self.kept.borrow().clone()))
    }
}

/// What somebody sends.
#[derive(Debug, Clone)]
struct Sent {
    method: &'static str,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
    /// As Lambda passes on what is no text.
    encoded: bool,
}

impl Sent {
    /// As GitHub sends it.
    fn by_github(event: &str, body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        let headers = BTreeMap::from([
            ("content-type".to_owned(), "application/json".to_owned()),
            ("user-agent".to_owned(), "GitHub-Hookshot/044aadd".to_owned()),
            ("x-github-delivery".to_owned(), "72d3162e-cc78-11e3-81ab-4c9367dc0958".to_owned()),
            ("x-github-event".to_owned(), event.to_owned()),
        ]);
        Self { method: "POST", headers, body, encoded: false }.signed(SECRET)
    }

    /// The same as a form.
    fn into_form(mut self) -> Self {
        let form: String = form_urlencoded::Serializer::new(String::new())
            .append_pair("payload", std::str::from_utf8(&self.body).unwrap())
            .finish();
        self.body = form.into_bytes();
        self.encoded = true;
        self.with("content-type", "application/x-www-form-urlencoded").signed(SECRET)
    }

    fn signed(self, secret: &str) -> Self {
        let signature = signature(&self.body, secret);
        self.with("x-hub-signature-256", &signature)
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(name.to_owned(), value.to_owned());
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.headers.remove(name);
        self
    }

    /// Other bytes under the same signature.
    fn with_body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    fn event(&self) -> Value {
        let text = std::str::from_utf8(&self.body).ok().filter(|_| !self.encoded);
        let body = text.map_or_else(|| BASE64_STANDARD.encode(&self.body), str::to_owned);
        json!({
            "version": "2.0", "routeKey": "$default", "rawPath": "/", "rawQueryString": "", "headers": self.headers,
            "requestContext": {
                "accountId": "anonymous", "apiId": "abc", "domainName": "abc.lambda-url.eu-west-1.on.aws",
                "http": {"method": self.method, "path": "/", "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1"},
                "requestId": "r", "routeKey": "$default", "stage": "$default", "timeEpoch": 1_795_348_800_000_u64,
            },
            "body": body, "isBase64Encoded": text.is_none(),
        })
    }
}

fn signature(body: &[u8], secret: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body);
    let digits: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256={digits}")
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A pull request that was pushed to, as far as it matters.
fn pushed() -> Value {
    json!({
        "action": "synchronize", "number": 42,
        "pull_request": {"number": 42, "updated_at": "2026-11-22T11:59:58Z", "head": {"sha": "8f2c".repeat(10), "repo": null}},
        "repository": {"id": 1, "full_name": "Octocat/hello-world"},
    })
}

fn push() -> Sent {
    Sent::by_github("pull_request", pushed().to_string())
}

fn change() -> Change {
    let head = Some("8f2c".repeat(10).parse().unwrap());
    Change::PullRequest { number: 42, updated: Some(at("2026-11-22T11:59:58Z")), head }
}
