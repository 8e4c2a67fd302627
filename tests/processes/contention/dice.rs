//! Chance that can be repeated.

use std::fmt;

use proptest::prelude::{Rng as _, RngExt as _};
use proptest::test_runner::{RngAlgorithm, TestRng};

const SEED: &str = "FLOWGATE_TEST_SEED";

/// A generator of its own for everybody who makes choices.
pub(super) struct Dice {
    seed: u64,
    rng: TestRng,
}

impl Dice {
    /// With the seed that the environment gives, or a new one, which is printed.
    pub(super) fn from_environment() -> Self {
        let given = std::env::var(SEED).ok().map(|seed| seed.parse().unwrap());
        let dice = Self::new(given.unwrap_or_else(|| uuid::Uuid::new_v4().as_u64_pair().0), 0);
        println!("{dice}");
        dice
    }

    /// Another one; the same for the same seed and number.
    pub(super) fn other(&self, number: u64) -> Self {
        Self::new(self.seed, number)
    }

    fn new(seed: u64, number: u64) -> Self {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        bytes[8..16].copy_from_slice(&number.to_le_bytes());
        Self { seed, rng: TestRng::from_seed(RngAlgorithm::ChaCha, &bytes) }
    }

    /// From 0 to one less than `end`.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.rng.random_range(0..end)
    }

    /// True in so many of a hundred cases.
    pub(super) fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }

    /// One of these.
    pub(super) fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.rng.random_range(0..of.len())]
    }

    /// An id that no other has.
    pub(super) fn uuid(&mut self) -> uuid::Uuid {
        let mut bytes = [0; 16];
        self.rng.fill_bytes(&mut bytes);
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }
}

impl fmt::Display for Dice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SEED}={}", self.seed)
    }
}
