//! How long a lease lasts.

use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::Number;

/// How long a lease lasts: whole seconds, from one to 30 days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Number")]
pub struct Ttl(SignedDuration);

/// A number is no time that a lease could last.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} is not a lease's time in whole seconds (1 to {LONGEST}, which is 30 days)")]
pub struct InvalidTtl(Number);

const LONGEST: i64 = 30 * 24 * 60 * 60;

impl TryFrom<Number> for Ttl {
    type Error = InvalidTtl;

    fn try_from(number: Number) -> Result<Self, InvalidTtl> {
        match number.as_i64().filter(|seconds| (1..=LONGEST).contains(seconds)) {
            Some(seconds) => Ok(Self(SignedDuration::from_secs(seconds))),
            None => Err(InvalidTtl(number)),
        }
    }
}

impl TryFrom<i64> for Ttl {
    type Error = InvalidTtl;

    fn try_from(seconds: i64) -> Result<Self, InvalidTtl> {
        Number::from(seconds).try_into()
    }
}

impl From<Ttl> for SignedDuration {
    fn from(Ttl(time): Ttl) -> Self {
        time
    }
}
