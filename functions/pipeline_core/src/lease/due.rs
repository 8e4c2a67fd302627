//! When sweep is to look at a lease next.

use jiff::{SignedDuration, Timestamp};

/// When a lease that is HELD is to be looked at: once it has expired by every clock that lags by `margin` at most, and
/// nobody wants it kept any more.
pub fn held(expires_at: Timestamp, margin: SignedDuration, hold_until: Option<Timestamp>) -> Timestamp {
    let expired = later(expires_at, margin);
    hold_until.map_or(expired, |until| until.max(expired))
}

/// `time` after `at`, or the last moment there is.
pub fn later(at: Timestamp, time: SignedDuration) -> Timestamp {
    at.saturating_add(time).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_that_is_held_is_due_a_margin_after_it_expired_and_not_while_somebody_wants_it_kept() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let (expires_at, margin) = (at("2026-11-21T12:00:00Z"), SignedDuration::from_mins(1));
        assert_eq!(held(expires_at, margin, None), at("2026-11-21T12:01:00Z"));
        assert_eq!(held(expires_at, margin, Some(at("2026-11-21T12:00:30Z"))), at("2026-11-21T12:01:00Z"));
        assert_eq!(held(expires_at, margin, Some(at("2026-11-22T12:00:00Z"))), at("2026-11-22T12:00:00Z"));
        assert_eq!(held(Timestamp::MAX, margin, None), Timestamp::MAX);
    }
}
