//! Virtual time, and the executor that turns it.

use std::{future::poll_fn, task::Poll};

use futures_executor::LocalPool;
use futures_util::{FutureExt, pin_mut};
use jiff::{SignedDuration, Timestamp};

use crate::{memory::World, ports::Clock};

impl Clock for World {
    fn now(&self) -> Timestamp {
        self.now.get()
    }

    async fn sleep_until(&self, at: Timestamp) {
        poll_fn(|context| {
            if self.now.get() >= at {
                return Poll::Ready(());
            }
            self.sleepers.borrow_mut().push((at, context.waker().clone()));
            Poll::Pending
        })
        .await;
    }

    fn part_of(&self, longest: SignedDuration) -> SignedDuration {
        let thousandths = i32::try_from(self.roll() % 1001).unwrap_or_default();
        longest.saturating_mul(thousandths) / 1000
    }
}

impl World {
    /// A xorshift: which number it is does not matter, only that it differs.
    fn roll(&self) -> u64 {
        let mut dice = self.dice.get();
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        self.dice.set(dice);
        dice
    }

    /// From here on, chance (which `seed` decides) says in which order those wake who wait together.
    pub fn scramble(&self, seed: u64) {
        self.dice.set(seed.max(1));
        self.scrambled.set(true);
    }

    /// Runs `work` to its end, turning the clock whenever all of it waits. `None` when a fault killed it.
    pub fn run<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let mut pool = LocalPool::new();
        pin_mut!(work);
        loop {
            let step = poll_fn(|context| Poll::Ready(work.poll_unpin(context)));
            let polled = pool.run_until(step);
            match polled {
                Poll::Ready(done) => return Some(done),
                Poll::Pending if self.killed.take() => {
                    self.sleepers.borrow_mut().clear();
                    return None;
                }
                Poll::Pending => self.tick(),
            }
        }
    }

    /// Turns the clock to the next sleeper's time; with none, something else is due at once.
    fn tick(&self) {
        let mut sleepers = self.sleepers.take();
        if self.scrambled.get() {
            sleepers.sort_by_cached_key(|_| self.roll());
        }
        if let Some(next) = sleepers.iter().map(|(at, _)| *at).min() {
            self.now.set(next.max(self.now.get()));
        }
        for (_, waker) in sleepers {
            waker.wake();
        }
    }

    /// Moves the clock, while nothing runs.
    pub fn pass(&self, time: SignedDuration) {
        self.now.set(self.now.get().saturating_add(time).unwrap_or(Timestamp::MAX));
    }

    /// Yields once.
    pub(super) async fn turn(&self) {
        let mut yielded = false;
        poll_fn(|context| {
            if std::mem::replace(&mut yielded, true) {
                return Poll::Ready(());
            }
            // A sleeper that is due now: time does not pass by it.
            self.sleepers.borrow_mut().push((self.now.get(), context.waker().clone()));
            Poll::Pending
        })
        .await;
    }
}
