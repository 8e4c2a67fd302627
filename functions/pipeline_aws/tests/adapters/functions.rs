//! Invoking test functions, over real connections.

#![expect(clippy::unwrap_used, reason = "a test that cannot prepare its world has failed")]

use pipeline_aws::lambda::Tests;
use pipeline_core::{
    ids::FunctionName,
    ports::PortError,
    start_tests::ports::{Answer, InvokeTests},
};
use serde_json::json;

use crate::server::{self, Heard, Server, answer, bytes, config, connected, nobody};

fn function() -> FunctionName {
    "tests-checkout".parse().unwrap()
}

fn call(address: &str) -> Result<Answer, PortError> {
    connected(Tests::new(&config(address)).call(&function(), &json!({"run_id": "r"})))
}

/// What a call comes to that is answered so, and what was heard of it.
fn called(said: server::Answer) -> (Result<Answer, PortError>, Heard) {
    let server = Server::new([said]);
    let result = call(&server.address());
    let [heard] = server.heard().try_into().unwrap();
    (result, heard)
}

fn refused(status: u16, code: &str) -> PortError {
    let headers = [("x-amzn-errortype", code), ("content-type", "application/json")];
    called(answer(status, &headers, r#"{"Message": "the words"}"#)).0.unwrap_err()
}

#[test]
fn a_call_waits_for_what_the_function_returns_and_for_the_end_of_its_log() {
    // "é done\n", of which the first byte is cut off.
    let (result, heard) = called(answer(200, &[("x-amz-log-result", "qSBkb25lCg==")], r#"{"passed": true}"#));
    let expected = Answer { failed: false, payload: br#"{"passed": true}"#.to_vec(), log: Some(" done\n".to_owned()) };
    assert_eq!(result, Ok(expected));
    assert!(heard.line.starts_with("POST /2015-03-31/functions/tests-checkout/invocations"), "{}", heard.line);
    assert_eq!(heard.body, br#"{"run_id":"r"}"#);
    let headers = ["x-amz-invocation-type", "x-amz-log-type"].map(|name| heard.header(name));
    assert_eq!(headers, [Some("RequestResponse"), Some("Tail")]);
}

#[test]
fn a_function_that_failed_is_told_with_its_error() {
    let (result, _) = called(answer(200, &[("x-amz-function-error", "Unhandled")], r#"{"errorMessage": "no"}"#));
    assert_eq!(result, Ok(Answer { failed: true, payload: br#"{"errorMessage": "no"}"#.to_vec(), log: None }));
}

#[test]
fn an_answer_of_6_mb_is_read_whole_and_junk_is_no_trouble() {
    for body in [vec![b'"'; 6 << 20], vec![0xFF, 0x00], vec![]] {
        let (result, _) = called(answer(200, &[("x-amz-log-result", "not base64")], &body));
        let result = result.unwrap();
        assert!(!result.failed && result.log.is_none() && result.payload == body, "{}", body.len());
    }
}

#[test]
fn a_start_is_an_event_and_asks_for_no_log() {
    let server = Server::new([answer(202, &[], "")]);
    assert_eq!(connected(Tests::new(&config(&server.address())).start(&function(), &json!({}))), Ok(()));
    let [heard] = &server.heard()[..] else { panic!("one request") };
    assert_eq!(["x-amz-invocation-type", "x-amz-log-type"].map(|name| heard.header(name)), [Some("Event"), None]);
}

/// Each refusal is heard just once, too: the server is gone after its one answer, and a second attempt would tell of that.
#[test]
fn i19_what_lambda_did_not_start_and_may_later_is_throttled() {
    for (status, code) in [
        // A role that was changed just now is not known everywhere at once.
        (403, "ExpiredTokenException"),
        (403, "UnrecognizedClientException"),
        (429, "TooManyRequestsException"),
        (409, "ResourceConflictException"),
        (409, "SnapStartNotReadyException"),
        (502, "EC2ThrottledException"),
        (502, "ENILimitReachedException"),
        (502, "ENINotReadyException"),
        (502, "ResourceNotReadyException"),
        (502, "SubnetIPAddressLimitReachedException"),
    ] {
        let error = refused(status, code);
        assert!(matches!(error, PortError::Throttled { .. }), "{error}");
        let words = format!("throttled on trying to invoke test function tests-checkout: {code}: the words");
        assert_eq!(error.to_string(), words);
    }
}

#[test]
fn what_lambda_will_never_start_is_the_functions_own_fault() {
    for (status, code) in
        [(502, "InvalidRuntimeException"), (502, "KMSDisabledException"), (413, "RequestTooLargeException")]
    {
        let error = refused(status, code);
        assert_eq!(error.to_string(), format!("test function tests-checkout cannot be used: {code}: the words"));
    }
    let missing = refused(404, "ResourceNotFoundException");
    assert_eq!(missing, PortError::NotFound { what: "test function tests-checkout".to_owned() });
    let denied = refused(403, "AccessDeniedException");
    assert!(matches!(&denied, PortError::Denied { detail, .. } if detail.contains("AccessDenied")), "{denied}");
}

#[test]
fn i19_what_may_have_started_is_not_asked_again() {
    let cut = "HTTP/1.1 200 .\r\ncontent-length: 100\r\n\r\n{\"passed\": true";
    for error in [
        refused(500, "ServiceException"),
        refused(502, "EC2UnexpectedException"),
        called(bytes("")).0.unwrap_err(),
        called(bytes(cut)).0.unwrap_err(),
    ] {
        assert!(matches!(error, PortError::Unavailable { .. }), "{error}");
    }
}

#[test]
fn i19_what_was_never_sent_may_be_asked_again() {
    for address in [nobody(), "nowhere.invalid".to_owned()] {
        let error = call(&address).unwrap_err();
        assert!(matches!(error, PortError::Throttled { .. }), "{error}");
    }
}
