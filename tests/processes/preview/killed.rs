//! The process killed before and after each of its calls. What it was told is brought about all the same, once.

use std::pin::pin;

use futures_util::{StreamExt as _, stream};
use rustix::process::Signal;
use serde_json::Value;

use crate::function::Failure;
use crate::preview::lab::{Lab, play_lambda};
use crate::preview::sent::{told, webhook};
use crate::proxy::{Fault, Gate, Proxy};

/// So many processes at once are what a small machine bears.
const AT_ONCE: usize = 6;

/// When, seen from the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    /// It is never carried out.
    Before,
    /// It was carried out, and nobody heard.
    After,
}

/// What the process was at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Webhook,
    Change,
}

#[tokio::test]
async fn a_process_killed_at_any_call_leaves_a_preview_that_is_brought_about_by_whoever_comes_next() {
    let lab = Lab::new().await;
    let (webhooks, changes) = healthy(&lab).await;
    assert_eq!(webhooks, 4, "a new call is a new place to be killed at");
    let of = |at: At, calls: usize| {
        (0..calls).flat_map(move |call| [When::Before, When::After].map(|when| (at, call, when)))
    };
    let sites = of(At::Webhook, webhooks).chain(of(At::Change, changes));
    let numbered = (100..).zip(sites);
    stream::iter(numbered)
        .map(|(number, site)| killed(&lab, number, site))
        .buffered(AT_ONCE)
        .collect::<Vec<()>>()
        .await;
}

/// How many calls a webhook takes that nobody harms, and how many what follows.
async fn healthy(lab: &Lab) -> (usize, usize) {
    let (function, wire) = lab.preview().await;
    assert_eq!(function.invoke(&webhook(1).to_string()).await.unwrap()["statusCode"], 202);
    let webhooks = wire.take().len();
    assert_eq!(function.invoke(&told(1).to_string()).await.unwrap(), Value::Null);
    lab.must_run(1, "healthy").await;
    (webhooks, wire.take().len())
}

async fn killed(lab: &Lab, number: u64, (at, call, when): (At, usize, When)) {
    let about = format!("{at:?}, {when:?} call {call}");
    match at {
        At::Webhook => kill(lab, &webhook(number), call, when, &about).await,
        At::Change => {
            accepted(lab, number, &about).await;
            kill(lab, &told(number), call, when, &about).await;
        }
    }
    if at == At::Webhook {
        accepted(lab, number, &about).await;
    }
    // Lambda delivers again what failed; a tick would come as well.
    let (function, _wire) = lab.preview().await;
    let done = function.invoke(&told(number).to_string()).await;
    assert_eq!(done.unwrap_or_else(|error| panic!("{about}: {error}\n{}", function.log())), Value::Null);
    lab.must_run(number, &about).await;
}

/// Sent, or sent again.
async fn accepted(lab: &Lab, number: u64, about: &str) {
    let (function, _wire) = lab.preview().await;
    let answer = function.invoke(&webhook(number).to_string()).await.unwrap();
    assert!([200, 202].contains(&answer["statusCode"].as_u64().unwrap()), "{about}: {answer}");
}

/// Kills a process at its call of this number.
async fn kill(lab: &Lab, event: &Value, number: usize, when: When, about: &str) {
    let (wire, gate) = (Proxy::start(lab.world.endpoint()).await, Gate::default());
    let (mut seen, hold) = (0, gate.clone());
    wire.harm(move |call| {
        seen += 1;
        match when {
            _ if seen != number + 1 => play_lambda(call),
            When::Before => Fault::Hold(hold.clone()),
            When::After => Fault::HoldReply(hold.clone()),
        }
    });
    let (function, event) = (lab.environment(&wire), event.to_string());
    let mut invoked = pin!(function.invoke(&event));
    tokio::select! {
        ended = &mut invoked => panic!("{about}: it has fewer calls: {ended:?}"),
        () = gate.reached() => assert!(function.signal(Signal::KILL).await, "{about}"),
    }
    let ended = invoked.await;
    assert!(matches!(ended, Err(Failure::Ended(_))), "{about}: {ended:?}");
}
