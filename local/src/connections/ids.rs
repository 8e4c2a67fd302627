//! Numbers by which a provider knows things everywhere. JavaScript can hold each of them.

use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// The number of what has this name.
pub(super) fn of(name: &str) -> u64 {
    short(&Sha256::digest(name))
}

/// A number that nothing has yet.
pub(super) fn fresh() -> u64 {
    short(Uuid::new_v4().as_bytes())
}

fn short(bytes: &[u8]) -> u64 {
    bytes.iter().take(6).fold(0, |number, byte| number << 8 | u64::from(*byte))
}
