//! What comes by the function's URL.

use hmac::{Hmac, KeyInit, Mac};
use pipeline_core::preview::subject::Subject;
use serde_json::{Value, json};
use sha2::Sha256;

use crate::town::{SECRET, Town, commit, of_pull, pull};

/// A request to the function's URL, signed as GitHub signs.
fn webhook(event: &str, delivery: &str, body: &Value, secret: &str) -> Value {
    let body = body.to_string();
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body.as_bytes());
    let digits: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    json!({
        "version": "2.0", "rawPath": "/", "body": body, "isBase64Encoded": false,
        "requestContext": {"accountId": "anonymous", "http": {"method": "POST", "path": "/"}},
        "headers": {
            "content-type": "application/json", "x-github-event": event, "x-github-delivery": delivery,
            "x-hub-signature-256": format!("sha256={digits}"),
        },
    })
}

#[test]
fn a_webhook_is_answered_at_once_and_what_the_function_tells_itself_is_looked_at() {
    let town = Town::of_github([pull(42, "8f2c")]);
    let body = json!({
        "action": "opened", "number": 42, "repository": {"full_name": "octocat/Hello-World"},
        "pull_request": {"updated_at": "2026-11-22T12:00:00Z", "head": {"sha": commit("8f2c")}},
    });
    let sent = webhook("pull_request", "d-1", &body, SECRET);
    let answer = town.handle(&sent.to_string()).unwrap();
    assert_eq!(
        (&answer["statusCode"], &answer["body"]),
        (&json!(202), &json!(r#"{"message":"accepted"}"#)),
        "{answer}"
    );
    assert!(town.is_untouched(), "GitHub waits for the answer");
    let told = town.told.take();
    assert_eq!(town.handle(&sent.to_string()).unwrap()["statusCode"], 200, "the same delivery again");
    assert!(town.told.borrow().is_empty());
    let [told] = &told[..] else { panic!("{told:?}") };
    town.takes(&serde_json::from_str(told).unwrap());
    assert_eq!(town.started(), [(Subject::PullRequest(42), commit("8f2c"))]);
}

#[test]
fn what_comes_by_the_url_is_never_taken_for_anything_else() {
    for more in [
        json!({"tick": true}),
        json!({"operation": "up", "developer": "eve", "commit": commit("8f2c"), "branch": "b"}),
        json!({"pull_request": 42}),
        of_pull("pullRequestCreated", &json!("42")),
    ] {
        for event in
            [webhook("pull_request", "d-1", &more, "forged"), json!({"requestContext": {}, "body": more.to_string()})]
        {
            let town = Town::new([pull(42, "8f2c")]);
            let mut event = event;
            // As if Lambda let more through than it does.
            event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            let answer = town.handle(&event.to_string()).unwrap();
            assert!([400, 401].contains(&answer["statusCode"].as_u64().unwrap()), "{answer}");
            assert!(town.is_untouched() && town.told.borrow().is_empty(), "{event}");
        }
    }
}
