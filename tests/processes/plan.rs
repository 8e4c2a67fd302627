//! `plan` looks and touches nothing; `apply` does what it said.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::function::Function;
use crate::people::{claim, release};
use crate::proxy::counts;
use crate::table::lease as record;
use crate::world::{World, run};

/// The stack whose bucket has to be emptied.
const FULL: &str = "shop-pr-13";

/// All that a plan may send.
const READING: [&str; 10] = [
    "cloudformation:DescribeStacks",
    "cloudformation:ListImports",
    "cloudformation:ListStackResources",
    "cloudformation:ListStacks",
    "codepipeline:GetPipelineExecution",
    "dynamodb:GetItem",
    "dynamodb:Query",
    "iam:GetRole",
    "s3:GetBucketTagging",
    "ssm:GetParameter",
];

/// Leases and stacks about each of which something else is to be done.
async fn of_every_step(world: &World) -> BTreeMap<&'static str, &'static str> {
    let lease = world.lease();
    let none = json!({});
    world.released(&lease, "shop-pr-1", none.clone(), |_| {}).await;
    world.released(&lease, "shop-pr-2", none.clone(), |preview| preview.protected = true).await;
    let gone = world.released(&lease, "shop-pr-3", none, |_| {}).await;
    world.delete_by_hand(&gone).await;
    // Not bound.
    let token = claim(&lease, "shop-pr-4", json!({})).await;
    world.create(world.preview("shop-pr-4", token)).await;
    release(&lease, "shop-pr-4", token).await;
    // Not even made.
    let token = claim(&lease, "shop-pr-5", json!({})).await;
    release(&lease, "shop-pr-5", token).await;
    world.store(stored(world).await).await;
    world.store([full(world, &lease, FULL).await]).await;
    let expected = [
        ("shop-pr-1", "delete"),
        ("shop-pr-2", "keep"),
        ("shop-pr-3", "gone"),
        ("shop-pr-4", "bind"),
        ("shop-pr-5", "await"),
        ("shop-pr-6", "mark"),
        ("shop-pr-7", "tell"),
        ("shop-pr-8", "delete"),
        ("shop-pr-9", "retry"),
        ("shop-pr-10", "quarantine"),
        ("shop-pr-12", "keep"),
        (FULL, "retry"),
    ];
    expected.into()
}

/// Leases in states that take long to come by.
async fn stored(world: &World) -> Vec<Value> {
    let mark = |told: Option<Timestamp>| json!({"by": "mark", "at": at(60), "told_at": told, "changed": null});
    let deleting = || json!({"is": "DELETING", "notice": {"by": "release", "at": at(60)}, "attempts": 0});
    let states = [
        ("shop-pr-6", json!({"is": "HELD", "expires_at": at(60)}), false),
        ("shop-pr-7", json!({"is": "DIRTY", "notice": mark(None), "absent_at": null}), false),
        ("shop-pr-8", json!({"is": "DIRTY", "notice": mark(Some(at(50))), "absent_at": null}), false),
        ("shop-pr-9", deleting(), false),
        ("shop-pr-10", deleting(), true),
        ("shop-pr-12", json!({"is": "QUARANTINED", "at": at(60), "why": "a test"}), false),
    ];
    let mut records = Vec::new();
    for (name, state, protected) in states {
        let mut preview = world.preview(name, 1);
        preview.protected = protected;
        let mut record = record(name, 1, &state, Some(at(10)));
        record["bound"] = json!(world.create(preview).await);
        records.push(record);
    }
    records
}

