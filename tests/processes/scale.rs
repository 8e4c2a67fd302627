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

/// How much more memory a run about as many may need when there are many more that are not due, in bytes. Chance makes it
/// differ by far less; ten thousand leases, if they were read, would take more.
const MORE: u64 = 8 << 20;

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
    let awaited = report["entries"].as_array().unwrap().iter().filter(|entry| entry["step"] == "await").count();
    assert_eq!(awaited, DUE, "{report:#}");
    assert!(calls.len() <= ONCE + EACH * DUE, "{} requests: {:?}", calls.len(), counts(&calls));

    run(&sweep, &json!({"mode": "apply"})).await;
    let calls = world.wire.take();
    assert_eq!(counts(&calls), [("dynamodb:Query".to_owned(), 1)].into(), "{calls:#?}");
    let peak = sweep.peak_memory().await;
    let usual = peak_of_few().await;
    println!("sweep's process had {} KiB at most, and {} KiB with {DUE} leases", peak / 1024, usual / 1024);
    assert!(peak <= usual + MORE, "{peak} bytes, and {usual} with {DUE} leases");
}

/// The memory that a process needs in which there are only the leases that are due.
async fn peak_of_few() -> u64 {
    let world = World::new().await;
    world.store(leases().take(DUE)).await;
    let sweep = world.sweep(&[]);
    run(&sweep, &json!({"mode": "apply"})).await;
    sweep.peak_memory().await
}
