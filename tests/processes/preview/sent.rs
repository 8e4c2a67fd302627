//! What is sent to the function's URL, and what the function tells itself.

use flowgate::cloud::client::ACCOUNT;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

pub(super) const REPOSITORY: &str = "ada/shop";
pub(super) const SECRET: &str = "SENTINEL-webhook-secret";
/// When every pull request was changed last.
pub(super) const UPDATED: &str = "2026-11-22T12:00:00Z";

/// The newest commit of a pull request.
pub(super) fn commit(number: u64) -> String {
    format!("{number:040x}")
}

/// The payload of a pull request that was opened.
pub(super) fn opened(number: u64) -> Value {
    json!({
        "action": "opened", "number": number, "repository": {"id": 1, "full_name": REPOSITORY},
        "pull_request": {"number": number, "state": "open", "updated_at": UPDATED, "head": {"sha": commit(number)}},
    })
}

/// What the function is to tell itself then.
pub(super) fn told(number: u64) -> Value {
    json!({"pull_request": number, "updated": UPDATED, "head": commit(number)})
}

pub(super) fn delivery(number: u64) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

pub(super) fn signature(body: &[u8], secret: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body);
    let digits: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256={digits}")
}

/// As Lambda tells of it.
pub(super) fn request(number: u64, body: &str, signature: Option<&str>) -> Value {
    let mut headers = json!({
        "content-type": "application/json", "user-agent": "GitHub-Hookshot/044aadd", "x-github-event": "pull_request",
        "x-github-delivery": delivery(number),
    });
    if let Some(signature) = signature {
        headers["x-hub-signature-256"] = signature.into();
    }
    json!({
        "version": "2.0", "routeKey": "$default", "rawPath": "/", "rawQueryString": "", "headers": headers, "body": body,
        "isBase64Encoded": false,
        "requestContext": {
            "accountId": "anonymous", "apiId": "abc", "authentication": null, "domainName": format!("{ACCOUNT}.example"),
            "http": {"method": "POST", "path": "/", "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1"},
            "requestId": "r", "routeKey": "$default", "stage": "$default",
        },
    })
}

/// As GitHub sends it.
pub(super) fn webhook(number: u64) -> Value {
    let body = opened(number).to_string();
    request(number, &body, Some(&signature(body.as_bytes(), SECRET)))
}
