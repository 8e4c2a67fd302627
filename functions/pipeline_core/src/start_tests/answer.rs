//! What a test answered, and whether that is a pass.

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::{
    ports::PortError,
    start_tests::{ports::Answer, run::Outcome},
};

/// The longest message of one test that is kept, in characters: several of them fit a failure's message.
const MESSAGE: usize = 1000;
/// The longest end of a test's log that is kept, in characters.
const LOG: usize = 1000;
/// How much of a value is shown that is not as it should be, in characters.
const SHOWN: usize = 200;

/// Judges what a function answered that is a test. Whatever is not clearly a pass is none (I18).
pub fn judge(answer: Result<Answer, PortError>) -> Outcome {
    match answer {
        Ok(answer) if answer.failed => failed(&error_message(&answer.payload)),
        Ok(answer) => returned(&answer.payload),
        Err(error) => not_answered(&error),
    }
}

/// The parts of an object that are judged. The rest, up to 6 MB of it, is passed over.
#[derive(Deserialize)]
struct Said<'a> {
    #[serde(borrow, default, deserialize_with = "present")]
    passed: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    message: Option<&'a RawValue>,
}

/// Lambda's error object.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raised<'a> {
    #[serde(borrow, default, deserialize_with = "present")]
    error_type: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    error_message: Option<&'a RawValue>,
}

/// A `null` is something said, and not nothing.
fn present<'de, D: Deserializer<'de>>(value: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(value).map(Some)
}

fn is_object(payload: &[u8]) -> bool {
    payload.trim_ascii_start().starts_with(b"{")
}

/// Not JSON is not an error of the test: any runtime may answer as it likes. What begins as an object and is none, or
/// says a thing twice, is not clear.
fn returned(payload: &[u8]) -> Outcome {
    if !is_object(payload) {
        return Outcome::Passed;
    }
    match serde_json::from_slice::<Said<'_>>(payload) {
        Ok(said) => said.outcome(),
        Err(error) => failed(&format!("answered what is not JSON: {}", crate::text::complaint(&error))),
    }
}

impl Said<'_> {
    fn outcome(&self) -> Outcome {
        match self.passed.map(RawValue::get) {
            None | Some("true") => Outcome::Passed,
            Some("false") => {
                failed(&self.message.map_or_else(|| "answered \"passed\": false without a message".to_owned(), text))
            }
            Some(other) => {
                let other = crate::text::fit(other, SHOWN);
                failed(&format!("answered \"passed\": {other}, which is neither true nor false"))
            }
        }
    }
}

/// A text without its quotation marks, anything else as it stands.
fn text(value: &RawValue) -> String {
    serde_json::from_str(value.get()).unwrap_or_else(|_| value.get().to_owned())
}

/// What a function that failed says: `{"errorMessage", "errorType", …}`, or whatever it is.
pub(super) fn error_message(payload: &[u8]) -> String {
    let raised = is_object(payload).then(|| serde_json::from_slice::<Raised<'_>>(payload));
    let Some(Ok(Raised { error_type, error_message: Some(message) })) = raised else {
        return beginning(payload);
    };
    let message = text(message);
    match error_type.map(text) {
        Some(kind) if !message.contains(&kind) => format!("{kind}: {message}"),
        _ => message,
    }
}

/// Of megabytes no more is looked at than is kept.
fn beginning(payload: &[u8]) -> String {
    let longest = 4 * (MESSAGE + 1);
    String::from_utf8_lossy(&payload[..payload.len().min(longest)]).into_owned()
}

/// The beginning of a text on one line, in at most `limit` characters.
pub(super) fn one_line(payload: &[u8], limit: usize) -> String {
    let text = beginning(payload);
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty()).collect();
    if words.is_empty() { String::new() } else { crate::text::fit(&words.join(" "), limit) }
}

pub(super) fn not_answered(error: &PortError) -> Outcome {
    let message = crate::text::fit(&error.to_string(), MESSAGE);
    match error {
        PortError::NotFound { .. } | PortError::Unusable { .. } => Outcome::Misconfigured { message },
        PortError::Denied { .. } => Outcome::Denied { message },
        PortError::Throttled { .. } | PortError::Unavailable { .. } => Outcome::Lost { message },
    }
}

pub(super) fn failed(message: &str) -> Outcome {
    Outcome::Failed { message: crate::text::fit(message, MESSAGE) }
}

