//! The oracle sees what it is there to see.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::history::{History, What};
use super::oracle::{Made, Records};
use crate::call::Call;

const STACK: &str = "arn:aws:cloudformation:us-east-1:000000000000:stack/shop-pr-1/1";

fn at(seconds: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds)
}

fn claimed(asked: i64, until: i64) -> What {
    What::Claimed { asked: at(asked), told: at(asked + 1), until: at(until) }
}

fn call(name: &str, target: &str, body: String) -> Call {
    let (service, operation) = name.split_once(':').unwrap();
    let (service, operation, target) = (service.to_owned(), operation.to_owned(), target.to_owned());
    Call { at: at(0), service, operation, target, body, status: std::sync::OnceLock::from(200).into() }
}

fn tombstone(id: &str) -> Call {
    let item = json!({"Item": {"state": {"S": "DELETING"}, "stack_id": {"S": id}}});
    call("dynamodb:PutItem", "", item.to_string())
}

/// A stack that was deleted properly, at this time.
fn deleted(seconds: i64) -> Records {
    let made = Made { name: "shop-pr-1".to_owned(), status: "DELETE_COMPLETE".to_owned(), deleted: Some(at(seconds)) };
    let calls = vec![tombstone(STACK), call("cloudformation:DeleteStack", STACK, String::new())];
    Records { stacks: BTreeMap::from([(STACK.to_owned(), made)]), quarantined: BTreeSet::new(), calls }
}

/// The violations' numbers.
fn seen(records: &Records, events: Vec<(usize, u64, What)>) -> Vec<String> {
    let history = History::default();
    for (claimer, token, what) in events {
        history.add("shop-pr-1", claimer, token, what);
    }
    let number = |violation: &String| violation.split(':').next().unwrap().to_owned();
    records.violations(&history).iter().map(number).collect()
}

#[test]
fn what_somebody_holds_must_not_be_deleted() {
    let held = || (1, 1, claimed(10, 20));
    assert_eq!(seen(&deleted(15), vec![held()]), ["I3"]);
    assert_eq!(seen(&deleted(21), vec![held()]), ["I3"], "within margin and grace");
    assert_eq!(seen(&deleted(22), vec![held()]), [""; 0]);
    let renewed = (1, 1, What::Renewed { told: at(19), until: at(30) });
    assert_eq!(seen(&deleted(25), vec![held(), renewed]), ["I3"]);
    let kept = (1, 1, What::Kept { told: at(19), until: at(40) });
    let releasing = || (1, 1, What::Releasing { at: at(14) });
    assert_eq!(seen(&deleted(39), vec![held(), kept, releasing()]), ["I3"], "a hold outlives a release");
    assert_eq!(seen(&deleted(15), vec![held(), releasing()]), [""; 0]);
    assert_eq!(
        seen(&deleted(15), vec![held(), (2, 1, What::Releasing { at: at(14) })]),
        ["I3"],
        "not theirs to release"
    );
    assert_eq!(seen(&deleted(17), vec![held(), releasing(), (1, 2, claimed(15, 25))]), ["I3"], "claimed again");
}

#[test]
fn of_one_name_there_is_one_holder_and_tokens_rise() {
    let long_after = || deleted(100);
    assert_eq!(seen(&long_after(), vec![(1, 1, claimed(10, 20)), (2, 2, claimed(18, 28))]), ["I1"]);
    assert_eq!(seen(&long_after(), vec![(1, 1, claimed(10, 20)), (2, 2, claimed(19, 28))]), [""; 0]);
    assert_eq!(seen(&long_after(), vec![(1, 2, claimed(10, 12)), (1, 2, claimed(12, 20))]), ["I2"]);
    assert_eq!(seen(&long_after(), vec![(1, 1, What::Wrong { why: String::new() })]), ["I7"]);
}

#[test]
fn a_deletion_needs_an_id_of_ours_and_a_tombstone() {
    let mut records = deleted(5);
    records.calls.remove(0);
    assert_eq!(seen(&records, vec![]), ["I3"]);
    let mut records = deleted(5);
    let other = STACK.replace("shop-pr-1", "shop-pr-10");
    records.calls.extend([tombstone(&other), call("cloudformation:DeleteStack", &other, String::new())]);
    assert_eq!(seen(&records, vec![]), ["I5"]);
}

#[test]
fn what_is_left_is_stuck_unless_a_person_is_to_look() {
    let mut records = deleted(5);
    records.stacks.get_mut(STACK).unwrap().status = "CREATE_COMPLETE".to_owned();
    assert_eq!(seen(&records, vec![]), ["I15"]);
    records.quarantined.insert(STACK.to_owned());
    assert_eq!(seen(&records, vec![]), [""; 0]);
}
