//! Leases in the state table.

use jiff::Timestamp;
use pipeline_aws::dynamodb::{LeaseTable, StateTable};
use pipeline_core::{
    ids::{FencingToken, Nonce, StackName},
    lease::{
        place::Place,
        record::{Lease, Notice, State},
        store::{FindLeases, ReadLeases, Replaced, WriteLeases},
    },
    ports::PortError,
};
use serde_json::{Value, json};

use crate::canned::{Canned, run};

const NAME: &str = "time-service-pr-42";
const PK: &str = "lease#111122223333#eu-west-1#time-service-pr-42";
const ID: &str = "arn:aws:cloudformation:eu-west-1:111122223333:stack/time-service-pr-42/a1";
const NONCE: &str = "33333333-abcd-1111-abcd-111111abcdef";

fn at(text: &str) -> Timestamp {
    text.parse().expect("a timestamp")
}

fn name() -> StackName {
    NAME.parse().expect("an id")
}

fn dirty() -> Lease {
    let told = at("2026-11-21T12:00:00Z");
    Lease {
        stack: name(),
        token: FencingToken(1_795_000_007),
        first: FencingToken(1_795_000_001),
        holder: Some("44444444-abcd-1111-abcd-111111abcdef".parse().expect("an id")),
        source: Some("pull request 42".parse().expect("an id")),
        bound: Some(ID.parse().expect("an id")),
        empty_buckets: false,
        executions: vec![],
        superseded: vec![],
        hold_until: None,
        state: State::Dirty { notice: Notice::Mark { at: told, told_at: Some(told), changed: None }, absent_at: None },
        due: Some(at("2026-11-22T12:00:00.5Z")),
        kept: None,
        nonce: Nonce::from_random(NONCE.parse().expect("an id")),
    }
}

fn gone() -> Lease {
    Lease { state: State::Gone { at: at("2026-11-21T12:00:00Z") }, due: None, bound: None, ..dirty() }
}

fn table(answers: impl IntoIterator<Item = (u16, Value)>) -> (LeaseTable, Canned) {
    let canned = Canned::new(answers.into_iter().map(|(status, answer)| (status, answer.to_string())));
    let place = Place { account: "111122223333".into(), region: "eu-west-1".into(), service: "time-service".into() };
    (LeaseTable { table: StateTable::new(&canned.config(), "state".into()), place }, canned)
}

/// What is written for a lease that replaces another, and what that is conditional on.
fn written(seen: Option<&Lease>, next: &Lease) -> Value {
    let (table, canned) = table([(200, json!({}))]);
    assert_eq!(run(table.replace(seen, next)), Ok(Replaced::Done));
    let [asked] = &canned.asked()[..] else { panic!("{:?}", canned.asked()) };
    assert_eq!(asked.header("x-amz-target"), Some("DynamoDB_20120810.PutItem"));
    asked.json()
}

fn item(lease: &Lease) -> Value {
    written(None, lease)["Item"].clone()
}

fn read(item: &Value) -> Result<Option<Lease>, PortError> {
    let (table, canned) = table([(200, json!({"Item": item}))]);
    let read = run(table.lease(&name()));
    let asked = canned.asked()[0].json();
    assert_eq!(
        (&asked["ConsistentRead"], &asked["Key"]),
        (&json!(true), &json!({"pk": {"S": PK}, "sk": {"S": "lease"}}))
    );
    read
}

#[test]
fn a_lease_is_written_whole_with_what_conditions_and_the_index_look_at() {
    let item = item(&dirty());
    let expected = json!({
        "pk": {"S": PK}, "sk": {"S": "lease"}, "v": {"N": "1"}, "state": {"S": "DIRTY"}, "token": {"N": "1795000007"},
        "nonce": {"S": NONCE}, "stack_id": {"S": ID}, "due_of": {"S": "lease"},
        "due": {"S": "2026-11-22T12:00:00.500Z#time-service-pr-42"}, "body": item["body"],
    });
    assert_eq!(item, expected);
}

#[test]
fn only_a_lease_that_is_over_expires_and_leaves_the_index() {
    let item = item(&gone());
    assert_eq!(item["expires"], json!({"N": at("2027-12-26T12:00:00Z").as_second().to_string()}));
    assert_eq!((item.get("due"), item.get("due_of"), item.get("stack_id")), (None, None, None));
}

#[test]
fn what_is_written_is_read_again() {
    let never = Lease { due: Some(Timestamp::MAX), ..dirty() };
    let fraction = Lease { due: Some(at("2026-11-22T12:00:00.123456789Z")), ..dirty() };
    for lease in [dirty(), gone(), never, fraction] {
        assert_eq!(read(&item(&lease)), Ok(Some(lease)));
    }
    assert_eq!(run(table([(200, json!({}))]).0.lease(&name())), Ok(None));
}

#[test]
fn the_first_lease_of_a_name_is_written_only_where_there_is_none() {
    let written = written(None, &dirty());
    assert_eq!(written["ConditionExpression"], "attribute_not_exists(pk)");
    assert_eq!(written["ReturnValuesOnConditionCheckFailure"], "ALL_OLD");
}

