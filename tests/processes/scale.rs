//! What a run costs follows what is due, not what there is.

use jiff::{SignedDuration, Timestamp, Unit};
use serde_json::{Value, json};

use crate::proxy::counts;
use crate::table::lease as record;
use crate::world::{SERVICE, World, run};

const LEASES: usize = 10_000;
const DUE: usize = 100;

/// The requests of a run about no matter how many: what is due, and whether deletion is allowed.
const ONCE: usize = 2;
/// The requests about one lease that is due, whose stack was never made: read it, look for the stack, note its absence.
const EACH: usize = 3;

/// The first are due: somebody gave the name back before anything was deployed.
fn leases() -> impl Iterator<Item = Value> {
    let now = Timestamp::now().round(Unit::Second).unwrap();
    (0..LEASES).map(move |number| {
        let name = format!("{SERVICE}-pr-{number}");
        let (soon, later) = (now - SignedDuration::from_secs(60), now + SignedDuration::from_hours(24));
        let released = json!({"is": "DIRTY", "notice": {"by": "release", "at": soon}, "absent_at": null});
        let held = json!({"is": "HELD", "expires_at": later});
        if number < DUE { record(&name, 1, &released, Some(soon)) } else { record(&name, 1, &held, Some(later)) }
    })
}

#[tokio::test]
async fn of_ten_thousand_leases_a_run_asks_about_the_hundred_that_are_due_and_an_idle_one_asks_once() {
    let world = World::new().await;
    world.store(leases()).await;
    let sweep = world.sweep(&[]);

    let report = run(&sweep, &json!({"mode": "apply"})).await;
    let calls = world.wire.take();
    println!("{DUE} of {LEASES} due: {} requests, {:?}", calls.len(), counts(&calls));
    assert_eq!(report["entries"].as_array().map(Vec::len), Some(DUE), "{report:#}");
    assert!(calls.len() <= ONCE + EACH * DUE, "{} requests: {:?}", calls.len(), counts(&calls));

    run(&sweep, &json!({"mode": "apply"})).await;
    let calls = world.wire.take();
    assert_eq!(counts(&calls), [("dynamodb:Query".to_owned(), 1)].into(), "{calls:#?}");
    if let Some((now, peak)) = sweep.memory().await {
        println!("sweep's process has {} KiB, and had {} KiB at most", now / 1024, peak / 1024);
    }
}
