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
pub struct InvalidTtl(String);

const LONGEST: i64 = 30 * 24 * 60 * 60;

impl TryFrom<Number> for Ttl {
    type Error = InvalidTtl;

    fn try_from(number: Number) -> Result<Self, InvalidTtl> {
        let seconds = number.as_i128().ok_or_else(|| InvalidTtl(number.to_string()))?;
        seconds.try_into()
    }
}

impl TryFrom<i128> for Ttl {
    type Error = InvalidTtl;

    fn try_from(seconds: i128) -> Result<Self, InvalidTtl> {
        let valid = i64::try_from(seconds).ok().filter(|seconds| (1..=LONGEST).contains(seconds));
        valid.map(SignedDuration::from_secs).map(Self).ok_or_else(|| InvalidTtl(seconds.to_string()))
    }
}

impl From<Ttl> for SignedDuration {
    fn from(Ttl(time): Ttl) -> Self {
        time
    }
}
