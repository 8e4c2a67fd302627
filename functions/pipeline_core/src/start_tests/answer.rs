//! What a test answered, and whether that is a pass.

use serde_json::Value;

use crate::{
    ports::PortError,
    start_tests::{ports::Answer, run::Outcome},
};

/// The longest message of one test that is kept, in characters: several of them fit a failure's message.
const MESSAGE: usize = 1000;

/// Judges one answer. Whatever is not clearly a pass is none (I18).
pub fn judge(answer: Result<Answer, PortError>) -> Outcome {
    match answer {
        Ok(answer) if answer.failed => failed(&error_message(&value(&answer))),
        Ok(answer) => returned(&value(&answer)),
        Err(error) => not_answered(&error),
    }
}

/// Not JSON is not an error of the test: any runtime may answer as it likes.
fn value(answer: &Answer) -> Value {
    let text = || Value::String(String::from_utf8_lossy(&answer.payload).into_owned());
    serde_json::from_slice(&answer.payload).unwrap_or_else(|_| text())
}

fn not_answered(error: &PortError) -> Outcome {
    let message = crate::text::fit(&error.to_string(), MESSAGE);
    match error {
        PortError::NotFound { .. } | PortError::Unusable { .. } => Outcome::Misconfigured { message },
        PortError::Denied { .. } => Outcome::Denied { message },
        PortError::Throttled { .. } | PortError::Unavailable { .. } => Outcome::Lost { message },
    }
}

fn returned(value: &Value) -> Outcome {
    match value.get("passed") {
        None | Some(Value::Bool(true)) => Outcome::Passed,
        Some(Value::Bool(false)) => failed(&message(value)),
        Some(other) => failed(&format!("answered \"passed\": {other}, which is neither true nor false")),
    }
}

fn message(value: &Value) -> String {
    match value.get("message") {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => "answered \"passed\": false without a message".to_owned(),
    }
}

/// Lambda's error object: `{"errorMessage", "errorType", …}`.
fn error_message(value: &Value) -> String {
    match (value.get("errorType").and_then(Value::as_str), value.get("errorMessage").and_then(Value::as_str)) {
        (Some(kind), Some(message)) if !message.contains(kind) => format!("{kind}: {message}"),
        (_, Some(message)) => message.to_owned(),
        _ => value.to_string(),
    }
}

fn failed(message: &str) -> Outcome {
    Outcome::Failed { message: crate::text::fit(message, MESSAGE) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answer(failed: bool, value: &Value) -> Answer {
        Answer { failed, payload: value.to_string().into_bytes(), log: None }
    }

    fn failure(answer: Answer) -> String {
        match judge(Ok(answer)) {
            Outcome::Failed { message } => message,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn whatever_a_test_returns_is_a_pass_unless_it_says_otherwise() {
        for value in
            [json!(null), json!({}), json!("ok"), json!([1]), json!({"passed": true}), json!({"statusCode": 500})]
        {
            assert_eq!(judge(Ok(answer(false, &value))), Outcome::Passed, "{value}");
        }
    }

    #[test]
    fn a_test_that_says_it_did_not_pass_failed_with_its_message() {
        let value = json!({"passed": false, "message": "expected 200, got 502"});
        assert_eq!(failure(answer(false, &value)), "expected 200, got 502");
        assert!(failure(answer(false, &json!({"passed": false}))).contains("without a message"));
    }

    #[test]
    fn a_pass_that_is_not_true_is_not_a_pass() {
        for value in [json!("true"), json!(1), json!(null), json!({})] {
            let message = failure(answer(false, &json!({"passed": value})));
            assert!(message.contains("neither true nor false"), "{message}");
        }
    }

    #[test]
    fn an_error_keeps_its_type_and_message() {
        let value = json!({"errorType": "AssertionError", "errorMessage": "expected 200, got 502", "stackTrace": []});
        assert_eq!(failure(answer(true, &value)), "AssertionError: expected 200, got 502");
        assert_eq!(failure(answer(true, &json!("gone"))), "\"gone\"");
    }

    #[test]
    fn a_test_that_could_not_be_asked_is_told_apart() {
        let (operation, detail) = ("invoke".to_owned(), "d".repeat(5000));
        for (error, expected) in [
            (PortError::NotFound { what: "f".into() }, "Misconfigured"),
            (PortError::Denied { operation: operation.clone(), detail: detail.clone() }, "Denied"),
            (PortError::Throttled { operation: operation.clone(), detail: detail.clone() }, "Lost"),
            (PortError::Unavailable { operation, detail }, "Lost"),
        ] {
            let outcome = format!("{:?}", judge(Err(error)));
            assert!(outcome.starts_with(expected) && outcome.len() < 1200, "{outcome}");
        }
    }

    #[test]
    fn a_message_of_megabytes_is_cut() {
        let value = json!({"passed": false, "message": "x".repeat(6_000_000)});
        assert_eq!(failure(answer(false, &value)).chars().count(), MESSAGE);
    }
}
