//! Which tests ran for an execution, in the state table.

use jiff::{SignedDuration, Timestamp};
use pipeline_aws::dynamodb::StateTable;
use pipeline_core::{
    ids::{Digest, ExecutionId},
    ports::PortError,
    start_tests::run::{Announced, ReadAnnounced, WriteRuns},
};
use serde_json::{Value, json};

use crate::canned::{Canned, run};

const EXECUTION: &str = "22222222-abcd-1111-abcd-111111abcdef";
const JOB: &str = "11111111-abcd-1111-abcd-111111abcdef";
const RETRIED: &str = "33333333-abcd-1111-abcd-111111abcdef";

fn execution() -> ExecutionId {
    EXECUTION.parse().expect("an id")
}

fn announced(job: &str, began: &str) -> Announced {
    Announced {
        job: job.parse().expect("an id"),
        stack: "time-beta".parse().expect("a name"),
        stage: "beta".into(),
        action: Digest::of(b"parameters"),
        began: began.parse().expect("a timestamp"),
    }
}

fn table(answers: impl IntoIterator<Item = (u16, Value)>) -> (StateTable, Canned) {
    let canned = Canned::new(answers.into_iter().map(|(status, answer)| (status, answer.to_string())));
    (StateTable::new(&canned.config(), "state".into()), canned)
}

/// The item as the table holds it.
fn item(announced: &Announced) -> Value {
    let body = serde_json::to_string(announced).expect("JSON");
    json!({
        "pk": {"S": format!("tests#{EXECUTION}")}, "sk": {"S": format!("tests#{}", announced.job)},
        "v": {"N": "1"}, "body": {"S": body},
    })
}

#[test]
fn an_announcement_is_written_once_and_kept_as_long_as_its_execution_is_known() {
    let (first, again) = (announced(JOB, "2026-11-21T12:00:00Z"), announced(JOB, "2026-11-21T12:02:00Z"));
    let stands = json!({
        "__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException", "message": "no", "Item": item(&first),
    });
    let (table, canned) = table([(200, json!({})), (400, stands)]);
    assert_eq!(run(table.announce(&execution(), &first)), Ok(()));
    assert_eq!(run(table.announce(&execution(), &again)), Ok(()), "what is announced first stands");
    let asked = canned.asked()[0].json();
    assert_eq!(asked["ConditionExpression"], json!("attribute_not_exists(pk)"));
    let mut written = asked["Item"].clone();
    let expires = written.as_object_mut().and_then(|item| item.remove("expires")).expect("an expiry");
    assert_eq!(written, item(&first));
    let expires: i64 = expires["N"].as_str().and_then(|seconds| seconds.parse().ok()).expect("seconds");
    assert!(expires >= (Timestamp::now() + SignedDuration::from_hours(366 * 24)).as_second());
}

#[test]
fn a_refusal_is_no_announcement() {
    let (table, _canned) = table([(400, json!({"__type": "x#AccessDeniedException", "message": "no"}))]);
    let refused = run(table.announce(&execution(), &announced(JOB, "2026-11-21T12:00:00Z")));
    assert!(matches!(refused, Err(PortError::Denied { .. })), "{refused:?}");
}

#[test]
fn all_that_was_announced_is_read_consistently_from_all_pages_the_oldest_first() {
    let (first, second) = (announced(RETRIED, "2026-11-21T12:00:00Z"), announced(JOB, "2026-11-21T12:10:00Z"));
    let key = json!({"pk": {"S": format!("tests#{EXECUTION}")}, "sk": {"S": format!("tests#{JOB}")}});
    let (table, canned) = table([
        (200, json!({"Items": [item(&second)], "LastEvaluatedKey": key})),
        (200, json!({"Items": [item(&first)]})),
    ]);
    assert_eq!(run(table.announced(&execution())), Ok(vec![first, second]));
    let asked: Vec<Value> = canned.asked().iter().map(crate::canned::Asked::json).collect();
    let values = json!({":pk": {"S": format!("tests#{EXECUTION}")}, ":prefix": {"S": "tests#"}});
    assert_eq!((&asked[0]["ExpressionAttributeValues"], &asked[0]["ConsistentRead"]), (&values, &json!(true)));
    assert_eq!(asked[1]["ExclusiveStartKey"], key);
}

#[test]
fn an_announcement_that_cannot_be_read_hides_nothing() {
    let (table, _canned) = table([(200, json!({"Items": [{"pk": {"S": "tests#"}, "v": {"N": "2"}}]}))]);
    assert!(run(table.announced(&execution())).is_err());
}
