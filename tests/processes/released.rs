//! Stacks that were released: what their deletion costs, and what stands in its way.

use serde_json::{Value, json};

use crate::function::Function;
use crate::people::{Deployed, release};
use crate::proxy::counts;
use crate::world::{World, ask, entry, run};

const STACKS: usize = 10;

/// The requests that one released stack costs until it is gone. In the first run its lease is read, the stack and its
/// resources are looked at, the tombstone is written, both are looked at again, and it is deleted; in the second its
/// lease is read, the stack is looked at, and the lease is written as gone. Exports, roles and nested stacks cost more.
const EACH: usize = 10;
/// The requests of the two runs themselves: what is due, and whether deletion is allowed.
const ONCE: usize = 4;

#[tokio::test]
async fn i15_released_stacks_are_gone_within_two_runs_and_a_stated_number_of_requests() {
    let world = World::new().await;
    let (lease, sweep) = (world.lease(), world.sweep(&[]));
    let names: Vec<_> = (0..STACKS).map(|number| format!("shop-pr-{number}")).collect();
    for name in &names {
        world.released(&lease, name, json!({}), |_| {}).await;
    }
    world.wire.take();

    run(&sweep, &json!({"mode": "apply"})).await;
    // It looks again a minute later.
    for name in &names {
        world.hasten(name).await;
    }
    let report = run(&sweep, &json!({"mode": "apply"})).await;
    let calls = world.wire.take();
    println!("{STACKS} released stacks: {} requests, {:?}", calls.len(), counts(&calls));
    for name in &names {
        assert_eq!(world.stored(name).await.unwrap().state, "GONE", "{report:#}");
    }
    assert_eq!(counts(&calls)["cloudformation:DeleteStack"], STACKS);
    assert!(calls.len() <= ONCE + EACH * STACKS, "{} requests: {:?}", calls.len(), counts(&calls));
}

/// Sweeps again and again, each time as if all that it waits for had passed, until a lease stands so.
pub(crate) async fn sweep_until(world: &World, sweep: &Function, stack: &str, state: &str) -> Value {
    let mut reports = Vec::new();
    for _ in 0..20 {
        reports.push(run(sweep, &json!({"mode": "apply"})).await);
        let lease = world.stored(stack).await.unwrap();
        if lease.state == state {
            return lease.record;
        }
        world.settled(lease.record["bound"].as_str().unwrap()).await;
        world.hasten(stack).await;
    }
    panic!("{stack} is never {state}: {reports:#?}");
}

#[tokio::test]
async fn i14_a_bucket_is_emptied_only_where_the_claim_said_so() {
    let world = World::new().await;
    let (lease, sweep) = (world.lease(), world.sweep(&[]));
    let may_empty = || json!({"empty_buckets": true});
    let (Deployed { token, id }, _) = world.with_full_bucket(&lease, "shop-pr-1", may_empty()).await;
    let (beside, full) = world.with_full_bucket(&lease, "shop-pr-10", may_empty()).await;
    release(&lease, "shop-pr-1", token).await;
    sweep_until(&world, &sweep, "shop-pr-1", "GONE").await;
    assert_eq!(world.status(&id).await, "DELETE_COMPLETE");
    assert_eq!((world.status(&beside.id).await.as_str(), world.versions(&full).await.len()), ("CREATE_COMPLETE", 2));
    world.wire.take();

    let (Deployed { token, id }, bucket) = world.with_full_bucket(&lease, "shop-pr-2", json!({})).await;
    release(&lease, "shop-pr-2", token).await;
    let quarantined = sweep_until(&world, &sweep, "shop-pr-2", "QUARANTINED").await;
    let why = quarantined["state"]["why"].as_str().unwrap();
    assert!(why.contains(&bucket) && why.contains("empty"), "{why}");
    let calls = world.wire.take();
    assert!(calls.iter().all(|call| call.service != "s3" || call.operation == "GetBucketTagging"), "{calls:#?}");
    let kept = [
        calls.iter().any(|call| call.field("DeletionMode").is_some()),
        calls.iter().any(|call| call.body.contains("RetainResources")),
    ];
    assert_eq!(kept, [false, false], "{calls:#?}");
    let report = run(&sweep, &json!({"mode": "apply"})).await;
    assert_eq!(report["entries"], json!([]), "nothing comes of it by itself");

    world.empty(&bucket).await;
    let mut again = json!({"operation": "release", "stack": "shop-pr-2", "token": token});
    // I4: only who says so lets it out.
    assert_eq!(ask(&lease, &again).await.unwrap_err()["code"], "Quarantined");
    again["quarantined"] = json!(true);
    ask(&lease, &again).await.unwrap();
    let report = run(&sweep, &json!({"mode": "plan"})).await;
    assert_eq!(entry(&report, "shop-pr-2")["step"], "retry", "{report:#}");
    sweep_until(&world, &sweep, "shop-pr-2", "GONE").await;
    assert_eq!(world.status(&id).await, "DELETE_COMPLETE");
}
