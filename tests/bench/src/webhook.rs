//! A webhook of GitHub's: what `preview` is measured with, from the request to its URL to the delivery that it remembers.

use serde_json::{Value, json};
use uuid::Uuid;

/// What the function is told of its repository by its environment.
pub(crate) const SETTINGS: [(&str, &str); 7] = [
    ("PIPELINE", "time-service-flowgate-previews"),
    ("PROVIDER", "GitHub"),
    ("REPOSITORY", "octocat/time-service"),
    ("WEBHOOK_SECRET", "/webhook"),
    ("TTL", "72h"),
    ("QUOTA", "20"),
    ("QUOTA_PER_AUTHOR", "5"),
];

const BODY: &str = "{\"action\":\"synchronize\",\"number\":42,\"pull_request\":{\"updated_at\":\"2026-11-22T12:00:00Z\"},\
\"repository\":{\"full_name\":\"octocat/time-service\"}}";
/// Of the body, under the secret `secret`.
const SIGNATURE: &str = "sha256=83fb94a57c27c4bb24a028a44c17cb6d0ef3c867765881b2c3ccc41e7219142b";

/// The request, as this delivery.
pub(crate) fn event(delivery: Uuid) -> Value {
    json!({
        "version": "2.0", "rawPath": "/", "body": BODY, "isBase64Encoded": false,
        "requestContext": {"accountId": "anonymous", "http": {"method": "POST", "path": "/"}},
        "headers": {
            "content-type": "application/json", "x-github-event": "pull_request", "x-github-delivery": delivery,
            "x-hub-signature-256": SIGNATURE,
        },
    })
}

/// The parameter that the secret is kept in.
pub(crate) fn secret() -> Value {
    json!({"Parameter": {"Name": "/webhook", "Type": "SecureString", "Value": "secret"}})
}
