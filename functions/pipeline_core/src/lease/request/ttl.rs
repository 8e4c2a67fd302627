//! How long a lease lasts.

use jiff::SignedDuration;
use serde::Deserialize;

/// How long a lease lasts: whole seconds, from one to 30 days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "i128")]
pub struct Ttl(SignedDuration);

/// A number is no time that a lease could last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} is not a lease's time in whole seconds (1 to {LONGEST}, which is 30 days)")]
pub struct InvalidTtl(i128);

const LONGEST: i64 = 30 * 24 * 60 * 60;

impl TryFrom<i128> for Ttl {
    type Error = InvalidTtl;

    fn try_from(seconds: i128) -> Result<Self, InvalidTtl> {
        let valid = i64::try_from(seconds).ok().filter(|seconds| (1..=LONGEST).contains(seconds));
        valid.map(|seconds| Self(SignedDuration::from_secs(seconds))).ok_or(InvalidTtl(seconds))
    }
}

impl From<Ttl> for SignedDuration {
    fn from(Ttl(time): Ttl) -> Self {
        time
    }
}
