//! Bad input of SAFETY.md, through the real handlers: each gets a clear message and changes nothing.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp, Unit};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::function::{Failure, Function};
use crate::people::{Deployed, claim, release};
use crate::proxy::Fault;
use crate::table::lease as record;
use crate::world::{SERVICE, World, ask, entry, judge, run};

/// The operations that change nothing.
const READING: [&str; 4] = ["GetItem", "Query", "DescribeStacks", "GetParameter"];

fn assert_nothing_changed(world: &World, about: &str) {
    let changing: Vec<_> =
        world.wire.take().into_iter().filter(|call| !READING.contains(&call.operation.as_str())).collect();
    assert!(changing.is_empty(), "{about}: {changing:#?}");
}

fn claiming() -> Value {
    json!({"operation": "claim", "stack": "shop-pr-1", "holder": Uuid::new_v4(), "ttl": 60, "source": "a test"})
}

fn with(mut request: Value, field: &str, value: &Value) -> String {
    request[field] = value.clone();
    request.to_string()
}

fn without(mut request: Value, field: &str) -> String {
    request.as_object_mut().unwrap().remove(field);
    request.to_string()
}

/// Requests that are none, with a word of what the refusal must say.
fn malformed() -> Vec<(String, &'static str)> {
    let text = |text: &str| text.to_owned();
    let number = |literal: &str| with(claiming(), "ttl", &json!(0)).replace("\"ttl\":0", &format!("\"ttl\":{literal}"));
    let deep = format!("{}{}", "[".repeat(500), "]".repeat(500));
    let twice = claiming().to_string().replacen('{', "{\"ttl\": 7, ", 1);
    vec![
        (text("null"), "object"),
        (text("[]"), "object"),
        (text("7"), "object"),
        (text("\"claim\""), "object"),
        (text("{}"), "operation"),
        (text(r#"{"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}"#), "operation"),
        (with(claiming(), "operation", &json!("steal")), "operation: unknown variant"),
        (with(claiming(), "more", &json!(1)), "unknown field"),
        (with(claiming(), "source", &json!("x".repeat(1 << 20))), "bytes"),
        (with(claiming(), "more", &json!(null)).replace("null", &deep), "unknown field"),
        (twice, "ttl"),
        (without(claiming(), "holder"), "holder"),
        (without(claiming(), "ttl"), "ttl"),
        (with(claiming(), "holder", &json!("")), "holder"),
        (with(claiming(), "holder", &json!("x".repeat(2048))), "holder"),
        (with(claiming(), "source", &json!("")), "source"),
        (with(claiming(), "source", &json!("x".repeat(2048))), "source"),
        (with(claiming(), "source", &json!("a\nb")), "source"),
        (number("0"), "ttl"),
        (number("-1"), "ttl"),
        (number("18446744073709551615"), "ttl"),
        (number("1e99"), "ttl"),
        (number("1.5"), "ttl"),
        (number("\"60\""), "ttl"),
        (number("2592001"), "ttl"),
        (text(r#"{"operation": "list", "limit": 0}"#), "limit"),
        (text(r#"{"operation": "list", "limit": 101}"#), "limit"),
        (text(r#"{"operation": "release", "stack": "shop-pr-1", "token": -1}"#), "token"),
        (text(r#"{"operation": "release", "stack": "shop-pr-1", "token": "1"}"#), "token"),
        (text(r#"{"operation": "hold", "stack": "shop-pr-1", "token": 1, "until": "tomorrow"}"#), "until"),
    ]
}

/// Names of stacks that no lease is given for.
fn foreign_names() -> Vec<String> {
    let plain =
        ["shop-pr-42-prod", "shop-PR-42", "shop-pr-", "shop-pr-4２", "ѕhop-pr-42", "shop-pr-42\n", " shop-pr-42", ""];
    let others = ["other-pr-42", "shop-prod", "shop-flowgate", "shop-pr-42/x", "arn:aws:cloudformation:x"];
    let long = format!("{SERVICE}-pr-{}", "4".repeat(128));
    plain.iter().chain(&others).map(|name| (*name).to_owned()).chain([long]).collect()
}

#[tokio::test]
async fn lease_refuses_what_is_no_request_with_a_clear_message_and_changes_nothing() {
    let world = World::new().await;
    let lease = world.lease();
    for (request, word) in malformed() {
        refused(&world, &lease, &request, "BadRequest", word).await;
    }
    for name in foreign_names() {
        refused(&world, &lease, &with(claiming(), "stack", &json!(name)), "BadRequest", "stack").await;
    }
    assert!(world.leases().await.is_empty());
}

/// Asserts that a request is refused with this code and word, and that nothing was changed for it.
async fn refused(world: &World, lease: &Function, request: &str, code: &str, word: &str) {
    let shown: String = request.chars().take(200).collect();
    let answer = lease.invoke(request).await.unwrap_or_else(|error| panic!("{shown}: {error}\n{}", lease.log()));
    let refusal = judge(answer).expect_err(&shown);
    let message = refusal["message"].as_str().unwrap();
    assert!(refusal["code"] == code && message.contains(word), "{shown}: {refusal}");
    assert!(message.len() < 1000, "{shown}: {refusal}");
    assert_nothing_changed(world, &shown);
}

#[tokio::test]
async fn i4_i5_i7_lease_refuses_what_is_stale_foreign_expired_or_taken() {
    let world = World::new().await;
    let lease = world.lease();
    let Deployed { token, id } = world.deployed(&lease, "shop-pr-1", json!({}), |_| {}).await;
    let of = |operation: &str, token: u64| json!({"operation": operation, "stack": "shop-pr-1", "token": token});
    let bind = |id: &str| with(of("bind", token), "stack_id", &json!(id));
    let until = |text: &str| with(of("hold", token), "until", &json!(text));
    let in_an_hour = (Timestamp::now() + SignedDuration::from_hours(1)).to_string();
    let account = id.replace(flowgate::cloud::client::ACCOUNT, "999999999999");
    let region = id.replace(flowgate::cloud::client::REGION, "eu-west-1");
    let of_another = with(claiming(), "source", &json!("another"));
    let unknown = json!({"operation": "release", "stack": "shop-pr-9", "token": 1});
    world.wire.take();
    for (request, code, word) in [
        (of_another.clone(), "Held", "shop-pr-1"),
        (of("release", token - 1).to_string(), "StaleToken", "stale"),
        (of("release", token + 1).to_string(), "StaleToken", "shop-pr-1"),
        (with(of("renew", token - 1), "ttl", &json!(60)), "StaleToken", "stale"),
        (bind(&account), "WrongStack", "account"),
        (bind(&region), "WrongStack", "region"),
        (bind(&id.replace("shop-pr-1", "shop-pr-10")), "WrongStack", "it is not shop-pr-1"),
        (bind("shop-pr-1"), "BadRequest", "stack_id"),
        (until("2001-01-01T00:00:00Z"), "BadRequest", "until"),
        (until("2999-01-01T00:00:00Z"), "BadRequest", "until"),
        (unknown.to_string(), "NoLease", "shop-pr-9"),
    ] {
        refused(&world, &lease, &request, code, word).await;
    }
    release(&lease, "shop-pr-1", token).await;
    // Twice is once.
    world.wire.take();
    release(&lease, "shop-pr-1", token).await;
    assert_nothing_changed(&world, "released twice");
    refused(&world, &lease, &of_another, "Dirty", "shop-pr-1").await;
    refused(&world, &lease, &with(of("renew", token), "ttl", &json!(60)), "Dirty", "shop-pr-1").await;

    run(&world.sweep(&[]), &json!({"mode": "apply"})).await;
    world.wire.take();
    refused(&world, &lease, &of_another, "Deleting", "shop-pr-1").await;
    refused(&world, &lease, &claiming().to_string(), "Deleting", "shop-pr-1").await;
    refused(&world, &lease, &with(of("renew", token), "ttl", &json!(60)), "Deleting", "shop-pr-1").await;
    refused(&world, &lease, &until(&in_an_hour), "Deleting", "shop-pr-1").await;

    let token = claim(&lease, "shop-pr-2", json!({"ttl": 1})).await;
    let renew = json!({"operation": "renew", "stack": "shop-pr-2", "token": token, "ttl": 60}).to_string();
    tokio::time::sleep(Duration::from_secs(1)).await;
    world.wire.take();
    refused(&world, &lease, &renew, "Expired", "expired").await;
}

#[tokio::test]
async fn i10_a_record_that_is_not_as_we_write_it_is_nothing_to_act_on() {
    let world = World::new().await;
    let (lease, sweep) = (world.lease(), world.sweep(&[]));
    let id = world.released(&lease, "shop-pr-1", json!({}), |_| {}).await;
    let now = (Timestamp::now() - SignedDuration::from_secs(1)).round(Unit::Second).unwrap();
    let odd = [
        json!({"is": "ELSEWHERE"}),
        json!({"is": "HELD"}),
        json!({"is": "HELD", "expires_at": 7}),
        json!({"is": "DIRTY", "notice": {"by": "release", "at": "never"}, "absent_at": null}),
    ];
    let records =
        odd.iter().enumerate().map(|(number, state)| record(&format!("shop-pr-9{number}"), 1, state, Some(now)));
    let records: Vec<_> = records.collect();
    let sound = json!({"is": "DIRTY", "notice": {"by": "release", "at": now}, "absent_at": null});
    world.store(records.clone().into_iter().chain([record("shop-pr-99", 1, &sound, Some(now))])).await;
    world.wire.take();
    let report = run(&sweep, &json!({"mode": "apply"})).await;
    let written: BTreeSet<_> =
        world.wire.take().into_iter().filter(|call| call.operation == "PutItem").map(|call| call.target).collect();
    for record in &records {
        let stack = record["stack"].as_str().unwrap();
        assert_eq!(entry(&report, stack)["step"], "keep", "{report:#}");
        assert!(!written.iter().any(|target| target.ends_with(stack)), "{stack}: {written:?}");
        let shown = ask(&lease, &json!({"operation": "show", "stack": stack})).await;
        assert!(shown.unwrap_err()["message"].as_str().unwrap().contains(stack));
    }
    let fields = |record: &Value| record.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(fields(&records[0]), fields(&world.stored("shop-pr-1").await.unwrap().record));
    // What is as we write it beside them is acted on all the same.
    assert_eq!(entry(&report, "shop-pr-99")["step"], "await", "{report:#}");
    assert!(written.iter().any(|target| target.ends_with("shop-pr-99")), "{written:?}");
    let shown = ask(&lease, &json!({"operation": "show", "stack": "shop-pr-99"})).await.unwrap();
    assert_eq!(shown["state"], "DIRTY");
    assert_eq!(world.settled(&id).await.status, "DELETE_COMPLETE", "{report:#}");
}

#[tokio::test]
async fn sweep_fails_on_an_event_that_is_none_and_changes_nothing() {
    let world = World::new().await;
    let (lease, sweep) = (world.lease(), world.sweep(&[("MODE", "apply")]));
    let id = world.released(&lease, "shop-pr-1", json!({}), |_| {}).await;
    world.wire.take();
    let deep = format!("{}{}", "[".repeat(500), "]".repeat(500));
    let big = json!({"mode": "x".repeat(1 << 20)}).to_string();
    for (event, word) in [
        ("null", ""),
        ("[]", ""),
        ("7", ""),
        (r#""apply""#, ""),
        (r#"{"mode": "delete"}"#, "a mode is plan or apply"),
        (r#"{"mode": "Apply"}"#, "a mode is plan or apply"),
        (r#"{"mode": 1}"#, "mode"),
        (r#"{"mode": "plan", "mode": "apply"}"#, "mode"),
        (r#"{"adopt": "true"}"#, "adopt"),
        (r#"{"mode": "apply", "force": true}"#, "unknown field"),
        (r#"{"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}"#, "unknown field"),
        (r#"{"CodePipeline.job": {"id": "11111111-abcd-1111-abcd-111111abcdef"}}"#, "unknown field"),
        (&deep, ""),
        (&big, ""),
    ] {
        let shown: String = event.chars().take(200).collect();
        let Err(Failure::Failed(error)) = sweep.invoke(event).await else { panic!("{shown} was taken for an event") };
        let message = error["errorMessage"].as_str().unwrap();
        assert!(message.contains(word) && (1..1000).contains(&message.len()), "{shown}: {error}");
        let calls = world.wire.take();
        assert!(calls.is_empty(), "{shown}: {calls:#?}");
    }
    assert_eq!(world.status(&id).await, "CREATE_COMPLETE");
}

#[tokio::test]
async fn i12_only_the_exact_word_allows_deletion() {
    let world = World::new().await;
    let (lease, sweep) = (world.lease(), world.sweep(&[]));
    let id = world.released(&lease, "shop-pr-1", json!({}), |_| {}).await;
    for word in ["stopped", "Allowed", "allowed ", "true", "not allowed"] {
        world.switch(word).await;
        let report = run(&sweep, &json!({"mode": "apply"})).await;
        assert!(report["stopped"].is_string(), "{word}: {report:#}");
        assert_eq!(world.status(&id).await, "CREATE_COMPLETE", "{word}");
        assert_eq!(world.stored("shop-pr-1").await.unwrap().state, "DIRTY", "{word}");
        world.hasten("shop-pr-1").await;
    }
    world.switch("allowed").await;
    run(&sweep, &json!({"mode": "apply"})).await;
    assert_eq!(world.settled(&id).await.status, "DELETE_COMPLETE");
}

#[tokio::test]
async fn i10_i12_what_cannot_be_read_is_kept() {
    let world = World::new().await;
    let (lease, sweep) = (world.lease(), world.sweep(&[]));
    let id = world.released(&lease, "shop-pr-1", json!({}), |_| {}).await;
    for operation in ["GetParameter", "DescribeStacks", "ListStackResources", "GetItem", "Query"] {
        world.hasten("shop-pr-1").await;
        world.wire.harm(move |call| if call.operation == operation { Fault::Unavailable } else { Fault::None });
        let report = sweep.invoke(&json!({"mode": "apply"}).to_string()).await;
        assert_eq!(world.status(&id).await, "CREATE_COMPLETE", "{operation}: {report:?}");
        let state = world.stored("shop-pr-1").await.unwrap().state;
        assert_eq!(state, "DIRTY", "{operation}: {report:?}");
    }
    world.wire.heal();
    world.hasten("shop-pr-1").await;
    let report = run(&sweep, &json!({"mode": "apply"})).await;
    assert_eq!(world.settled(&id).await.status, "DELETE_COMPLETE", "{report:#}");
}
