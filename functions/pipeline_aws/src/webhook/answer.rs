//! What whoever called the function's URL is answered.

use serde::{Serialize, Serializer};
use serde_json::json;

/// An answer: a status of HTTP, and a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Why, in words that repeat nothing of the request.
    pub message: &'static str,
}

impl Answer {
    pub(super) const ACCEPTED: Self = Self { status: 202, message: "accepted" };
    /// One for all that is not authentic: it does not help to find out what would be.
    pub(super) const UNSIGNED: Self = Self {
        status: 401,
        message: "X-Hub-Signature-256 is missing, or not that of the body under the webhook's secret",
    };
    pub(super) const NO_DELIVERY: Self = Self::bad("X-GitHub-Delivery is missing, or no delivery's id");
    pub(super) const NOT_POST: Self = Self { status: 405, message: "a webhook is sent by POST" };
    pub(super) const TOO_LARGE: Self = Self { status: 413, message: "the body is too large" };

    pub(super) const fn ok(message: &'static str) -> Self {
        Self { status: 200, message }
    }

    pub(super) const fn bad(message: &'static str) -> Self {
        Self { status: 400, message }
    }

    pub(super) const fn unavailable() -> Self {
        Self { status: 503, message: "it could not be passed on; send it again" }
    }
}

/// As a function's URL has it.
impl Serialize for Answer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut headers = json!({"content-type": "application/json"});
        if *self == Self::NOT_POST {
            headers["allow"] = "POST".into();
        }
        let body = json!({"message": self.message}).to_string();
        json!({"statusCode": self.status, "headers": headers, "body": body}).serialize(serializer)
    }
}