#[test]
fn i3_a_lease_is_replaced_only_if_state_token_nonce_and_stack_are_those_seen() {
    let written_over = |seen: &Lease| written(Some(seen), &gone());
    let bound = written_over(&dirty());
    assert_eq!(
        bound["ConditionExpression"],
        "#state = :state AND #token = :token AND #nonce = :nonce AND stack_id = :stack_id"
    );
    assert_eq!(bound["ExpressionAttributeNames"], json!({"#state": "state", "#token": "token", "#nonce": "nonce"}));
    let values = json!({
        ":state": {"S": "DIRTY"}, ":token": {"N": "1795000007"}, ":nonce": {"S": NONCE}, ":stack_id": {"S": ID},
    });
    assert_eq!(bound["ExpressionAttributeValues"], values);
    let unbound = written_over(&Lease { bound: None, ..dirty() });
    let condition = unbound["ConditionExpression"].as_str().unwrap();
    assert!(condition.ends_with(" AND attribute_not_exists(stack_id)"), "{condition}");
    assert_eq!(unbound["ExpressionAttributeValues"].as_object().unwrap().len(), 3);
}

fn conflict(standing: Option<Value>) -> (u16, Value) {
    let kind = "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException";
    let mut error = json!({"__type": kind, "message": "The conditional request failed"});
    if let Some(item) = standing {
        error["Item"] = item;
    }
    (400, error)
}

#[test]
fn i8_what_stands_in_the_way_is_told() {
    let replaced = |answer| run(table([answer]).0.replace(Some(&dirty()), &gone()));
    assert_eq!(replaced(conflict(Some(item(&gone())))), Ok(Replaced::Conflict(Some(gone()))));
    assert_eq!(replaced(conflict(None)), Ok(Replaced::Conflict(None)));
}

#[test]
fn i8_a_reply_that_is_lost_is_not_hidden_behind_a_conflict_with_who_came_after() {
    let (table, canned) = table([(500, json!({})), conflict(Some(item(&gone())))]);
    let lost = run(table.replace(None, &dirty()));
    assert!(matches!(lost, Err(PortError::Unavailable { .. })), "{lost:?}");
    assert_eq!(canned.asked().len(), 1);
}

#[test]
fn what_asking_again_does_not_change_is_told_at_once() {
    for code in ["ResourceNotFoundException", "ValidationException"] {
        let refused = || (400, json!({"__type": format!("com.amazonaws.dynamodb.v20120810#{code}"), "message": "m"}));
        let (table, canned) = table([refused(), refused(), refused(), refused()]);
        let answers = [
            run(table.lease(&name())).map(drop),
            run(table.replace(None, &dirty())).map(drop),
            run(table.due(at("2026-11-21T12:00:00Z"), 5)).map(drop),
            run(table.page(None, 5)).map(drop),
        ];
        for answer in answers {
            assert!(
                matches!(&answer, Err(PortError::Unusable { why, .. }) if why == &format!("{code}: m")),
                "{answer:?}"
            );
        }
        assert_eq!(canned.asked().len(), 4);
    }
}

#[test]
fn a_lease_that_cannot_be_read_does_not_hide_the_others() {
    let mut broken = item(&Lease { stack: "time-service-pr-7".parse().unwrap(), ..dirty() });
    broken["token"] = json!({"N": "1"});
    let (table, _) = table([(200, json!({"Items": [broken, item(&dirty())]}))]);
    assert_eq!(run(table.page(None, 2)).unwrap().leases, [dirty()]);
}

#[test]
fn a_record_that_is_not_as_we_write_it_is_an_error() {
    let with = |name: &str, value: Value| {
        let mut item = item(&dirty());
        item[name] = value;
        item
    };
    let without = |name: &str| {
        let mut item = item(&dirty());
        item.as_object_mut().unwrap().remove(name);
        item
    };
    let mut other = item(&Lease { stack: "time-service-pr-420".parse().unwrap(), ..dirty() });
    other["pk"] = json!({"S": PK});
    let broken = [
        vec![json!({}), other, with("v", json!({"N": "2"})), with("v", json!({"S": "1"}))],
        vec![with("body", json!({"S": "{}"})), with("body", json!({"S": "null"})), with("body", json!({"N": "1"}))],
        vec![with("token", json!({"S": "1795000007"})), with("token", json!({"N": "1795000008"}))],
        vec![with("state", json!({"S": "HELD"})), with("nonce", json!({"S": ""})), with("stack_id", json!({"S": "x"}))],
        vec![
            with("due", json!({"S": "2026-11-23T12:00:00.500Z#time-service-pr-42"})),
            with("due_of", json!({"S": "x"})),
        ],
        ["pk", "sk", "v", "body", "state", "token", "nonce", "stack_id", "due", "due_of"].map(without).into(),
    ];
    for item in broken.into_iter().flatten() {
        assert!(matches!(read(&item), Err(PortError::Unusable { .. })), "{item}");
        let replaced = run(table([conflict(Some(item.clone()))]).0.replace(Some(&dirty()), &gone()));
        assert!(replaced.is_err(), "{item}");
    }
}

