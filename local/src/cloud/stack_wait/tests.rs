use aws_sdk_cloudformation::types::{ResourceStatus, StackEvent};

use super::*;

const STACK: &str = "arn:aws:cloudformation:us-east-1:000000000000:stack/app/1";

fn event(logical_id: &str, status: &str, reason: &str) -> StackEvent {
    let physical_id = if logical_id == "app" { STACK } else { "p" };
    StackEvent::builder()
        .stack_id(STACK)
        .event_id("e")
        .stack_name("app")
        .timestamp(aws_sdk_cloudformation::primitives::DateTime::from_secs(0))
        .logical_resource_id(logical_id)
        .physical_resource_id(physical_id)
        .resource_status(ResourceStatus::from(status))
        .resource_status_reason(reason)
        .build()
}

/// What failed, given the events in the order they happened.
fn failed(mut events: Vec<StackEvent>) -> Vec<String> {
    events.reverse();
    failures_of_latest_operation(&events).into_iter().map(|failed| failed.logical_id).collect()
}

#[test]
fn only_the_latest_operation_counts() {
    let events = vec![
        event("app", "CREATE_IN_PROGRESS", "User Initiated"),
        event("Old", "CREATE_FAILED", "no"),
        event("app", "ROLLBACK_COMPLETE", ""),
        event("app", "UPDATE_IN_PROGRESS", "User Initiated"),
        event("New", "UPDATE_FAILED", "no"),
        event("app", "UPDATE_ROLLBACK_IN_PROGRESS", "The following resource(s) failed to update: [New]"),
        event("New", "UPDATE_IN_PROGRESS", ""),
        event("app", "UPDATE_ROLLBACK_COMPLETE", ""),
    ];
    assert_eq!(failed(events), ["New"]);
}

#[test]
fn the_first_cause_comes_first_and_cancelled_resources_are_left_out() {
    let events = vec![
        event("app", "CREATE_IN_PROGRESS", "User Initiated"),
        event("A", "CREATE_FAILED", "Resource creation cancelled"),
        event("B", "CREATE_FAILED", "bucket exists"),
        event("C", "CREATE_FAILED", "role missing"),
        event("app", "CREATE_FAILED", "The following resource(s) failed to create: [A, B, C]"),
    ];
    assert_eq!(failed(events), ["B", "C"]);
}

#[test]
fn cancelled_resources_are_named_when_nothing_else_explains_the_failure() {
    let events = vec![
        event("app", "UPDATE_IN_PROGRESS", "User Initiated"),
        event("A", "UPDATE_FAILED", "Resource update cancelled"),
    ];
    assert_eq!(failed(events), ["A"]);
}

#[test]
fn a_stack_in_review_is_at_rest() {
    let stack = |status: &str| Stack {
        id: STACK.into(),
        name: "app".into(),
        status: status.into(),
        reason: None,
        parameters: BTreeMap::new(),
        outputs: BTreeMap::new(),
    };
    assert!(!stack("REVIEW_IN_PROGRESS").is_busy());
    assert!(stack("UPDATE_ROLLBACK_IN_PROGRESS").is_busy());
    assert!(!stack("UPDATE_ROLLBACK_COMPLETE").is_deployed());
}
