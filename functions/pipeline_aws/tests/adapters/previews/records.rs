//! Their records in the state table, who has a place, and the deliveries that were passed on.

use jiff::{SignedDuration, Timestamp};
use pipeline_aws::{dynamodb::StateTable, webhook::Deliveries};
use pipeline_core::{
    ports::PortError,
    preview::{
        ports::{FindPreviews, KeepSlots, ReadPreviews, Replaced, WritePreviews},
        record::Preview,
        slots::{Place, Slots},
        subject::Subject,
    },
};
use serde_json::{Value, json};

use super::{HOLDER, NONCE, at, canned, nonce, refused, removed, running};
use crate::canned::{Asked, Canned, run};

const PK: &str = "preview#pr-42";

fn table(answers: impl IntoIterator<Item = (u16, Value)>) -> (StateTable, Canned) {
    let canned = canned(answers);
    (StateTable::new(&canned.config(), "state".into()), canned)
}

fn conflict(standing: Option<&Value>) -> (u16, Value) {
    let (status, mut error) = refused("com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException");
    if let Some(item) = standing {
        error["Item"] = item.clone();
    }
    (status, error)
}

/// The one request.
fn asked(canned: &Canned, operation: &str) -> Value {
    let asked: Vec<Asked> = canned.asked();
    let [asked] = &asked[..] else { panic!("{asked:?}") };
    assert_eq!(asked.header("x-amz-target"), Some(&*format!("DynamoDB_20120810.{operation}")));
    asked.json()
}

fn written(seen: Option<&Preview>, next: &Preview) -> Value {
    let (table, canned) = table([(200, json!({}))]);
    assert_eq!(run(WritePreviews::replace(&table, seen, next)), Ok(Replaced::Done));
    asked(&canned, "PutItem")
}

fn item(preview: &Preview) -> Value {
    written(None, preview)["Item"].clone()
}

fn read(item: &Value) -> Result<Option<Preview>, PortError> {
    let (table, canned) = table([(200, json!({"Item": item}))]);
    let read = run(table.preview(&Subject::PullRequest(42)));
    let asked = asked(&canned, "GetItem");
    assert_eq!(asked["ConsistentRead"], true);
    assert_eq!(asked["Key"], json!({"pk": {"S": PK}, "sk": {"S": "preview"}}));
    read
}

#[test]
fn a_preview_is_written_whole_with_what_conditions_and_the_index_look_at() {
    let item = item(&running());
    let expected = json!({
        "pk": {"S": PK}, "sk": {"S": "preview"}, "v": {"N": "1"}, "nonce": {"S": NONCE}, "due_of": {"S": "preview"},
        "due": {"S": "2026-11-22T12:02:00.500Z#pr-42"}, "body": item["body"],
    });
    assert_eq!(item, expected);
}

#[test]
fn only_a_preview_that_nothing_is_left_to_do_for_expires_and_leaves_the_index() {
    let before = Timestamp::now();
    let item = item(&removed());
    let expires: i64 = item["expires"]["N"].as_str().unwrap().parse().unwrap();
    let left = Timestamp::from_second(expires).unwrap().duration_since(before);
    assert!(left >= SignedDuration::from_hours(89 * 24) && left < SignedDuration::from_hours(91 * 24), "{left}");
    assert_eq!((item.get("due"), item.get("due_of")), (None, None));
}

#[test]
fn what_is_written_is_read_again() {
    for preview in [running(), removed()] {
        assert_eq!(read(&item(&preview)), Ok(Some(preview)));
    }
    assert_eq!(run(table([(200, json!({}))]).0.preview(&Subject::PullRequest(42))), Ok(None));
}

#[test]
fn a_preview_is_replaced_only_if_the_write_that_was_seen_still_stands() {
    assert_eq!(written(None, &running())["ConditionExpression"], "attribute_not_exists(pk)");
    let asked = written(Some(&running()), &removed());
    assert_eq!(asked["ConditionExpression"], "#nonce = :nonce");
    assert_eq!(asked["ExpressionAttributeNames"], json!({"#nonce": "nonce"}));
    assert_eq!(asked["ExpressionAttributeValues"], json!({":nonce": {"S": NONCE}}));
    assert_eq!(asked["ReturnValuesOnConditionCheckFailure"], "ALL_OLD");
    assert_eq!(asked["Item"]["nonce"], json!({"S": HOLDER}));
}

#[test]
fn i8_what_stands_in_the_way_is_told_and_a_reply_that_is_lost_is_not_hidden_behind_it() {
    let replaced = |answer| run(WritePreviews::replace(&table([answer]).0, Some(&running()), &removed()));
    assert_eq!(replaced(conflict(Some(&item(&removed())))), Ok(Replaced::Conflict(Some(removed()))));
    assert_eq!(replaced(conflict(None)), Ok(Replaced::Conflict(None)));
    let (table, canned) = table([(500, json!({})), conflict(None)]);
    let lost = run(WritePreviews::replace(&table, None, &running()));
    assert!(matches!(lost, Err(PortError::Unavailable { .. })) && canned.asked().len() == 1, "{lost:?}");
}