fn found(names: &[&str], more: bool) -> (u16, Value) {
    let pk = |name: &&str| json!({"pk": {"S": format!("lease#111122223333#eu-west-1#{name}")}});
    let items: Vec<Value> = names.iter().map(pk).collect();
    let mut answer = json!({"Items": items});
    if more {
        answer["LastEvaluatedKey"] = json!({"pk": {"S": "p"}, "sk": {"S": "lease"}, "due_of": {"S": "lease"}});
    }
    (200, answer)
}

#[test]
fn leases_that_are_due_are_found_in_the_index_by_their_keys_alone() {
    let (table, canned) = table([found(&["time-service-pr-1"], true), found(&["time-service-pr-2"], false)]);
    let names = run(table.due(at("2026-11-21T12:00:00Z"), 5)).unwrap();
    assert_eq!(names.iter().map(StackName::as_str).collect::<Vec<_>>(), ["time-service-pr-1", "time-service-pr-2"]);
    let asked: Vec<Value> = canned.asked().iter().map(crate::canned::Asked::json).collect();
    assert_eq!(asked[0]["IndexName"], "due");
    assert_eq!(asked[0]["KeyConditionExpression"], "#due_of = :kind AND #due < :until");
    let values = json!({":kind": {"S": "lease"}, ":until": {"S": "2026-11-21T12:00:00.000Z$"}});
    assert_eq!(asked[0]["ExpressionAttributeValues"], values);
    assert_eq!((&asked[0]["ProjectionExpression"], &asked[0]["Limit"]), (&json!("pk, #due"), &json!(5)));
    assert_eq!((&asked[1]["ExclusiveStartKey"]["pk"]["S"], &asked[1]["Limit"]), (&json!("p"), &json!(4)));
}

#[test]
fn no_more_are_looked_for_than_asked() {
    let (table, canned) = table([found(&["time-service-pr-1", "time-service-pr-2"], true)]);
    assert_eq!(run(table.due(at("2026-11-21T12:00:00Z"), 2)).unwrap().len(), 2);
    assert_eq!(canned.asked().len(), 1);
}

#[test]
fn an_idle_look_is_one_call_and_a_page_that_fails_is_an_error_of_all() {
    let (idle, canned) = table([found(&[], false)]);
    assert_eq!(run(idle.due(at("2026-11-21T12:00:00Z"), 1000)), Ok(vec![]));
    assert_eq!(canned.asked().len(), 1);
    let denied = (400, json!({"__type": "AccessDeniedException", "message": "not you"}));
    let (failing, _) = table([found(&["time-service-pr-1"], true), denied]);
    assert!(run(failing.due(at("2026-11-21T12:00:00Z"), 1000)).is_err());
}

#[test]
fn a_lease_on_a_stack_elsewhere_is_left_alone() {
    let elsewhere = ["lease#999999999999#eu-west-1#time-service-pr-1", "lease#111122223333#us-east-1#x", "run#1"];
    let items: Vec<Value> = elsewhere.iter().map(|pk| json!({"pk": {"S": pk}})).collect();
    let (table, _) = table([(200, json!({"Items": items}))]);
    assert_eq!(run(table.due(at("2026-11-21T12:00:00Z"), 10)), Ok(vec![]));
}

#[test]
fn leases_are_listed_page_by_page() {
    let last = json!({"pk": {"S": PK}, "sk": {"S": "lease"}, "due_of": {"S": "lease"}, "due": item(&dirty())["due"]});
    let (table, canned) =
        table([(200, json!({"Items": [item(&dirty())], "LastEvaluatedKey": last})), (200, json!({"Items": []}))]);
    let first = run(table.page(None, 1)).unwrap();
    assert_eq!(first.leases, [dirty()]);
    let second = run(table.page(Some(&first.next.expect("another page")), 1)).unwrap();
    assert_eq!((second.leases, second.next), (vec![], None));
    let asked = canned.asked();
    assert_eq!(asked[0].json().get("ExclusiveStartKey"), None);
    assert_eq!(asked[1].json()["ExclusiveStartKey"], last);
    assert_eq!((&asked[1].json()["IndexName"], &asked[1].json()["Limit"]), (&json!("due"), &json!(1)));
}

#[test]
fn a_key_that_was_changed_by_hand_does_not_end_the_list() {
    let mut broken = item(&Lease { stack: "time-service-pr-7".parse().unwrap(), ..dirty() });
    broken["due"] = json!({"S": "x"});
    let last = json!({"pk": broken["pk"], "sk": {"S": "lease"}, "due_of": {"S": "lease"}, "due": {"S": "x"}});
    let full = json!({"Items": [item(&dirty()), broken], "LastEvaluatedKey": last});
    let (table, canned) = table([(200, full), (200, json!({"Items": []}))]);
    let first = run(table.page(None, 2)).unwrap();
    assert_eq!(first.leases, [dirty()]);
    run(table.page(Some(&first.next.expect("another page")), 2)).unwrap();
    assert_eq!(canned.asked()[1].json()["ExclusiveStartKey"]["due"], item(&dirty())["due"]);
}
