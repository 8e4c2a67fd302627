//! HTTP checks.

use std::borrow::Cow;

use jiff::SignedDuration;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use crate::{
    ports::PortError,
    start_tests::{
        answer::{failed, not_answered, one_line},
        checks::{HttpCheck, echo::Echo, fill, matching, slow},
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

    /// Whether the answer is what it must be, with what the test is told filled in. `took` is this request's time alone.
    pub fn judge(&self, told: &Value, answer: Result<Response, PortError>, took: SignedDuration) -> Outcome {
        match answer {
            Ok(response) => self.fault(told, &response, took).map_or(Outcome::Passed, |message| failed(&message)),
            // Whoever deployed a service that cannot be connected to has to mend it, and not whoever runs us.
            Err(PortError::Throttled { operation, detail }) => {
                failed(&format!("no connection came about to {operation}: {detail}"))
            }
            Err(error) => not_answered(&error),
        }
    }

    fn fault(&self, told: &Value, response: &Response, took: SignedDuration) -> Option<String> {
        self.wrong_status(told, response)
            .or_else(|| self.wrong_body(told, response))
            .or_else(|| slow(self.within, took))
    }

    fn wrong_status(&self, told: &Value, response: &Response) -> Option<String> {
        if response.status == self.status {
            return None;
        }
        let body = beginning(&response.body, &self.echo(told));
        let body = if body.is_empty() { body } else { format!(": {body}") };
        Some(format!("expected {}, got {}{body}", self.status, response.status))
    }

    /// I26: an error page may show the request.
    fn echo(&self, told: &Value) -> Echo {
        let values: Vec<String> = self.headers.values().map(|value| fill::fill(value, told)).collect();
        Echo::of(values.iter().map(String::as_str))
    }

    fn wrong_body(&self, told: &Value, response: &Response) -> Option<String> {
        let expected = fill::fill_value(self.json.as_ref()?, told);
        if response.cut {
            let length = response.body.len();
            return Some(format!("expected JSON, got a body that is too long to be read: over {length} bytes"));
        }
        match serde_json::from_slice(&response.body) {
            Ok(found) => matching::difference(&expected, &found, &self.echo(told)),
            Err(_) => Some(not_json(&response.body, &self.echo(told))),
        }
    }
}

/// What is told of a body or a result that was to be JSON.
pub(super) fn not_json(found: &[u8], echo: &Echo) -> String {
    match beginning(found, echo) {
        nothing if nothing.is_empty() => "expected JSON, got nothing".to_owned(),
        text => format!("expected JSON, got {text}"),
    }
}

/// Hidden before it is cut: a part of a secret is not found.
fn beginning(body: &[u8], echo: &Echo) -> String {
    one_line(echo.hide(&String::from_utf8_lossy(body)).as_bytes(), matching::SHOWN)
}

/// A text goes as it stands.
fn bytes(body: &Value) -> Vec<u8> {
    match body {
        Value::String(text) => text.clone().into_bytes(),
        other => other.to_string().into_bytes(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check() -> HttpCheck {
        HttpCheck {
            method: "GET".into(),
            path: "/time".into(),
            headers: [("accept".to_owned(), "application/json".to_owned())].into(),
            body: None,
            status: 200,
            json: None,
            within: None,
        }
    }

    fn told() -> Value {
        json!({"api_url": "https://api.example/Prod/", "run_id": "r1", "outputs": {"Odd": "a&b=c/d?#%é "}})
    }

    fn judged(check: &HttpCheck, status: u16, body: &str) -> Outcome {
        let response = Response { status, body: body.into(), cut: false };
        check.judge(&told(), Ok(response), SignedDuration::from_millis(2001))
    }

    fn failed(message: &str) -> Outcome {
        Outcome::Failed { message: message.to_owned() }
    }

    #[test]
    fn a_request_is_filled_and_tells_the_run() {
        let path = "/time?run=${run_id}&odd=${outputs.Odd}".to_owned();
        let request = HttpCheck { path, ..check() }.request(&told());
        assert_eq!(request.url, "https://api.example/Prod/time?run=r1&odd=a%26b%3Dc/d%3F%23%25%C3%A9%20");
        let headers = [("accept", "application/json"), ("x-flowgate-run-id", "r1")];
        assert_eq!(request.headers, headers.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert_eq!((request.method.as_str(), request.body), ("GET", None));
    }

    #[test]
    fn a_text_goes_as_it_stands_and_anything_else_as_json_which_says_so() {
        let sent = |body: Value| HttpCheck { body: Some(body), ..check() }.request(&told());
        let types = |request: &Request| request.headers.iter().filter(|(name, _)| name == "content-type").count();
        let text = sent(json!("run ${run_id}"));
        assert_eq!((text.body.as_deref(), types(&text)), (Some(&b"run r1"[..]), 0));
        let json = sent(json!({"run": "${run_id}", "n": 1}));
        assert_eq!(serde_json::from_slice::<Value>(&json.body.clone().unwrap()).unwrap(), json!({"run": "r1", "n": 1}));
        assert_eq!(types(&json), 1);
        let typed = HttpCheck { headers: [("Content-Type".to_owned(), "a/b".to_owned())].into(), ..check() };
        assert_eq!(types(&HttpCheck { body: Some(json!(1)), ..typed }.request(&told())), 0);
    }

    #[test]
    fn another_status_is_told_with_the_beginning_of_the_body_on_one_line() {
        assert_eq!(judged(&check(), 200, "anything"), Outcome::Passed);
        assert_eq!(judged(&check(), 502, ""), failed("expected 200, got 502"));
        assert_eq!(judged(&check(), 502, " \n\t"), failed("expected 200, got 502"));
        assert_eq!(judged(&check(), 502, "Bad\r\n  Gateway\u{0}\n"), failed("expected 200, got 502: Bad Gateway"));
        let Outcome::Failed { message } = judged(&check(), 404, &"é".repeat(1 << 20)) else { panic!() };
        assert!(message.chars().count() < 250 && message.ends_with("(cut)"), "{message}");
        assert_eq!(judged(&HttpCheck { status: 404, ..check() }, 404, "gone"), Outcome::Passed);
    }

    #[test]
    fn the_body_must_hold_the_json() {
        let check = HttpCheck { json: Some(json!({"zone": "UTC"})), ..check() };
        assert_eq!(judged(&check, 200, r#"{"zone": "UTC", "now": 1}"#), Outcome::Passed);
        let words = "at /zone: expected \"UTC\", got \"CET\"";
        assert_eq!(judged(&check, 200, r#"{"zone": "CET"}"#), failed(words));
        assert_eq!(judged(&check, 200, "<html>"), failed("expected JSON, got <html>"));
        assert_eq!(judged(&check, 200, ""), failed("expected JSON, got nothing"));
        assert!(matches!(judged(&check, 200, &"[".repeat(100_000)), Outcome::Failed { .. }));
        let cut = Response { status: 200, body: b"{}".to_vec(), cut: true };
        assert!(matches!(check.judge(&told(), Ok(cut), SignedDuration::ZERO), Outcome::Failed { .. }));
    }

    #[test]
    fn what_the_test_is_told_may_be_expected() {
        let check = HttpCheck { json: Some(json!({"run": "${run_id}"})), ..check() };
        assert_eq!(judged(&check, 200, r#"{"run": "r1"}"#), Outcome::Passed);
        let words = "at /run: expected \"r1\", got \"${run_id}\"";
        assert_eq!(judged(&check, 200, r#"{"run": "${run_id}"}"#), failed(words));
    }

    #[test]
    fn a_late_answer_is_no_pass() {
        let within = |millis| HttpCheck { within: Some(SignedDuration::from_millis(millis)), ..check() };
        assert_eq!(judged(&within(2001), 200, ""), Outcome::Passed);
        assert_eq!(judged(&within(2000), 200, ""), failed("expected an answer within 2000 ms, got it after 2001 ms"));
    }

    #[test]
    fn i26_what_an_answer_echoes_of_the_headers_is_hidden() {
        let headers = [("authorization".to_owned(), "Bearer ${outputs.Token}".to_owned())].into();
        let told = json!({"outputs": {"Token": "SENTINEL-0123456789"}});
        let check = HttpCheck { headers, json: Some(json!({"seen": "none"})), ..check() };
        let page = format!("{}SENTINEL-0123456789 is wrong", "x".repeat(190));
        for (status, body) in [
            (401, "no: Bearer SENTINEL-0123456789"),
            (401, page.as_str()),
            (200, "SENTINEL-0123456789"),
            (200, r#"{"seen": "SENTINEL-0123456789"}"#),
            (200, r#"{"seen": ["Bearer SENTINEL-0123456789"]}"#),
        ] {
            let response = Response { status, body: body.into(), cut: false };
            let said = format!("{:?}", check.judge(&told, Ok(response), SignedDuration::ZERO));
            assert!(said.starts_with("Failed") && !said.contains("SENT"), "{said}");
            assert!(said.contains("(hidden)") || body == page, "{said}");
        }
    }

    #[test]
    fn a_service_that_takes_no_connection_failed() {
        let (operation, detail) = ("request GET https://api.example".to_owned(), "connection refused".to_owned());
        let error = PortError::Throttled { operation, detail };
        let words = "no connection came about to request GET https://api.example: connection refused";
        assert_eq!(check().judge(&told(), Err(error), SignedDuration::ZERO), failed(words));
    }

    #[test]
    fn a_connection_that_drops_is_a_loss() {
        let error = PortError::Unavailable { operation: "GET".into(), detail: "connection reset".into() };
        assert!(matches!(check().judge(&told(), Err(error), SignedDuration::ZERO), Outcome::Lost { .. }));
    }
}
