//! Checks of a function's result.

use jiff::SignedDuration;
use serde_json::Value;

use crate::{
    ports::PortError,
    start_tests::{
        answer::{error_message, failed, not_answered},
        checks::{InvokeCheck, echo::Echo, fill, http::not_json, matching, slow},
        ports::{Answer, LARGEST_BODY},
        run::Outcome,
    },
};

impl InvokeCheck {
    /// The payload, with what the test is told filled in. An object tells the run, unless it says so itself.
    pub fn payload(&self, told: &Value) -> Value {
        let mut payload = fill::fill_value(&self.payload, told);
        if let Value::Object(fields) = &mut payload {
            let run_id = told.get("run_id").cloned().unwrap_or_default();
            fields.entry("run_id").or_insert(run_id);
        }
        payload
    }

    /// Whether the result is what it must be, with what the test is told filled in. `took` is this invocation's time
    /// alone.
    pub fn judge(&self, told: &Value, answer: Result<Answer, PortError>, took: SignedDuration) -> Outcome {
        match answer {
            Ok(answer) if answer.failed => failed(&error_message(&answer.payload)),
            Ok(answer) => self.fault(told, &answer, took).map_or(Outcome::Passed, |message| failed(&message)),
            Err(error) => not_answered(&error),
        }
    }

    fn fault(&self, told: &Value, answer: &Answer, took: SignedDuration) -> Option<String> {
        self.wrong_result(told, &answer.payload).or_else(|| slow(self.within, took))
    }

    fn wrong_result(&self, told: &Value, payload: &[u8]) -> Option<String> {
        let expected = fill::fill_value(self.result.as_ref()?, told);
        // Read, it may take a hundred times its size of our memory.
        if payload.len() > LARGEST_BODY {
            let length = payload.len();
            return Some(format!("expected a result of at most {LARGEST_BODY} bytes to compare, got {length} bytes"));
        }
        let echo = Echo::default();
        match serde_json::from_slice(payload) {
            Ok(found) => matching::difference(&expected, &found, &echo),
            Err(_) => Some(not_json(payload, &echo)),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(payload: Value, result: Option<Value>) -> InvokeCheck {
        let within = Some(SignedDuration::from_secs(1));
        InvokeCheck { function: "time-beta-Worker-1".parse().unwrap(), payload, result, within }
    }

    fn judged(result: Option<Value>, failed: bool, payload: &str, millis: i64) -> Outcome {
        let answer = Answer { failed, payload: payload.into(), log: None };
        check(json!({}), result).judge(&json!({"run_id": "r1"}), Ok(answer), SignedDuration::from_millis(millis))
    }

    fn failed(message: &str) -> Outcome {
        Outcome::Failed { message: message.to_owned() }
    }

    #[test]
    fn an_object_tells_the_run_unless_it_says_so_itself() {
        let told = json!({"run_id": "r1", "stage": "beta"});
        let sent = |payload| check(payload, None).payload(&told);
        assert_eq!(sent(json!({"stage": "${stage}"})), json!({"stage": "beta", "run_id": "r1"}));
        assert_eq!(sent(json!({"run_id": 7})), json!({"run_id": 7}));
        assert_eq!(sent(json!(["${run_id}", 1])), json!(["r1", 1]));
        assert_eq!(sent(json!(null)), json!(null));
    }

    #[test]
    fn without_an_expectation_any_result_but_an_error_passes() {
        for payload in ["null", "{\"passed\": false}", "not JSON", ""] {
            assert_eq!(judged(None, false, payload, 1), Outcome::Passed, "{payload}");
        }
        let raised = r#"{"errorType": "KeyError", "errorMessage": "'zone'"}"#;
        assert_eq!(judged(None, true, raised, 1), failed("KeyError: 'zone'"));
    }

    #[test]
    fn the_result_must_hold_what_is_expected_and_come_in_time() {
        let sum = || Some(json!({"sum": 3}));
        assert_eq!(judged(sum(), false, r#"{"sum": 3, "carry": 0}"#, 1000), Outcome::Passed);
        assert_eq!(judged(sum(), false, r#"{"sum": 4}"#, 1), failed("at /sum: expected 3, got 4"));
        assert_eq!(judged(sum(), false, "Not\nJSON", 1), failed("expected JSON, got Not JSON"));
        assert_eq!(judged(Some(json!("${run_id}")), false, "\"r1\"", 1), Outcome::Passed);
        assert_eq!(judged(Some(json!(null)), false, "1", 1), failed("expected null, got 1"));
        let padded = |length: usize| format!("{{\"sum\": 3}}{}", " ".repeat(length - 10));
        assert_eq!(judged(sum(), false, &padded(LARGEST_BODY), 1), Outcome::Passed);
        let large = "expected a result of at most 1048576 bytes to compare, got 1048577 bytes";
        assert_eq!(judged(sum(), false, &padded(LARGEST_BODY + 1), 1), failed(large));
        assert_eq!(judged(None, false, &padded(LARGEST_BODY + 1), 1), Outcome::Passed);
        let late = "expected an answer within 1000 ms, got it after 1001 ms";
        assert_eq!(judged(sum(), false, r#"{"sum": 3}"#, 1001), failed(late));
    }
}
