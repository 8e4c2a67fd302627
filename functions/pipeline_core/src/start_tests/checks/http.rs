//! HTTP checks.

use std::borrow::Cow;

use jiff::SignedDuration;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use crate::{
    ports::PortError,
    start_tests::{
        answer::{failed, not_answered, one_line},
        checks::{HttpCheck, fill, matching, slow},
        ports::{Request, Response},
        run::Outcome,
    },
};

/// The header by which a service can tell a run's data apart. It is on every request.
pub(super) const RUN_ID_HEADER: &str = "x-flowgate-run-id";

/// What is put into a path must not end it: a value is data, whatever characters it has.
const PUT_IN_A_PATH: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/').remove(b':').remove(b',');

impl HttpCheck {
    /// The request, with what the test is told filled in.
    pub fn request(&self, told: &Value) -> Request {
        let url = told.get("api_url").and_then(Value::as_str).unwrap_or_default();
        let encoded = |value| Cow::from(utf8_percent_encode(value, PUT_IN_A_PATH));
        let path = fill::fill_with(&self.path, told, encoded);
        Request {
            method: self.method.clone(),
            url: format!("{}{path}", url.trim_end_matches('/')),
            headers: self.headers(told),
            body: self.body.as_ref().map(|body| bytes(&fill::fill_value(body, told))),
        }
    }

    fn headers(&self, told: &Value) -> Vec<(String, String)> {
        let declared = self.headers.iter().map(|(name, value)| (name.clone(), fill::fill(value, told)));
        let run_id = told.get("run_id").and_then(Value::as_str).unwrap_or_default();
        let mut headers: Vec<(String, String)> = declared.collect();
        headers.push((RUN_ID_HEADER.to_owned(), run_id.to_owned()));
        let is_json = self.body.as_ref().is_some_and(|body| !body.is_string());
        if is_json && !self.headers.keys().any(|name| name.eq_ignore_ascii_case("content-type")) {
            headers.push(("content-type".to_owned(), "application/json".to_owned()));
        }
        headers
    }

    /// Whether the answer is what it must be. `took` is this request's time alone.
    pub fn judge(&self, answer: Result<Response, PortError>, took: SignedDuration) -> Outcome {
        match answer {
            Ok(response) => self.fault(&response, took).map_or(Outcome::Passed, |message| failed(&message)),
            Err(error) => not_answered(&error),
        }
    }

    fn fault(&self, response: &Response, took: SignedDuration) -> Option<String> {
        self.wrong_status(response).or_else(|| self.wrong_body(response)).or_else(|| slow(self.within, took))
    }

    fn wrong_status(&self, response: &Response) -> Option<String> {
        let body = one_line(&response.body, matching::SHOWN);
        let body = if body.is_empty() { body } else { format!(": {body}") };
        (response.status != self.status).then(|| format!("expected {}, got {}{body}", self.status, response.status))
    }

    fn wrong_body(&self, response: &Response) -> Option<String> {
        let expected = self.json.as_ref()?;
        if response.cut {
            let length = response.body.len();
            return Some(format!("expected JSON, got a body that is too long to be read: over {length} bytes"));
        }
        match serde_json::from_slice(&response.body) {
            Ok(found) => matching::difference(expected, &found),
            Err(_) => Some(not_json(&response.body)),
        }
    }
}

/// What is told of a body or a result that was to be JSON.
pub(super) fn not_json(found: &[u8]) -> String {
    match one_line(found, matching::SHOWN) {
        nothing if nothing.is_empty() => "expected JSON, got nothing".to_owned(),
        text => format!("expected JSON, got {text}"),
    }
}

/// A text goes as it stands.
fn bytes(body: &Value) -> Vec<u8> {
    match body {
        Value::String(text) => text.clone().into_bytes(),
        other => other.to_string().into_bytes(),
    }
}
