//! What people were told, in the state table.

use jiff::Timestamp;
use pipeline_aws::dynamodb::StateTable;
use pipeline_core::{
    ids::{ExecutionId, Nonce},
    ports::PortError,
    preview::{ports::Replaced, subject::Subject},
    record::{
        notice::{News, Noticed, What},
        pen::{KeepSlips, Slip},
        told::Told,
    },
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::canned::{Canned, run};

const PR: Subject = Subject::PullRequest(42);

fn table(answers: impl IntoIterator<Item = (u16, Value)>) -> (StateTable, Canned) {
    let canned = Canned::new(answers.into_iter().map(|(status, answer)| (status, answer.to_string())));
    (StateTable::new(&canned.config(), "state".into()), canned)
}

fn slip<T>(told: T, number: u128) -> Slip<T> {
    let pen = Some("2026-11-22T12:00:30Z".parse().expect("a timestamp"));
    Slip { told, pen, nonce: Nonce::from_random(Uuid::from_u128(number)) }
}

#[test]
fn the_first_slip_of_a_pull_request_is_written_where_there_is_none_and_read_back() {
    let (table, canned) = table([(200, json!({}))]);
    let first = slip(Told::default(), 1);
    assert_eq!(run(table.replace_slip(&PR, None, &first)), Ok(Replaced::Done));
    let asked = canned.asked()[0].json();
    let item = &asked["Item"];
    assert_eq!((&item["pk"]["S"], &item["sk"]["S"]), (&json!("told#pr-42"), &json!("told")));
    assert_eq!(asked["ConditionExpression"], "attribute_not_exists(pk)");
    let expires: i64 = item["expires"]["N"].as_str().unwrap().parse().unwrap();
    assert!(expires > Timestamp::now().as_second() + 399 * 86_400);
    let (table, canned) = self::table([(200, json!({"Item": item}))]);
    assert_eq!(run(table.slip(&PR)), Ok(Some(first)));
    let asked = canned.asked()[0].json();
    assert_eq!((&asked["Key"]["pk"]["S"], &asked["ConsistentRead"]), (&json!("told#pr-42"), &json!(true)));
}

#[test]
fn the_next_one_is_written_if_the_one_that_was_seen_still_stands() {
    let id: ExecutionId = "22222222-abcd-1111-abcd-111111abcdef".parse().unwrap();
    let (seen, told) = (slip(Noticed::default(), 1), Noticed { told: vec![News { attempt: 1, what: What::Started }] });
    let next = slip(told, 2);
    let (table, canned) = table([(200, json!({}))]);
    assert_eq!(run(table.replace_slip(&id, Some(&seen), &next)), Ok(Replaced::Done));
    let asked = canned.asked()[0].json();
    let item = asked["Item"].clone();
    assert_eq!(item["pk"]["S"], format!("notice#{id}"));
    assert_eq!(asked["ConditionExpression"], "#nonce = :nonce");
    assert_eq!(asked["ExpressionAttributeNames"], json!({"#nonce": "nonce"}));
    assert_eq!(asked["ExpressionAttributeValues"], json!({":nonce": {"S": seen.nonce.to_string()}}));
    assert_eq!(item["nonce"], json!({"S": next.nonce.to_string()}));
    let refused = json!({"__type": "ConditionalCheckFailedException", "message": "no", "Item": item});
    let (table, _) = self::table([(400, refused)]);
    assert_eq!(run(table.replace_slip(&id, Some(&seen), &next)), Ok(Replaced::Conflict(Some(next.clone()))));
}

#[test]
fn i8_a_write_is_sent_once_and_what_became_of_it_is_not_guessed() {
    let (table, canned) = table([(500, json!({"__type": "InternalServerError", "message": "no"}))]);
    let answer = run(table.replace_slip(&PR, None, &slip(Told::default(), 1)));
    assert!(matches!(answer, Err(PortError::Unavailable { .. })) && canned.asked().len() == 1, "{answer:?}");
}
