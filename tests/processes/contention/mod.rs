//! Many claimers and many sweeps at once, while their processes are killed and paused: nothing is deleted that somebody
//! holds, and in the end nothing is stuck.
//!
//! `FLOWGATE_TEST_SEED` repeats the choices of an earlier run, though not the timing of its processes.

mod chaos;
mod claimer;
mod dice;
mod history;
mod oracle;
mod oracle_tests;
mod protected;
mod sweeper;
mod tally;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::task::JoinSet;

use crate::function::Function;
use crate::proxy::{Fault, Proxy};
use crate::world::{SERVICE, World};
use chaos::Chaos;
use claimer::Claimer;
use dice::Dice;
use history::History;
use sweeper::Sweeper;
use tally::Tally;

const SWEEPERS: usize = 8;
const CLAIMERS: usize = 32;
const NAMES: usize = 50;
/// All of them: what is over the limit waits for longer than the test does.
const MAX_DELETES: &str = "50";

/// How long sweeps have for what is left when nobody claims any more. Absence and deletion are each looked at again a
/// minute later.
const SETTLING: Duration = Duration::from_mins(6);
const LOOK: Duration = Duration::from_secs(2);

fn period() -> SignedDuration {
    let long = std::env::var_os("FLOWGATE_LONG_TESTS").is_some();
    if long { SignedDuration::from_mins(5) } else { SignedDuration::from_mins(1) }
}

fn names() -> Vec<String> {
    (0..NAMES).map(|number| format!("{SERVICE}-pr-{number}")).collect()
}

/// Stacks that nobody claimed: sweep must not touch them.
const BYSTANDERS: [&str; 4] = ["shop-beta", "shop-pr-1-prod", "shop-PR-2", "other-pr-3"];

#[tokio::test(flavor = "multi_thread")]
async fn i1_i2_i3_i5_i7_i15_of_what_is_claimed_nothing_is_deleted_and_of_the_rest_nothing_stays() {
    let world = Arc::new(World::new().await);
    let dice = Dice::from_environment();
    let bystanders = bystanders(&world).await;
    let leases: Vec<_> = (0..CLAIMERS).map(|_| Arc::new(world.lease())).collect();
    let sweeps: Vec<_> = (0..SWEEPERS).map(|_| Arc::new(world.sweep(&[("MAX_DELETES", MAX_DELETES)]))).collect();
    let history = Arc::new(History::default());

    harm(&world.wire, dice.other(1));
    let (sweepers, over) = start_sweepers(&sweeps, &dice);
    let chaos = Chaos::start(leases.iter().chain(&sweeps).cloned().collect(), dice.other(2));
    claim(&world, &leases, &history, &dice).await;
    let harmed = chaos.stop().await;
    world.wire.heal();
    let unsettled = settle(&world).await;
    over.store(true, Ordering::Relaxed);
    let runs = sweepers.join_all().await.into_iter().sum::<usize>();

    let cloud = oracle::Records::read(&world, &history, world.wire.take()).await;
    let tally = Tally::new(&history, &cloud, runs, harmed);
    println!("{tally}");
    let violations = [cloud.violations(&history), unsettled, tally.too_few()].concat();
    assert!(violations.is_empty(), "{}; replay its choices with {dice}", violations.join("\n"));
    for id in bystanders {
        assert_eq!(world.settled(&id).await.status, "CREATE_COMPLETE");
    }
}

async fn bystanders(world: &World) -> Vec<String> {
    let mut ids = Vec::new();
    for name in BYSTANDERS {
        ids.push(world.create(world.preview(name, 1)).await);
    }
    ids
}

/// A reply in fifty is lost, and as many requests are refused.
fn harm(wire: &Proxy, mut dice: Dice) {
    wire.harm(move |_| match dice.below(100) {
        0..2 => Fault::DropReply,
        2 => Fault::Unavailable,
        3 => Fault::Throttle,
        4..8 => Fault::Delay(Duration::from_millis(dice.below(800))),
        _ => Fault::None,
    });
}

fn start_sweepers(sweeps: &[Arc<Function>], dice: &Dice) -> (JoinSet<usize>, Arc<AtomicBool>) {
    let over = Arc::new(AtomicBool::new(false));
    let sweepers = sweeps.iter().zip(1000..).map(|(sweep, number)| {
        let sweeper = Sweeper { sweep: sweep.clone(), dice: dice.other(number), over: over.clone() };
        sweeper.go_on()
    });
    (sweepers.collect(), over)
}

/// Lets all claimers do what they do for a while.
async fn claim(world: &Arc<World>, leases: &[Arc<Function>], history: &Arc<History>, dice: &Dice) {
    let until = Timestamp::now() + period();
    let claimers = leases.iter().enumerate().map(|(number, lease)| {
        let dice = dice.other(100 + number as u64);
        Claimer { number, world: world.clone(), lease: lease.clone(), history: history.clone(), dice }.go_on(until)
    });
    claimers.collect::<JoinSet<_>>().join_all().await;
}

/// Waits until sweep has nothing left to do; what is still there then is stuck.
async fn settle(world: &World) -> Vec<String> {
    let settled = async {
        while !oracle::stuck(world).await.is_empty() {
            tokio::time::sleep(LOOK).await;
        }
    };
    match tokio::time::timeout(SETTLING, settled).await {
        Ok(()) => Vec::new(),
        Err(_) => oracle::stuck(world).await,
    }
}