#[test]
fn a_record_that_is_not_as_we_write_it_is_an_error() {
    for (name, value) in [
        ("nonce", json!({"S": HOLDER})),
        ("nonce", json!(null)),
        ("due", json!({"S": "2026-11-22T12:02:00.500Z#pr-43"})),
        ("due_of", json!({"S": "lease"})),
        ("due_of", json!(null)),
        ("pk", json!({"S": "preview#pr-43"})),
        ("sk", json!({"S": "lease"})),
        ("v", json!({"N": "2"})),
        ("body", json!({"S": "{}"})),
        ("body", json!(null)),
    ] {
        let mut item = item(&running());
        match value {
            Value::Null => item.as_object_mut().unwrap().remove(name),
            value => item.as_object_mut().unwrap().insert(name.to_owned(), value),
        };
        let error = read(&item).unwrap_err();
        assert!(matches!(&error, PortError::Unusable { what, .. } if what.contains(PK)), "{name}: {error}");
    }
}

#[test]
fn what_is_due_and_what_is_active_is_found_by_the_index_page_by_page() {
    let last = json!({"pk": {"S": "p"}, "sk": {"S": "preview"}, "due_of": {"S": "preview"}, "due": {"S": "d"}});
    let pages = || {
        let first = ["preview#pr-42", "preview#pr-042", "lease#x"].map(|pk| json!({"pk": {"S": pk}}));
        let second = [json!({"pk": {"S": "preview#dev-alice"}})];
        [(200, json!({"Items": first, "LastEvaluatedKey": last})), (200, json!({"Items": second}))]
    };
    let expected: Vec<Subject> = ["pr-42", "dev-alice"].map(|name| name.parse().unwrap()).into();
    let (state, canned) = table(pages());
    assert_eq!(run(FindPreviews::due(&state, at("2026-11-22T12:00:00Z"), 50)), Ok(expected.clone()));
    let values = json!({":kind": {"S": "preview"}, ":until": {"S": "2026-11-22T12:00:00.000Z$"}});
    let asked = canned.asked();
    assert_eq!((asked.len(), &asked[0].json()["ExpressionAttributeValues"]), (2, &values));
    assert_eq!((&asked[0].json()["IndexName"], &asked[1].json()["ExclusiveStartKey"]), (&json!("due"), &last));
    let (state, canned) = table(pages());
    assert_eq!(run(state.active()), Ok(expected));
    let asked = canned.asked();
    assert_eq!(asked[0].json()["ExpressionAttributeValues"], json!({":kind": {"S": "preview"}}));
    assert_eq!((asked.len(), &asked[1].json()["ExclusiveStartKey"]), (2, &last));
}

fn slots(nonce_of: Option<&str>) -> Slots {
    let place = Place { author: "ada".to_owned(), since: at("2026-11-22T12:00:00Z") };
    Slots { taken: [(Subject::PullRequest(42), place)].into(), waiting: [].into(), nonce: nonce_of.map(nonce) }
}

#[test]
fn who_has_a_place_is_kept_under_the_same_condition() {
    let (state, canned) = table([(200, json!({}))]);
    assert_eq!(run(state.replace_slots(&Slots::default(), &slots(Some(NONCE)))), Ok(Replaced::Done));
    let first = asked(&canned, "PutItem");
    assert_eq!(first["ConditionExpression"], "attribute_not_exists(pk)");
    let item = first["Item"].clone();
    assert_eq!((&item["pk"], &item["sk"]), (&json!({"S": "slots#previews"}), &json!({"S": "slots"})));
    assert_eq!((item.get("expires"), &item["nonce"]), (None, &json!({"S": NONCE})));
    let (state, _) = table([(200, json!({"Item": item})), (200, json!({}))]);
    assert_eq!(run(state.slots()), Ok(slots(Some(NONCE))));
    assert_eq!(run(state.slots()), Ok(Slots::default()));
    let (state, canned) = table([conflict(Some(&item))]);
    let conflict = run(state.replace_slots(&slots(Some(HOLDER)), &slots(Some(HOLDER))));
    assert_eq!(conflict, Ok(Replaced::Conflict(Some(slots(Some(NONCE))))));
    let asked = asked(&canned, "PutItem");
    assert_eq!(asked["ExpressionAttributeValues"], json!({":nonce": {"S": HOLDER}}));
    let mut edited = item;
    edited["nonce"] = json!({"S": HOLDER});
    assert!(matches!(run(table([(200, json!({"Item": edited}))]).0.slots()), Err(PortError::Unusable { .. })));
}

#[test]
fn a_delivery_is_remembered_for_30_days() {
    let id = "72d3162e-cc78-11e3-81ab-4c9367dc0958".parse().unwrap();
    let (state, canned) = table([(200, json!({}))]);
    let before = Timestamp::now();
    assert_eq!(run(state.remember(&id)), Ok(()));
    let asked = asked(&canned, "PutItem");
    let item = &asked["Item"];
    assert_eq!(item["pk"], json!({"S": "delivery#72d3162e-cc78-11e3-81ab-4c9367dc0958"}));
    assert_eq!(
        (&item["sk"], &asked["ConditionExpression"]),
        (&json!({"S": "delivery"}), &json!("attribute_not_exists(pk)"))
    );
    let expires = Timestamp::from_second(item["expires"]["N"].as_str().unwrap().parse().unwrap()).unwrap();
    // In whole seconds.
    let kept = SignedDuration::from_hours(30 * 24) - SignedDuration::from_secs(1);
    assert!(expires.duration_since(before) >= kept, "{expires}");
    let known = |answer| run(table([answer]).0.is_known(&id));
    assert_eq!((known((200, json!({"Item": item}))), known((200, json!({})))), (Ok(true), Ok(false)));
    assert_eq!(run(table([conflict(Some(item))]).0.remember(&id)), Ok(()), "somebody was faster");
    assert!(known(refused("AccessDeniedException")).is_err());
}
