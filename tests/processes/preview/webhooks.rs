//! Bad input of SAFETY.md for `preview`: webhooks that are forged, unsigned, cut or sent again; and one that is not.

use serde_json::{Value, json};

use crate::call::Call;
use crate::function::Function;
use crate::preview::lab::Lab;
use crate::preview::sent::{SECRET, opened, request, signature, told, webhook};

async fn answered(function: &Function, event: &Value) -> u64 {
    let answer = function.invoke(&event.to_string()).await;
    let answer = answer.unwrap_or_else(|error| panic!("{error}\n{}", function.log()));
    answer["statusCode"].as_u64().unwrap_or_else(|| panic!("{answer}"))
}

/// What was sent that is no reading.
fn changes(calls: &[Call]) -> Vec<String> {
    let reads = ["GetItem", "GetParameter", "Query"];
    calls.iter().filter(|call| !reads.contains(&call.operation.as_str())).map(Call::name).collect()
}

fn bad() -> Vec<(&'static str, Value, u64)> {
    let (body, other) = (opened(42).to_string(), opened(43).to_string());
    let signed = |body: &str| request(42, body, Some(&signature(body.as_bytes(), SECRET)));
    let good = signature(body.as_bytes(), SECRET);
    let flipped = body.replacen("\"number\":42", "\"number\":43", 1);
    let mut empty = request(42, "", Some(&signature(b"", SECRET)));
    empty.as_object_mut().unwrap().remove("body");
    let mut got = webhook(42);
    got["requestContext"]["http"]["method"] = json!("GET");
    let mut nameless = webhook(42);
    nameless["headers"].as_object_mut().unwrap().remove("x-github-delivery");
    let mut not_encoded = webhook(42);
    not_encoded["isBase64Encoded"] = json!(true);
    vec![
        ("unsigned", request(42, &body, None), 401),
        ("signed with another secret", request(42, &body, Some(&signature(body.as_bytes(), "another"))), 401),
        ("signed with none", request(42, &body, Some(&signature(body.as_bytes(), ""))), 401),
        ("signed as another body is", request(42, &body, Some(&signature(other.as_bytes(), SECRET))), 401),
        ("changed", request(42, &flipped, Some(&good)), 401),
        ("cut", request(42, &body[..body.len() / 2], Some(&good)), 401),
        ("cut by a byte", request(42, &body[..body.len() - 1], Some(&good)), 401),
        ("cut and signed then", signed(&body[..body.len() / 2]), 400),
        ("empty and signed", empty, 400),
        ("not JSON", signed("not json"), 400),
        ("a list", signed("[]"), 400),
        ("without a number", signed(r#"{"repository": {"full_name": "ada/shop"}}"#), 400),
        ("without a delivery's id", nameless, 400),
        ("not base64 as it says", not_encoded, 400),
        ("not posted", got, 405),
        ("of another repository", signed(&body.replace("ada/shop", "eve/shop")), 200),
        ("of a request that is none", json!({"requestContext": {}, "body": body}), 400),
    ]
}

#[tokio::test]
async fn what_github_did_not_sign_or_what_makes_no_sense_changes_nothing_and_what_it_signed_has_an_effect_once() {
    let lab = Lab::new().await;
    let (function, wire) = lab.preview().await;
    let before = lab.table().await;
    for (about, event, status) in bad() {
        assert_eq!(answered(&function, &event).await, status, "{about}\n{}", function.log());
        assert_eq!(changes(&wire.take()), [""; 0], "{about}");
    }
    assert_eq!(lab.table().await, before);

    assert_eq!(answered(&function, &webhook(42)).await, 202, "{}", function.log());
    let calls = wire.take();
    assert_eq!(changes(&calls), ["lambda:Invoke", "dynamodb:PutItem"], "remembered when it was passed on");
    let passed_on: Vec<Value> = calls.iter().filter(|call| call.operation == "Invoke").map(Call::json).collect();
    assert_eq!(passed_on, [told(42)]);
    // Sent again, also to a process that knows of nothing.
    for function in [&function, &lab.preview().await.0] {
        assert_eq!(answered(function, &webhook(42)).await, 200);
    }
    assert_eq!(changes(&wire.take()), [""; 0]);

    for _ in 0..2 {
        assert_eq!(function.invoke(&told(42).to_string()).await.unwrap(), Value::Null);
        lab.must_run(42, "as it should be").await;
    }
    let shown = function.invoke(r#"{"operation": "list"}"#).await.unwrap();
    assert_eq!(
        (&shown["previews"][0]["preview"], &shown["previews"][0]["phase"]),
        (&json!("pr-42"), &json!("RUNNING"))
    );
    assert!(!function.log().contains(SECRET), "I26");
}
