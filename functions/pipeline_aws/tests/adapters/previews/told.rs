//! Who hears of a preview, and what the function tells itself.

use pipeline_aws::{
    event_bus::EventBus,
    previewing::{Change, Itself},
    webhook::PassOn,
};
use pipeline_core::{ports::PortError, preview::ports::Announce};
use serde_json::{Value, json};

use super::{at, canned, commit, removed, running};
use crate::{
    canned::run,
    server::{Server, answer, config, connected, nobody},
};

fn announced(answer: (u16, Value)) -> Result<(), PortError> {
    run(EventBus::new(&canned([answer]).config(), "shop".into()).changed(&running()))
}

#[test]
fn what_became_of_a_preview_is_put_on_the_bus() {
    for (preview, phase, version) in [(running(), "RUNNING", 3), (removed(), "REMOVED", 9)] {
        let canned = canned([(200, json!({"FailedEntryCount": 0, "Entries": [{"EventId": "e"}]}))]);
        assert_eq!(run(EventBus::new(&canned.config(), "shop".into()).changed(&preview)), Ok(()));
        let [asked] = &canned.asked()[..] else { panic!("{:?}", canned.asked()) };
        assert_eq!(asked.header("x-amz-target"), Some("AWSEvents.PutEvents"));
        let asked = asked.json();
        let [entry] = &asked["Entries"].as_array().unwrap()[..] else { panic!("{asked}") };
        assert_eq!(
            (&entry["Source"], &entry["DetailType"]),
            (&json!("flowgate"), &json!("Flowgate Preview State Change"))
        );
        let detail: Value = serde_json::from_str(entry["Detail"].as_str().unwrap()).unwrap();
        assert_eq!(detail, json!({"service": "shop", "preview": "pr-42", "version": version, "phase": phase}));
    }
}

#[test]
fn what_the_bus_did_not_take_is_an_error_though_it_answers_200() {
    let failed = |code: &str| {
        (200, json!({"FailedEntryCount": 1, "Entries": [{"ErrorCode": code, "ErrorMessage": "the words"}]}))
    };
    assert!(matches!(announced(failed("ThrottlingException")), Err(PortError::Throttled { .. })));
    assert!(matches!(announced(failed("InternalFailure")), Err(PortError::Throttled { .. })));
    assert!(matches!(announced(failed("AccessDeniedException")), Err(PortError::Denied { .. })));
    let malformed = announced(failed("MalformedDetail")).unwrap_err();
    assert_eq!(malformed.to_string(), "could not announce preview pr-42: MalformedDetail: the words");
    assert!(announced((200, json!({"FailedEntryCount": 1, "Entries": []}))).is_err());
    assert!(matches!(announced(super::refused("AccessDeniedException")), Err(PortError::Denied { .. })));
}

fn told(change: &Change, said: crate::server::Answer) -> (Result<(), PortError>, crate::server::Heard) {
    let server = Server::new([said]);
    let itself = Itself::new(&config(&server.address()), "shop-flowgate-preview".parse().unwrap());
    let told = connected(itself.pass_on(change));
    let [heard] = server.heard().try_into().unwrap();
    (told, heard)
}

#[test]
fn the_function_tells_itself_and_does_not_wait_for_what_follows() {
    let number = 42;
    let (updated, head) = (Some(at("2026-11-22T12:00:00Z")), Some(commit()));
    for (change, expected) in [
        (
            Change::PullRequest { number, updated, head },
            json!({"pull_request": 42, "updated": "2026-11-22T12:00:00Z", "head": commit()}),
        ),
        (Change::PullRequest { number, updated: None, head: None }, json!({"pull_request": 42})),
        (Change::BranchDeleted { branch: "topic".into() }, json!({"branch_deleted": "topic"})),
    ] {
        let (result, heard) = told(&change, answer(202, &[], ""));
        assert_eq!(result, Ok(()));
        assert!(
            heard.line.starts_with("POST /2015-03-31/functions/shop-flowgate-preview/invocations"),
            "{}",
            heard.line
        );
        assert_eq!(heard.header("x-amz-invocation-type"), Some("Event"));
        let sent: Value = serde_json::from_slice(&heard.body).unwrap();
        assert_eq!(sent, expected);
        assert_eq!(serde_json::from_value::<Change>(sent).unwrap(), change);
    }
}

#[test]
fn what_lambda_did_not_take_is_an_error() {
    let change = Change::BranchDeleted { branch: "topic".into() };
    let denied = answer(403, &[("x-amzn-errortype", "AccessDeniedException")], r#"{"Message": "not you"}"#);
    assert!(matches!(told(&change, denied).0, Err(PortError::Denied { .. })));
    let itself = Itself::new(&config(&nobody()), "shop-flowgate-preview".parse().unwrap());
    assert!(connected(itself.pass_on(&change)).is_err());
}
