//! Whoever acts: claimers, sweepers, and deliveries of jobs.

pub(crate) mod claimer;
pub(crate) mod deliverer;
pub(crate) mod sweeper;

use std::pin::Pin;

use crate::{
    link::Link,
    scenario::{CLAIMERS, SWEEPERS, ms},
};

pub(crate) use sweeper::settle;

/// One life of an actor.
pub(crate) type Life<'w> = Pin<Box<dyn Future<Output = ()> + 'w>>;

/// Begins a life.
pub(crate) fn live(link: Link<'_>) -> Life<'_> {
    match link.actor {
        actor if actor < CLAIMERS => Box::pin(claimer::live(link)),
        actor if actor < CLAIMERS + SWEEPERS => Box::pin(sweeper::live(link)),
        _ => Box::pin(deliverer::live(link)),
    }
}

impl Link<'_> {
    /// Sleeps for up to `longest` ms.
    pub(crate) async fn idle(&self, longest: i64) {
        use pipeline_core::ports::Clock;
        let time = ms(self.world.random(|rng| rng.between(1, longest)));
        self.sleep_until(pipeline_core::lease::due::later(self.now(), time)).await;
    }

    /// Whether something happens that does so `per_mille` times of a thousand.
    pub(crate) fn chance(&self, per_mille: u64) -> bool {
        self.world.random(|rng| rng.chance(per_mille))
    }
}
