//! The oracle sees what it is there to see.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::history::{History, What};
use super::oracle::{Made, Records};
use crate::call::{Answered, Call};

const STACK: &str = "arn:aws:cloudformation:us-east-1:000000000000:stack/shop-pr-1/1";

fn at(seconds: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds)
}

fn claimed(asked: i64, until: i64) -> What {
    What::Claimed { asked: at(asked), told: at(asked + 1), until: at(until), stack: None }
}

fn call(name: &str, target: &str, body: String) -> Call {
    let (service, operation) = name.split_once(':').unwrap();
    let (service, operation, target) = (service.to_owned(), operation.to_owned(), target.to_owned());
    let answered = OnceLock::from(Answered { at: at(1), status: 200 }).into();
    Call { at: at(0), service, operation, target, body, answered }
}

fn tombstone(id: &str) -> Call {
    let item = json!({"state": {"S": "DELETING"}, "stack_id": {"S": id}});
    call("dynamodb:PutItem", "", json!({"Item": item, "ConditionExpression": "#nonce = :nonce"}).to_string())
}

fn deletion(id: &str) -> Call {
    Call { at: at(2), ..call("cloudformation:DeleteStack", id, String::new()) }
}

/// A stack that was deleted properly, at this time.
fn deleted(seconds: i64) -> Records {
    let made = Made { name: "shop-pr-1".to_owned(), status: "DELETE_COMPLETE".to_owned(), deleted: Some(at(seconds)) };
    let calls = vec![tombstone(STACK), deletion(STACK)];
    Records { stacks: BTreeMap::from([(STACK.to_owned(), made)]), quarantined: Vec::new(), calls }
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
    assert_eq!(seen(&deleted(22), vec![held()]), ["I3"], "within margin, grace and margin");
    assert_eq!(seen(&deleted(23), vec![held()]), [""; 0]);
    let renewed = (1, 1, What::Renewed { told: at(19), until: at(30), stack: None });
    assert_eq!(seen(&deleted(25), vec![held(), renewed]), ["I3"]);
    let releasing = || (1, 1, What::Releasing { at: at(14) });
    assert_eq!(seen(&deleted(15), vec![held(), releasing()]), [""; 0]);
    assert_eq!(
        seen(&deleted(15), vec![held(), (2, 1, What::Releasing { at: at(14) })]),
        ["I3"],
        "not theirs to release"
    );
    assert_eq!(seen(&deleted(17), vec![held(), releasing(), (1, 2, claimed(15, 25))]), ["I3"], "claimed again");
}

#[test]
fn what_somebody_keeps_is_kept_for_as_long_as_it_was_said_last() {
    let kept = |until| (1, 1, What::Kept { told: at(19), until: at(until), stack: None });
    let releasing = (1, 1, What::Releasing { at: at(20) });
    assert_eq!(seen(&deleted(39), vec![kept(40), releasing]), ["I3"], "a hold outlives a release");
    assert_eq!(seen(&deleted(40), vec![kept(40)]), [""; 0]);
    let keeping = || (1, 1, What::Keeping { until: at(30) });
    assert_eq!(seen(&deleted(29), vec![kept(40), keeping()]), ["I3"]);
    assert_eq!(seen(&deleted(30), vec![kept(40), keeping()]), [""; 0], "whether that arrived or not");
    assert_eq!(seen(&deleted(30), vec![keeping(), kept(40)]), ["I3"]);
}

#[test]
fn what_was_being_deleted_already_must_not_be_claimed_renewed_or_kept() {
    let told = |stack: &str| {
        let stack = Some(stack.to_owned());
        [
            What::Claimed { asked: at(10), told: at(11), until: at(20), stack: stack.clone() },
            What::Renewed { told: at(11), until: at(20), stack: stack.clone() },
            What::Kept { told: at(11), until: at(20), stack },
        ]
    };
    for what in told(STACK) {
        assert_eq!(seen(&deleted(9), vec![(1, 1, what)]), ["I3"]);
    }
    let another = format!("{STACK}2");
    for what in told(&another) {
        assert_eq!(seen(&deleted(9), vec![(1, 1, what)]), [""; 0], "another of the same name");
    }
    let [claimed, ..] = told(STACK);
    let given_up = vec![(1, 1, claimed), (1, 1, What::Releasing { at: at(14) })];
    assert_eq!(seen(&deleted(14), given_up), [""; 0]);
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
    records.calls[0].answered = OnceLock::from(Answered { at: at(3), status: 200 }).into();
    assert_eq!(seen(&records, vec![]), ["I3"], "it was written later");
    let mut records = deleted(5);
    records.calls[0].answered = OnceLock::from(Answered { at: at(1), status: 400 }).into();
    assert_eq!(seen(&records, vec![]), ["I3"], "it was refused");
    let mut records = deleted(5);
    records.calls[0].body = records.calls[0].body.replace("ConditionExpression", "Comment");
    assert_eq!(seen(&records, vec![]), ["I3"], "it has no condition");
    let mut records = deleted(5);
    let other = STACK.replace("shop-pr-1", "shop-pr-10");
    records.calls.extend([tombstone(&other), deletion(&other)]);
    assert_eq!(seen(&records, vec![]), ["I5"]);
}

#[test]
fn nothing_is_left_and_nobody_has_to_look() {
    let mut records = deleted(5);
    records.stacks.get_mut(STACK).unwrap().status = "CREATE_COMPLETE".to_owned();
    assert_eq!(seen(&records, vec![]), ["I15"]);
    let mut records = deleted(5);
    records.quarantined.push(json!({"stack": "shop-pr-1"}));
    assert_eq!(seen(&records, vec![]), ["I15"]);
}
