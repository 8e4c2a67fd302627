//! Somebody who claims names, deploys a stack, uses it, and gives it back or forgets it.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::dice::Dice;
use super::history::{History, What};
use super::names;
use crate::function::Function;
use crate::world::{World, judge};

/// How often something is asked again when the answer was lost.
const PATIENCE: usize = 6;
/// The time between two things it does, at most, in milliseconds.
const PACE: u64 = 800;
/// A deployment is not begun with less than this.
const TIME_TO_DEPLOY: SignedDuration = SignedDuration::from_secs(1);

pub(super) struct Claimer {
    pub(super) number: usize,
    pub(super) world: Arc<World>,
    pub(super) lease: Arc<Function>,
    pub(super) history: Arc<History>,
    pub(super) dice: Dice,
}

/// What it holds, as far as it knows.
struct Held {
    name: String,
    token: u64,
    until: Timestamp,
    stack: Option<String>,
}

/// A lease function's answer.
enum Told {
    Yes(Value),
    No,
    /// It may have been done.
    Unknown,
}

impl Claimer {
    pub(super) async fn go_on(mut self, until: Timestamp) {
        let names = names();
        while Timestamp::now() < until {
            let name = self.dice.pick(&names).clone();
            if let Some(held) = self.claim(&name).await {
                self.use_up(held).await;
            }
            self.pause().await;
        }
    }

    async fn pause(&mut self) {
        sleep(Duration::from_millis(self.dice.below(PACE))).await;
    }

    async fn claim(&mut self, name: &str) -> Option<Held> {
        let holder = self.dice.uuid();
        let ttl = 2 + self.dice.below(4);
        let source = format!("claimer {}", self.number);
        let request = json!({"operation": "claim", "stack": name, "holder": holder, "ttl": ttl, "source": source});
        let asked = Timestamp::now();
        let Told::Yes(granted) = self.insist(&request).await else { return None };
        let (token, until) = (token(&granted), instant(&granted, "expires_at"));
        let stack = bound(&granted);
        self.tell(name, token, What::Claimed { asked, told: Timestamp::now(), until, stack: stack.clone() });
        Some(Held { name: name.to_owned(), token, until, stack })
    }

    async fn use_up(&mut self, mut held: Held) {
        if held.stack.is_none() {
            self.deploy(&mut held).await;
        }
        for _ in 0..self.dice.below(4) {
            self.pause().await;
            self.do_something(&mut held).await;
        }
        if self.dice.percent(60) {
            self.release(&held).await;
        }
    }

    async fn deploy(&mut self, held: &mut Held) {
        if Timestamp::now() + TIME_TO_DEPLOY > held.until {
            return;
        }
        // A stack of that name which is not ours is not ours to use.
        let Ok(id) = self.world.begin(self.world.preview(&held.name, held.token)).await else { return };
        self.tell(&held.name, held.token, What::Made { id: id.clone() });
        self.world.settled(&id).await;
        held.stack = Some(id.clone());
        let mut request = json!({"operation": "bind", "stack": held.name, "token": held.token});
        // Bound by its id, found by its tags, or left for sweep to find.
        match self.dice.below(10) {
            0..6 => request["stack_id"] = json!(id),
            6..9 => {}
            _ => return,
        }
        self.insist(&request).await;
    }

    async fn do_something(&mut self, held: &mut Held) {
        match self.dice.below(10) {
            0..4 => self.renew(held).await,
            4 => self.hold(held).await,
            5..7 => self.claim_again(held).await,
            _ => {}
        }
    }

    async fn renew(&mut self, held: &mut Held) {
        let ttl = 1 + self.dice.below(4);
        let request = json!({"operation": "renew", "stack": held.name, "token": held.token, "ttl": ttl});
        if let Told::Yes(renewed) = self.insist(&request).await {
            held.until = instant(&renewed, "expires_at");
            self.tell(
                &held.name,
                held.token,
                What::Renewed { told: Timestamp::now(), until: held.until, stack: bound(&renewed) },
            );
        }
    }

    async fn hold(&mut self, held: &mut Held) {
        let until = Timestamp::now() + SignedDuration::from_secs(2 + i64::try_from(self.dice.below(6)).unwrap());
        let request = json!({"operation": "hold", "stack": held.name, "token": held.token, "until": until});
        self.tell(&held.name, held.token, What::Keeping { until });
        if let Told::Yes(kept) = self.insist(&request).await {
            self.tell(&held.name, held.token, What::Kept { told: Timestamp::now(), until, stack: bound(&kept) });
        }
    }

    /// The next push of the same pull request: the token of before is stale from now on.
    async fn claim_again(&mut self, held: &mut Held) {
        let name = held.name.clone();
        let Some(fresh) = self.claim(&name).await else { return };
        let old = std::mem::replace(held, fresh);
        for operation in ["release", "renew", "bind"] {
            let mut request = json!({"operation": operation, "stack": old.name, "token": old.token});
            match operation {
                "renew" => request["ttl"] = json!(3600),
                "bind" => request["stack_id"] = json!(old.stack),
                _ => {}
            }
            // I7
            if let Told::Yes(granted) = self.ask(&request).await {
                let why = format!("{operation} with the stale token {} was granted: {granted}", old.token);
                self.tell(&name, held.token, What::Wrong { why });
            }
        }
    }

    async fn release(&mut self, held: &Held) {
        self.tell(&held.name, held.token, What::Releasing { at: Timestamp::now() });
        self.insist(&json!({"operation": "release", "stack": held.name, "token": held.token})).await;
    }

    /// Asks until it is told, or has lost patience.
    async fn insist(&mut self, request: &Value) -> Told {
        for _ in 0..PATIENCE {
            match self.ask(request).await {
                Told::Unknown => self.pause().await,
                told => return told,
            }
        }
        Told::Unknown
    }

    async fn ask(&self, request: &Value) -> Told {
        match self.lease.invoke(&request.to_string()).await.map(judge) {
            Ok(Ok(granted)) => Told::Yes(granted),
            Ok(Err(refusal)) if refusal["code"] == "Unavailable" => Told::Unknown,
            Ok(Err(_)) => Told::No,
            Err(_) => Told::Unknown,
        }
    }

    fn tell(&self, name: &str, token: u64, what: What) {
        self.history.add(name, self.number, token, what);
    }
}

fn token(answer: &Value) -> u64 {
    answer["token"].as_u64().unwrap_or_else(|| panic!("no token: {answer}"))
}

fn bound(answer: &Value) -> Option<String> {
    answer["stack_id"].as_str().map(str::to_owned)
}

fn instant(answer: &Value, field: &str) -> Timestamp {
    answer[field].as_str().and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("no {field}: {answer}"))
}