/// A lease whose stack could not be deleted, as its bucket is not empty.
pub(crate) async fn full(world: &World, lease: &Function, stack: &str) -> Value {
    let (deployed, _) = world.with_full_bucket(lease, stack, json!({"empty_buckets": true})).await;
    world.cloudformation().delete_stack().stack_name(&deployed.id).send().await.unwrap();
    assert_eq!(world.settled(&deployed.id).await.status, "DELETE_FAILED");
    let mut record = world.stored(stack).await.unwrap().record;
    record["state"] = json!({"is": "DELETING", "notice": {"by": "release", "at": at(60)}, "attempts": 0});
    record["due"] = json!(at(10));
    record
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::now().round(jiff::Unit::Second).unwrap() - SignedDuration::from_secs(seconds)
}

#[tokio::test]
async fn i13_plan_sends_nothing_that_changes_anything_and_apply_does_what_it_said() {
    let world = World::new().await;
    let expected = of_every_step(&world).await;
    let (before, bucket) = (snapshot(&world).await, format!("{FULL}-bucket"));
    world.wire.take();

    let sweep = world.sweep(&[]);
    let plan = run(&sweep, &json!({})).await;
    assert_reads(&world);
    assert_eq!(steps(&plan, |entry| entry["outcome"] == "planned"), named(&expected), "{plan:#}");
    assert_eq!(snapshot(&world).await, before);
    assert_eq!(world.versions(&bucket).await.len(), 2);
    let mut adoption = world.preview("shop-pr-11", 1);
    adoption.tags.remove("flowgate:token");
    world.create(adoption).await;
    let adopt = run(&sweep, &json!({"mode": "plan", "adopt": true})).await;
    assert_reads(&world);
    assert_eq!(steps(&adopt, |entry| entry["step"] == "adopt"), named(&[("shop-pr-11", "adopt")].into()), "{adopt:#}");

    let applied = run(&sweep, &json!({"mode": "apply"})).await;
    let done = steps(&applied, |entry| entry["outcome"] == "done" || entry["step"] == "keep");
    assert_eq!(done, named(&expected), "{applied:#}");
    for (stack, status) in [(FULL, "DELETE_COMPLETE"), ("shop-pr-12", "CREATE_COMPLETE")] {
        let lease = world.stored(stack).await.unwrap().record;
        assert_eq!(world.settled(lease["bound"].as_str().unwrap()).await.status, status, "{applied:#}");
    }
    let adopted = run(&sweep, &json!({"mode": "apply", "adopt": true})).await;
    assert_eq!(steps(&adopted, |entry| entry["step"] == "adopt"), steps(&adopt, |entry| entry["step"] == "adopt"));
}

fn assert_reads(world: &World) {
    let calls = world.wire.take();
    let sent: BTreeSet<_> = counts(&calls).into_keys().collect();
    let changing: Vec<_> = sent.iter().filter(|call| !READING.contains(&call.as_str())).collect();
    assert!(!sent.is_empty() && changing.is_empty(), "{changing:?}");
}

/// The step that a report has for each stack.
fn steps(report: &Value, which: impl Fn(&Value) -> bool) -> BTreeMap<String, String> {
    let entries = report["entries"].as_array().unwrap_or_else(|| panic!("{report:#}")).iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    entries.filter(|entry| which(entry)).map(|entry| (text(&entry["stack"]), text(&entry["step"]))).collect()
}

fn named(expected: &BTreeMap<&str, &str>) -> BTreeMap<String, String> {
    expected.iter().map(|(stack, step)| ((*stack).to_owned(), (*step).to_owned())).collect()
}

/// All leases, and the statuses of all stacks.
pub(crate) async fn snapshot(world: &World) -> (BTreeMap<String, Value>, BTreeMap<String, String>) {
    let leases = world.leases().await.into_iter().map(|lease| (lease.stack, lease.record)).collect();
    let answer = world.cloudformation().describe_stacks().send().await.unwrap();
    let stacks = answer.stacks.unwrap().into_iter();
    let status = |stack: &aws_sdk_cloudformation::types::Stack| stack.stack_status().unwrap().as_str().to_owned();
    (leases, stacks.map(|stack| (stack.stack_id().unwrap().to_owned(), status(&stack))).collect())
}