/// The end of a function's log, in whole lines where they are short enough: what it wrote itself, without what Lambda
/// writes around it. `None` when that is nothing.
pub fn log_end(log: &str) -> Option<String> {
    let lines: Vec<&str> =
        log.lines().map(str::trim_end).filter(|line| !line.is_empty() && !is_lambdas(line)).collect();
    let mut kept = 0;
    let fits = |line: &&&str| {
        kept += line.chars().count() + 1;
        kept <= LOG + 1
    };
    let count = lines.iter().rev().take_while(fits).count();
    match (count, lines.last()) {
        (0, Some(last)) => Some(last.chars().skip(last.chars().count() - LOG).collect()),
        (0, None) => None,
        _ => Some(lines[lines.len() - count..].join("\n")),
    }
}

/// Lambda's own lines, in its formats of text and of JSON.
fn is_lambdas(line: &str) -> bool {
    let starts =
        ["START RequestId: ", "END RequestId: ", "REPORT RequestId: ", "INIT_START ", "INIT_REPORT ", "XRAY TraceId: "];
    starts.iter().any(|start| line.starts_with(start)) || line.starts_with('{') && line.contains(r#""type":"platform."#)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

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

    #[test]
    fn junk_that_is_no_object_passes_and_an_object_that_is_none_does_not() {
        let answered = |payload: &[u8]| judge(Ok(Answer { failed: false, payload: payload.to_vec(), log: None }));
        for junk in [&b""[..], b"ok", b"\xff\xfe", b"[false, 1]", b"[[[[", b"\"{\""] {
            assert_eq!(answered(junk), Outcome::Passed, "{junk:?}");
        }
        for unclear in
            [&b"{"[..], b" {\"passed\": true", b"{\"passed\": true, \"passed\": false}", b"{\"passed\": \xff}", b"{}x"]
        {
            assert!(matches!(answered(unclear), Outcome::Failed { .. }), "{unclear:?}");
        }
    }

    #[test]
    fn what_is_not_judged_may_be_megabytes_deep() {
        let deep =
            format!(r#"{{"log": {}{}, "passed": false, "message": ["a"]}}"#, "[".repeat(1 << 20), "]".repeat(1 << 20));
        let answer = Answer { failed: false, payload: deep.into_bytes(), log: None };
        assert_eq!(failure(answer), "[\"a\"]");
    }

    #[test]
    fn a_failure_that_is_not_lambda_s_error_object_is_told_by_its_beginning() {
        let told = |payload: &[u8]| failure(Answer { failed: true, payload: payload.to_vec(), log: None });
        assert_eq!(told(b"gone"), "gone");
        assert_eq!(told(b"{\"error\": 1}"), "{\"error\": 1}");
        assert_eq!(told(b"{\"errorMessage\": 1, \"errorType\": null}"), "null: 1");
        assert_eq!(told(b""), "(no message)");
        assert_eq!(told(&vec![0xff; 6_000_000]).chars().count(), MESSAGE);
        let timeout = br#"{"errorMessage":"2026-11-21T11:47:00Z r1 Task timed out after 3.00 seconds"}"#;
        assert!(told(timeout).ends_with("Task timed out after 3.00 seconds"));
    }

    #[test]
    fn the_log_s_end_is_what_the_test_wrote() {
        let log = "INIT_START Runtime Version: python:3.13\nSTART RequestId: r1 Version: $LATEST\n\nGET /time\r\n502\nEND \
                   RequestId: r1\nREPORT RequestId: r1\tDuration: 1 ms\t\nXRAY TraceId: 1\n";
        assert_eq!(log_end(log).as_deref(), Some("GET /time\n502"));
        let json = "{\"time\":\"t\",\"type\":\"platform.start\",\"record\":{}}\n{\"level\":\"ERROR\"}\n";
        assert_eq!(log_end(json).as_deref(), Some("{\"level\":\"ERROR\"}"));
        for nothing in ["", "\n\n", "START RequestId: r1\nEND RequestId: r1"] {
            assert_eq!(log_end(nothing), None);
        }
    }

    #[test]
    fn of_a_long_log_the_last_lines_are_kept_whole() {
        let line = |n| format!("line {n:03} é");
        let log: Vec<String> = (0..500).map(line).collect();
        let end = log_end(&log.join("\n")).unwrap();
        assert!(end.starts_with("line ") && end.ends_with(&line(499)), "{end}");
        assert!((LOG - 11..=LOG).contains(&end.chars().count()), "{}", end.chars().count());
        assert_eq!(log_end(&format!("{}last", "é".repeat(4000))).unwrap().chars().count(), LOG);
    }
}
